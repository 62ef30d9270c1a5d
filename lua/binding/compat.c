#include "binding/compat.h"

#include <math.h>

#if LUA_VERSION_NUM < 502

int ms_compat_absindex(lua_State *L, int index) {
  bool is_relative = index < 0 && index > LUA_REGISTRYINDEX;
  return is_relative ? lua_gettop(L) + index + 1 : index;
}

void ms_compat_rawgetp(lua_State *L, int index, const void *key) {
  index = ms_compat_absindex(L, index);
  lua_pushlightuserdata(L, (void *)(uintptr_t)key);
  lua_rawget(L, index);
}

void ms_compat_rawsetp(lua_State *L, int index, const void *key) {
  index = ms_compat_absindex(L, index);
  lua_pushlightuserdata(L, (void *)(uintptr_t)key);
  lua_insert(L, -2);
  lua_rawset(L, index);
}

void ms_compat_setfuncs(lua_State *L, const luaL_Reg *functions, int upvalues) {
  luaL_checkstack(L, upvalues + 1, "too many upvalues");
  for (const luaL_Reg *entry = functions; entry->name; entry++) {
    for (int i = 0; i < upvalues; i++) {
      lua_pushvalue(L, -upvalues);
    }
    lua_pushcclosure(L, entry->func, upvalues);
    lua_setfield(L, -(upvalues + 2), entry->name);
  }
  lua_pop(L, upvalues);
}

void *ms_compat_testudata(lua_State *L, int index, const char *name) {
  void *block = lua_touserdata(L, index);
  if (!block || !lua_getmetatable(L, index)) return NULL;
  luaL_getmetatable(L, name);
  bool is_same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return is_same ? block : NULL;
}

const char *ms_compat_tolstring(lua_State *L, int index, size_t *size) {
  index = ms_compat_absindex(L, index);
  if (luaL_callmeta(L, index, "__tostring")) {
    if (!lua_isstring(L, -1)) luaL_error(L, "'__tostring' must return a string");
    return lua_tolstring(L, -1, size);
  }
  switch (lua_type(L, index)) {
  case LUA_TSTRING:
  case LUA_TNUMBER:
    lua_pushvalue(L, index);
    break;
  case LUA_TBOOLEAN:
    lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
    break;
  case LUA_TNIL:
    lua_pushliteral(L, "nil");
    break;
  default:
    lua_pushfstring(L, "%s: %p", luaL_typename(L, index), lua_topointer(L, index));
  }
  return lua_tolstring(L, -1, size);
}

static void push_function_name(lua_State *L, const lua_Debug *frame) {
  if (*frame->namewhat) {
    lua_pushfstring(L, "function '%s'", frame->name);
  } else if (*frame->what == 'm') {
    lua_pushliteral(L, "main chunk");
  } else if (*frame->what == 'L') {
    lua_pushfstring(L, "function <%s:%d>", frame->short_src, frame->linedefined);
  } else {
    lua_pushliteral(L, "?");
  }
}

/* Deeper stacks are cut here: an endless recursion is recognised by its first frames. */
#define TRACEBACK_FRAMES_MAX 64

void ms_compat_traceback(lua_State *L, lua_State *from, const char *message, int level) {
  luaL_checkstack(L, 8, "not enough stack for a traceback");
  if (message) {
    lua_pushfstring(L, "%s\nstack traceback:", message);
  } else {
    lua_pushliteral(L, "stack traceback:");
  }
  lua_Debug frame;
  for (int shown = 0; lua_getstack(from, level, &frame); level++, shown++) {
    if (shown == TRACEBACK_FRAMES_MAX) {
      lua_pushliteral(L, "\n\t...");
      lua_concat(L, 2);
      break;
    }
    lua_getinfo(from, "Sln", &frame);
    lua_pushfstring(L, "\n\t%s:", frame.short_src);
    if (frame.currentline > 0) {
      lua_pushfstring(L, "%d:", frame.currentline);
    } else {
      lua_pushliteral(L, "");
    }
    lua_pushliteral(L, " in ");
    push_function_name(L, &frame);
    lua_concat(L, 5);
  }
}

#endif

int ms_lua_resume(lua_State *thread, lua_State *from, int arguments, int *results) {
#if LUA_VERSION_NUM >= 504
  return lua_resume(thread, from, arguments, results);
#elif LUA_VERSION_NUM >= 502
  int status = lua_resume(thread, from, arguments);
#else
  (void)from;
  int status = lua_resume(thread, arguments);
#endif
#if LUA_VERSION_NUM < 504
  *results = status == LUA_OK || status == LUA_YIELD ? lua_gettop(thread) : 1;
  return status;
#endif
}

/* Pushing a function may itself be what fails for want of memory in Lua 5.1. */
int ms_lua_call_protected(lua_State *L, lua_CFunction function, void *pointer) {
#if LUA_VERSION_NUM < 502
  return lua_cpcall(L, function, pointer);
#else
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, pointer);
  return lua_pcall(L, 1, 0, 0);
#endif
}

bool ms_lua_to_int64(lua_State *L, int index, int64_t *out) {
  if (lua_type(L, index) != LUA_TNUMBER) return false;
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(L, index)) {
    *out = (int64_t)lua_tointeger(L, index);
    return true;
  }
#endif
  double number = (double)lua_tonumber(L, index);
  /* −2^63 is exact in a double, and so is 2^63, the first value that is too large. */
  if (!(number >= -0x1p63 && number < 0x1p63) || floor(number) != number) return false;
  *out = (int64_t)number;
  return true;
}

void ms_lua_push_int64(lua_State *L, int64_t value) {
#if LUA_VERSION_NUM >= 503
  lua_pushinteger(L, (lua_Integer)value);
#else
  lua_pushnumber(L, (lua_Number)value);
#endif
}

void ms_lua_push_text(lua_State *L, ms_text text) {
  if (text.data) {
    lua_pushlstring(L, text.data, text.size);
  } else {
    lua_pushnil(L);
  }
}
