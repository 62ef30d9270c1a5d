/* One Lua API for Lua 5.1 to 5.5 and LuaJIT: the names of Lua 5.3, where an older Lua lacks them.
 *
 * Owns nothing.
 *
 * The thread that holds the Lua state.
 *
 * As the functions of Lua they stand for; the ms_lua_* functions say it themselves. */
#ifndef MS_BINDING_COMPAT_H
#define MS_BINDING_COMPAT_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#ifndef LUA_OK
#define LUA_OK 0
#endif

/* LuaJIT has some of these itself; it takes ours all the same, so that there is one behaviour. */
#if LUA_VERSION_NUM < 502
#undef luaL_newlibtable
#undef luaL_newlib
#define lua_absindex(L, index) ms_compat_absindex(L, index)
#define lua_rawlen(L, index) lua_objlen(L, index)
#define lua_rawgetp(L, index, key) ms_compat_rawgetp(L, index, key)
#define lua_rawsetp(L, index, key) ms_compat_rawsetp(L, index, key)
#define lua_pushglobaltable(L) lua_pushvalue(L, LUA_GLOBALSINDEX)
#define luaL_checkversion(L) ((void)(L))
#define luaL_setfuncs(L, functions, upvalues) ms_compat_setfuncs(L, functions, upvalues)
#define luaL_newlibtable(L, functions)                                                             \
  lua_createtable(L, 0, (int)(sizeof(functions) / sizeof((functions)[0])) - 1)
#define luaL_newlib(L, functions) (luaL_newlibtable(L, functions), luaL_setfuncs(L, functions, 0))
#define luaL_setmetatable(L, name) (luaL_getmetatable(L, name), (void)lua_setmetatable(L, -2))
#define luaL_testudata(L, index, name) ms_compat_testudata(L, index, name)
#define luaL_tolstring(L, index, size) ms_compat_tolstring(L, index, size)
#define luaL_traceback(L, from, message, level) ms_compat_traceback(L, from, message, level)

int ms_compat_absindex(lua_State *L, int index);
void ms_compat_rawgetp(lua_State *L, int index, const void *key);
void ms_compat_rawsetp(lua_State *L, int index, const void *key);
void ms_compat_setfuncs(lua_State *L, const luaL_Reg *functions, int upvalues);
void *ms_compat_testudata(lua_State *L, int index, const char *name);
const char *ms_compat_tolstring(lua_State *L, int index, size_t *size);
void ms_compat_traceback(lua_State *L, lua_State *from, const char *message, int level);
#endif

/* One value kept with a userdata, here always a table; popped and pushed as lua_setfield does. */
#if LUA_VERSION_NUM < 502
#define ms_lua_set_uservalue(L, index) ((void)lua_setfenv(L, index))
#define ms_lua_get_uservalue(L, index) lua_getfenv(L, index)
#elif LUA_VERSION_NUM < 504
#define ms_lua_set_uservalue(L, index) ((void)lua_setuservalue(L, index))
#define ms_lua_get_uservalue(L, index) ((void)lua_getuservalue(L, index))
#else
#define ms_lua_set_uservalue(L, index) ((void)lua_setiuservalue(L, index, 1))
#define ms_lua_get_uservalue(L, index) ((void)lua_getiuservalue(L, index, 1))
#endif

/* Starts or continues a coroutine, with the results on its stack counted in *results. Returns
 * LUA_OK, LUA_YIELD or an error status. */
int ms_lua_resume(lua_State *thread, lua_State *from, int arguments, int *results);

/* Calls the function with the pointer as its one argument, a light userdata, and without results.
 * Returns LUA_OK, or an error status and leaves the message. Raises nothing itself. */
int ms_lua_call_protected(lua_State *L, lua_CFunction function, void *pointer);

/* Whether the value is a number (never a string) with an integral value in the range of int64;
 * a double counts when it is exact. Written only if so. */
bool ms_lua_to_int64(lua_State *L, int index, int64_t *out);
/* An integer where Lua has them, else a number. */
void ms_lua_push_int64(lua_State *L, int64_t value);
/* nil for an absent text. */
void ms_lua_push_text(lua_State *L, ms_text text);

#endif
