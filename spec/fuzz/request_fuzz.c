/* Requests built from arbitrary Lua values: the work is done by request.lua beside this file. */
#include "fuzz.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

int luaopen_moonshift_core(lua_State *L);

static lua_State *L;

static lua_State *open_state(void) {
  lua_State *state = luaL_newstate();
  luaL_openlibs(state);
  lua_getglobal(state, "package");
  lua_getfield(state, -1, "preload");
  lua_pushcfunction(state, luaopen_moonshift_core);
  lua_setfield(state, -2, "moonshift.core");
  lua_pushliteral(state, FUZZ_TREE "/?.lua;" FUZZ_TREE "/?/init.lua");
  lua_setfield(state, -3, "path");
  lua_settop(state, 0);
  if (luaL_dofile(state, FUZZ_FOLDER "/request.lua")) {
    fprintf(stderr, "%s\n", lua_tostring(state, -1));
    abort();
  }
  return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!L) L = open_state();
  lua_pushvalue(L, 1);
  lua_pushlstring(L, (const char *)data, size);
  if (lua_pcall(L, 1, 0, 0) != 0) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    abort();
  }
  return 0;
}
