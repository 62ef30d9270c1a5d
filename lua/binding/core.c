/* The module moonshift.core: what the module's Lua files are built on. Not for use by itself. */

#include "binding/drive.h"
#include "binding/guard.h"
#include "binding/json.h"
#include "binding/manager.h"
#include "binding/call.h"

#include <dlfcn.h>
#include <uv.h>

int luaopen_moonshift_core(lua_State *L);

/* Closing a Lua state unloads its modules, and threads that were given up may still run in this
 * one: it stays. */
static void stay_loaded(void) {
  Dl_info info;
  /* Some static function of the module finds its file. */
  union {
    int (*function)(lua_State *);
    void *address;
  } here = {.function = luaopen_moonshift_core};
  if (dladdr(here.address, &info) == 0 || !info.dli_fname) return;
  dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
}

static int cpu_count(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)uv_available_parallelism());
  return 1;
}

/* duration(value, path) and moment(value, path) → milliseconds; what is wrong raises. */
static int duration(lua_State *L) {
  ms_path path = ms_path_root(luaL_checkstring(L, 2));
  ms_lua_push_int64(L, ms_check_duration_ms(L, 1, &path, lua_toboolean(L, 3)));
  return 1;
}

static int traceback(lua_State *L) {
  return ms_call_traceback(L);
}

int luaopen_moonshift_core(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"cpu_count", cpu_count},
      {"duration", duration},
      {"traceback", traceback},
      {NULL, NULL},
  };
  luaL_checkversion(L);
  stay_loaded();
  ms_work_register(L);
  luaL_newlib(L, functions);
  ms_json_register(L);
  ms_drive_register(L);
  ms_manager_register(L);
  return 1;
}
