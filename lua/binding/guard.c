#include "binding/guard.h"

#include "binding/compat.h"

/* Some 10 µs of Lua code. The look costs less than a hundredth of that. */
#define INSTRUCTIONS_BETWEEN 1000

/* Only its own thread reads and writes it. */
static _Thread_local ms_work_object *present;

static void look(lua_State *L, lua_Debug *activation) {
  (void)activation;
  ms_work_object *object = present;
  if (object && object->run) {
    ms_work_heed_stop(L, object);
    if (object->run && ms_run_interrupted(object->run)) {
      object->interrupted = true;
      lua_sethook(L, look, LUA_MASKCOUNT, 1);
      luaL_error(L, "interrupted");
    }
  }
  /* A coroutine that was in an interrupted run and lives on. */
  if (lua_gethookcount(L) == 1) lua_sethook(L, look, LUA_MASKCOUNT, INSTRUCTIONS_BETWEEN);
}

#ifdef LUA_JITLIBNAME
static void switch_compiler_off(lua_State *L) {
  lua_getglobal(L, "jit");
  lua_getfield(L, -1, "off");
  lua_call(L, 0, 0);
  lua_pop(L, 1);
}
#endif

void ms_guard_install(lua_State *L) {
#ifdef LUA_JITLIBNAME
  switch_compiler_off(L);
#endif
  lua_sethook(L, look, LUA_MASKCOUNT, INSTRUCTIONS_BETWEEN);
}

void ms_guard_install_thread(lua_State *thread) {
#ifdef LUA_JITLIBNAME
  (void)thread;
#else
  if (!lua_gethook(thread)) lua_sethook(thread, look, LUA_MASKCOUNT, INSTRUCTIONS_BETWEEN);
#endif
}

ms_work_object *ms_guard_enter(ms_work_object *work) {
  ms_work_object *before = present;
  present = work;
  return before;
}

void ms_guard_leave(ms_work_object *before) {
  present = before;
}
