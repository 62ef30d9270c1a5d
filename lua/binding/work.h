/* The `work` object: what a worker sees of the run it carries out.
 *
 * The Lua state owns the object, the engine the run behind it. ms_work_release parts the two when
 * the run ends: the object lives on as long as somebody keeps it, but then has no more than its
 * numbers, and everything else of it raises. The place must outlive the object's run.
 *
 * The thread that holds the Lua state. That the run is stopped may be said by any thread.
 *
 * What pushes may raise Lua's own memory error. Misuse by the worker raises, as check.h says. */
#ifndef MS_BINDING_WORK_H
#define MS_BINDING_WORK_H

#include "moonshift.h"

#include <lua.h>

#define MS_WORK_METATABLE "moonshift.work"

/* Where runs are carried out. */
typedef struct ms_work_place {
  /* true: work:sleep yields, to whoever drives the worker's coroutine. false: it blocks. */
  bool yields;
  /* Takes errors of on_stop; may be NULL. */
  void (*on_trouble)(void *data, const ms_trouble *trouble);
  void *on_trouble_data;
} ms_work_place;

typedef struct ms_work_object {
  ms_run *run; /* NULL before it has begun, and once it has ended */
  const ms_work_place *place;
  lua_State *thread; /* the coroutine that may yield; NULL = none yet */
  int64_t id;
  int64_t attempt;
  int64_t run_number;
  int64_t period;
  int64_t generation;
  bool has_extra;   /* the registry holds a table of its own for it, under its address */
  bool has_on_stop; /* it waits to be called */
  bool has_record;  /* a table takes progress and log, instead of manager and stderr */
  bool interrupted; /* the worker is being unwound */
} ms_work_object;

/* Makes the metatable; once for each Lua state, before anything else here. */
void ms_work_register(lua_State *L);
ms_work_object *ms_work_push(lua_State *L, ms_run *run, const ms_work_place *place);
/* The same in two steps, of which the second takes no memory: an object without a run, and the run
 * that it is to stand for. */
ms_work_object *ms_work_push_blank(lua_State *L);
void ms_work_fill(ms_work_object *object, ms_run *run, const ms_work_place *place);
/* Raises unless the value is a work object. */
ms_work_object *ms_work_check(lua_State *L, int index);
/* The run of the work object at index; raises if that is not one, or its run has ended. */
ms_run *ms_work_check_run(lua_State *L, int index);

/* Pushes a table that lasts as long as the run and belongs to the object alone. */
void ms_work_push_extra(lua_State *L, ms_work_object *object);
/* Takes the function at index function to be called once, when the stop is first noticed. */
void ms_work_set_on_stop(lua_State *L, int index, int function);
/* Progress and log messages go to the lists `progress` and `log` of the table at index record;
 * a message is { level = …, message = … }. */
void ms_work_set_record(lua_State *L, int index, int record);

/* The stop reason, or NULL. The first time it is not NULL, on_stop runs before this returns; its
 * errors go to the place. If on_stop ends the run (it may close the manager): NULL, and the object
 * has no run. Raises memory errors only. */
const char *ms_work_heed_stop(lua_State *L, ms_work_object *object);
/* Parts the object from its run, which is returned; the second time NULL. Never raises. */
ms_run *ms_work_release(lua_State *L, ms_work_object *object);

/* What work:sleep yields first, before the milliseconds. */
void *ms_work_sleep_token(void);

#endif
