/* The pool's threads: one Lua state each, in which workers from modules run.
 *
 * The spec belongs to the manager and outlives the threads that it waits for; states belong to
 * their thread, which alone makes, uses and closes them. A thread that was given up no longer
 * touches the spec.
 *
 * Specs are made on the host's thread and only read afterwards.
 *
 * A module that does not load is WORKERS with its traceback, in ms_err as far as it fits. */
#ifndef MS_BINDING_POOL_H
#define MS_BINDING_POOL_H

#include "binding/work.h"

/* What the threads' states are made from: `shared` of the runner class. */
typedef struct ms_pool_spec {
  ms_arena arena;    /* holds the texts below */
  const char *path;  /* package.path and package.cpath of the opener, */
  const char *cpath; /* or NULL */
  const char *setup; /* the module that comes first, or NULL */
  const char **modules;
  size_t module_count;
  ms_work_place place; /* copied by each thread when it opens */
} ms_pool_spec;

/* Reads package.path and cpath from L and copies the names; setup may be absent. NULL when memory
 * is out. The caller may set place.on_trouble before the first thread starts. */
ms_pool_spec *ms_pool_spec_new(lua_State *L, ms_text setup, const ms_text *modules, size_t count);
/* NULL is fine. */
void ms_pool_spec_free(ms_pool_spec *spec);

/* shared is an ms_pool_spec. */
extern const ms_runner_class ms_pool_class;

#endif
