/* The module spec.modules.scarce: calls for which memory runs out in this Lua state. */

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

int luaopen_spec_modules_scarce(lua_State *L);

typedef struct scarcity {
  lua_Alloc allocate; /* the state's own, */
  void *data;         /* and what it is given */
  double seen;        /* blocks asked for */
  double first, last; /* those that are denied */
  double denied;
} scarcity;

/* What shrinks is never denied: Lua relies on that. */
static void *allocate(void *data, void *block, size_t old_size, size_t new_size) {
  scarcity *it = data;
  bool grows = new_size > (block ? old_size : 0);
  if (grows) it->seen++;
  if (grows && it->seen >= it->first && it->seen <= it->last) {
    it->denied++;
    return NULL;
  }
  return it->allocate(it->data, block, old_size, new_size);
}

/* call(first, count, f) → how many were denied, and then what pcall(f) returns. The blocks denied
 * are the first-th that f asks for and those that follow, count in all. */
static int call(lua_State *L) {
  scarcity it = {.first = luaL_checknumber(L, 1)};
  it.last = it.first + luaL_checknumber(L, 2) - 1;
  luaL_checktype(L, 3, LUA_TFUNCTION);
  lua_settop(L, 3);
  it.allocate = lua_getallocf(L, &it.data);
  lua_setallocf(L, allocate, &it);
  int status = lua_pcall(L, 0, LUA_MULTRET, 0);
  lua_setallocf(L, it.allocate, it.data);
  lua_pushnumber(L, it.denied);
  lua_replace(L, 1);
  lua_pushboolean(L, status == 0);
  lua_replace(L, 2);
  return lua_gettop(L);
}

/* arm(first, count): the same for whatever this state does from now on. Threads that run workers
 * have one state each, to which the module stays loaded, so what is counted belongs to the thread.
 */
static int arm(lua_State *L) {
  static _Thread_local scarcity it;
  double first = luaL_checknumber(L, 1);
  double last = first + luaL_checknumber(L, 2) - 1;
  void *data;
  lua_Alloc present = lua_getallocf(L, &data);
  if (present != allocate) it = (scarcity){.allocate = present, .data = data};
  it.seen = 0;
  it.first = first;
  it.last = last;
  lua_setallocf(L, allocate, &it);
  return 0;
}

int luaopen_spec_modules_scarce(lua_State *L) {
  lua_newtable(L);
  lua_pushcfunction(L, arm);
  lua_setfield(L, -2, "arm");
  lua_pushcfunction(L, call);
  lua_setfield(L, -2, "call");
  return 1;
}
