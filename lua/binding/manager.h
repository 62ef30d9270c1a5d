/* The `manager` object: a manager of the core in a Lua state.
 *
 * The Lua state owns the handle, the handle owns the core's manager and whatever that needs. Lua
 * values that belong to it (workers, callbacks) stand in one table, its state, so that the garbage
 * collector sees every cycle: `entries`, `on_error`, `observers`, `after_change`, and what the Lua
 * side adds.
 *
 * The host's thread: the one that holds the Lua state.
 *
 * All methods pass one gate: it raises unless the first argument is a manager, and answers nil, a
 * message and CLOSED or FORKED when that is no longer usable. */
#ifndef MS_BINDING_MANAGER_H
#define MS_BINDING_MANAGER_H

#include "binding/arrival.h"
#include "binding/pool.h"
#include "binding/trouble.h"
#include "binding/compat.h"

#define MS_MANAGER_METATABLE "moonshift.manager"

typedef struct ms_handle {
  ms_manager *core; /* NULL until it is open, and once it is closed for good */
  ms_troubles *troubles;
  ms_pool_spec *pool; /* NULL = no pool */
  ms_arrival_reader *arrivals;
  ms_work_place place;
  ms_event *event; /* being delivered */
  size_t max_data_bytes;
  bool is_stepped;
  bool is_polled; /* a loop of the host's may watch the descriptor */
} ms_handle;

typedef struct ms_method {
  const char *name;
  int (*call)(lua_State *L, ms_handle *handle);
} ms_method;

/* Raises unless the value is a manager. */
ms_handle *ms_handle_check(lua_State *L, int index);
/* The core's manager is closed: what is left of it is freed, and with it its descriptors, of which
 * the garbage collector knows nothing. One that may be watched stays until then. */
void ms_handle_end(ms_handle *handle);
/* Pushes the table of Lua values that belong to the manager at index. */
void ms_handle_push_state(lua_State *L, int index);
/* The moment of the call: the virtual clock's, where there is one. */
int64_t ms_handle_now_ms(const ms_handle *handle);

/* Sets the methods, ended by a NULL name, in the table on top of the stack. Those that change
 * something run the state's after_change behind them, if it has one. */
void ms_methods_register(lua_State *L, const ms_method *methods, bool change_something);

/* Makes the metatable, and sets in the table on top of the stack: `methods`, where the metatable
 * looks; `open(options [, stepped [, peer]])`; `state(manager)`; and what only the module's Lua
 * side calls. */
void ms_manager_register(lua_State *L);

#endif
