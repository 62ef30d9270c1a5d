/* The module spec.modules.states: further Lua states of this process, each on a thread of its own,
 * as programs have them that host several. */

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE "spec.state"

int luaopen_spec_modules_states(lua_State *L);

typedef struct state {
  pthread_t thread;
  bool runs;
  char *code;
  bool failed;
  char answer[1024]; /* what the code returned or raised */
} state;

/* The state is closed with whatever the code left in it. */
static void *live(void *data) {
  state *it = data;
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  it->failed = luaL_loadstring(L, it->code) || lua_pcall(L, 0, 1, 0);
  const char *answer = lua_tostring(L, -1);
  snprintf(it->answer, sizeof it->answer, "%s", answer ? answer : "");
  lua_close(L);
  return NULL;
}

static void end(state *it) {
  if (it->runs) pthread_join(it->thread, NULL);
  it->runs = false;
  free(it->code);
  it->code = NULL;
}

/* join(state) → what its code returned, as text; raises what it raised. */
static int join(lua_State *L) {
  state *it = luaL_checkudata(L, 1, STATE);
  end(it);
  lua_pushstring(L, it->answer);
  return it->failed ? lua_error(L) : 1;
}

static int collect(lua_State *L) {
  end(luaL_checkudata(L, 1, STATE));
  return 0;
}

/* start(code) → a state that runs the code and is closed then. */
static int start(lua_State *L) {
  const char *code = luaL_checkstring(L, 1);
  state *it = lua_newuserdata(L, sizeof *it);
  memset(it, 0, sizeof *it);
  luaL_getmetatable(L, STATE);
  lua_setmetatable(L, -2);
  it->code = strdup(code);
  it->runs = it->code && pthread_create(&it->thread, NULL, live, it) == 0;
  return it->runs ? 1 : luaL_error(L, "no thread");
}

int luaopen_spec_modules_states(lua_State *L) {
  luaL_newmetatable(L, STATE);
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_newtable(L);
  lua_pushcfunction(L, start);
  lua_setfield(L, -2, "start");
  lua_pushcfunction(L, join);
  lua_setfield(L, -2, "join");
  return 1;
}
