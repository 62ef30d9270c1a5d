/* Memory outside of Lua that is given back even if an error is raised across it.
 *
 * The Lua state owns what ms_own_push pushes: it lives as long as the userdata stays on the stack
 * or reachable. ms_own_release gives the memory back early; the garbage collector does it else.
 *
 * The thread that holds the Lua state.
 *
 * ms_own_push raises Lua's own memory error. */
#ifndef MS_BINDING_OWN_H
#define MS_BINDING_OWN_H

#include "base/arena.h"
#include "base/buf.h"
#include "binding/compat.h"

typedef struct ms_own {
  ms_arena arena;
  ms_buf buf; /* scratch for one value at a time */
} ms_own;

/* Pushes one userdata. */
ms_own *ms_own_push(lua_State *L);
/* Everything taken from it ends here; it may be used again. */
void ms_own_release(ms_own *own);
/* As ms_arena_take and ms_arena_copy, but raise when memory is out. */
void *ms_own_take(lua_State *L, ms_own *own, size_t size);
ms_text ms_own_copy(lua_State *L, ms_own *own, ms_text text);

#endif
