/* The options of moonshift.open, from a Lua table (or a path alone) to the core's values.
 *
 * Arrays live in the caller's ms_own, texts point into the Lua strings of the options, which must
 * stay on the stack until the manager is open.
 *
 * The thread that holds the Lua state.
 *
 * Everything wrong raises with a path that begins with `options`. A module that does not load, and
 * a kind of store that this build lacks, are answered. */
#ifndef MS_BINDING_OPTIONS_H
#define MS_BINDING_OPTIONS_H

#include "binding/own.h"
#include "moonshift.h"

typedef struct ms_open_spec {
  bool stepped; /* set by the caller: for tests, all workers run in this state */
  ms_options options;
  ms_text setup;
  ms_text *modules; /* what the pool's threads require */
  size_t module_count;
  int entries;  /* the stack index of the host's workers */
  int on_error; /* the stack index of the function, or 0 */
} ms_open_spec;

/* Reads the options at index and pushes what spec refers to. Returns 0, or the number of values
 * pushed as the answer. */
int ms_options_read(lua_State *L, int index, ms_own *own, ms_open_spec *spec);

#endif
