#include "binding/json.h"

#include "binding/own.h"

#define ARRAY "moonshift.array"

void ms_json_error_push(lua_State *L, const ms_path *path, const ms_json_error *error) {
  luaL_Buffer buffer;
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  luaL_buffinit(L, &buffer);
  ms_path_add(&buffer, path);
  for (size_t i = 0; i < error->depth; i++) {
    ms_path_add_step(&buffer, error->steps[i].key, error->steps[i].index);
  }
  luaL_addstring(&buffer, ": ");
  luaL_addstring(&buffer, error->message);
  luaL_pushresult(&buffer);
}

_Noreturn void ms_json_fail(lua_State *L, const ms_path *path, const ms_json_error *error) {
  if (error->status == MS_NOMEM) ms_check_memory(L);
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  ms_check_push_where(L);
  ms_json_error_push(L, path, error);
  lua_concat(L, 2);
  lua_error(L);
  __builtin_unreachable();
}

void ms_json_push_null(lua_State *L) {
  lua_pushlightuserdata(L, NULL);
}

bool ms_json_is_null(lua_State *L, int index) {
  return lua_type(L, index) == LUA_TLIGHTUSERDATA && !lua_touserdata(L, index);
}

void ms_json_set_array(lua_State *L, int index) {
  index = lua_absindex(L, index);
  luaL_newmetatable(L, ARRAY);
  lua_setmetatable(L, index);
}

bool ms_json_is_array(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  luaL_getmetatable(L, ARRAY);
  bool is_same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return is_same;
}

static int array(lua_State *L) {
  ms_path path = ms_path_root("array");
  if (lua_isnoneornil(L, 1)) {
    lua_settop(L, 0);
    lua_newtable(L);
  }
  ms_check_table(L, 1, &path, "a table");
  bool is_foreign = !ms_json_is_array(L, 1) && lua_getmetatable(L, 1);
  if (is_foreign) ms_check_fail(L, &path, "expected a table without a metatable");
  lua_settop(L, 1);
  ms_json_set_array(L, 1);
  return 1;
}

static int encode(lua_State *L) {
  ms_path path = ms_path_root(luaL_optstring(L, 2, "value"));
  ms_path max_path = ms_path_root("max");
  size_t max = SIZE_MAX;
  if (!lua_isnoneornil(L, 3)) max = (size_t)ms_check_integer(L, 3, &max_path, 0, INT64_MAX);
  ms_own *own = ms_own_push(L);
  ms_json_error error;
  if (!ms_json_write(L, 1, max, &own->buf, &error)) {
    ms_own_release(own);
    ms_json_fail(L, &path, &error);
  }
  ms_lua_push_text(L, ms_buf_text(&own->buf));
  ms_own_release(own);
  return 1;
}

static int decode(lua_State *L) {
  ms_text text = {0};
  text.data = luaL_checklstring(L, 1, &text.size);
  ms_err err;
  if (ms_json_read(L, text, &err)) return 1;
  lua_pushnil(L);
  lua_pushstring(L, err.message);
  return 2;
}

void ms_json_register(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"array", array},
      {"encode", encode},
      {"decode", decode},
      {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
  ms_json_push_null(L);
  lua_setfield(L, -2, "null");
}
