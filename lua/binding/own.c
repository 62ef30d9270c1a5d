#include "binding/own.h"

#include "binding/check.h"

#define OWN "moonshift.own"

static int collect(lua_State *L) {
  ms_own *own = luaL_checkudata(L, 1, OWN);
  ms_own_release(own);
  return 0;
}

ms_own *ms_own_push(lua_State *L) {
  ms_own *own = lua_newuserdata(L, sizeof *own);
  *own = (ms_own){0};
  if (luaL_newmetatable(L, OWN)) {
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return own;
}

void ms_own_release(ms_own *own) {
  ms_arena_deinit(&own->arena);
  ms_buf_deinit(&own->buf);
}

void *ms_own_take(lua_State *L, ms_own *own, size_t size) {
  void *bytes = ms_arena_take(&own->arena, size);
  if (!bytes) ms_check_memory(L);
  return bytes;
}

ms_text ms_own_copy(lua_State *L, ms_own *own, ms_text text) {
  ms_text copy = ms_arena_copy(&own->arena, text);
  if (text.data && !copy.data) ms_check_memory(L);
  return copy;
}
