#include "binding/entries.h"

#include "binding/compat.h"
#include "model/request.h"

#include <stdio.h>

/* Positions in the entry of a worker that is more than a function; in the order of their names. */
enum { ENTRY_RUN = 1, ENTRY_ON_STOP, ENTRY_TIMEOUT };

void ms_entries_push(lua_State *L) {
  lua_newtable(L);
}

static void check_function(lua_State *L, const ms_path *path) {
  if (!lua_isfunction(L, -1)) ms_check_expected(L, -1, path, "a function");
}

/* Replaces the value on top of the stack by the entry's element. */
static void put_element(lua_State *L, int entry, int position) {
  lua_rawseti(L, entry, position);
  lua_pushnil(L);
}

/* The key below the value on top of the stack; leaves as many values there. */
static void read_field(lua_State *L, int entry, const ms_path *path) {
  static const char *const names[] = {"run", "on_stop", "timeout"};
  int position = 1 + (int)ms_check_key(L, -2, path, names, sizeof names / sizeof names[0]);
  ms_path field = ms_path_field(path, names[position - 1]);
  if (position == ENTRY_TIMEOUT) {
    int64_t timeout_ms = ms_check_duration_ms(L, -1, &field, false);
    lua_pop(L, 1);
    ms_lua_push_int64(L, timeout_ms);
  } else {
    check_function(L, &field);
  }
  put_element(L, entry, position);
}

/* Pushes the entry of the worker table on top of the stack. */
static void push_entry(lua_State *L, const ms_path *path) {
  int table = lua_gettop(L);
  lua_createtable(L, ENTRY_TIMEOUT, 0);
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    read_field(L, table + 1, path);
  }
  ms_path run = ms_path_field(path, "run");
  lua_rawgeti(L, table + 1, ENTRY_RUN);
  check_function(L, &run);
  lua_pop(L, 1);
}

/* The name below the worker on top of the stack. */
static void add_worker(lua_State *L, int entries, const ms_path *path) {
  int worker = lua_gettop(L);
  ms_text name = ms_check_text(L, worker - 1, path, MS_NAME_BYTES_MAX, "names of workers as keys");
  ms_path field = ms_path_key(path, name);
  if (strlen(name.data) != name.size) ms_check_fail(L, &field, "a name has no NUL byte");
  lua_pushvalue(L, worker - 1);
  lua_rawget(L, entries);
  if (!lua_isnil(L, -1)) ms_check_fail(L, &field, "there are two workers of this name");
  lua_settop(L, worker);
  lua_pushvalue(L, worker - 1);
  if (lua_isfunction(L, worker)) {
    lua_pushvalue(L, worker);
  } else {
    ms_check_table(L, worker, &field, "a function, or a table with the function run");
    lua_pushvalue(L, worker);
    push_entry(L, &field);
    lua_remove(L, -2);
  }
  lua_rawset(L, entries);
}

void ms_entries_add(lua_State *L, int entries, int table, const ms_path *path) {
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  ms_check_table(L, table, path, "a table of workers");
  entries = lua_absindex(L, entries);
  table = lua_absindex(L, table);
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    add_worker(L, entries, path);
  }
}

/* Pushes the entry, or nil. */
static void push_named(lua_State *L, int entries, ms_text name) {
  entries = lua_absindex(L, entries);
  lua_pushlstring(L, name.data, name.size);
  lua_rawget(L, entries);
}

bool ms_entries_find(lua_State *L, int entries, ms_text name) {
  push_named(L, entries, name);
  if (lua_isfunction(L, -1)) {
    lua_pushnil(L);
    return true;
  }
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    return false;
  }
  lua_rawgeti(L, -1, ENTRY_RUN);
  lua_rawgeti(L, -2, ENTRY_ON_STOP);
  lua_remove(L, -3);
  return true;
}

bool ms_entries_find_merger(lua_State *L, int entries, ms_text name) {
  push_named(L, entries, name);
  if (lua_isfunction(L, -1)) return true;
  lua_pop(L, 1);
  return false;
}

int64_t ms_entries_timeout_ms(lua_State *L, int entry) {
  int64_t timeout_ms = 0;
  if (!lua_istable(L, entry)) return 0;
  lua_rawgeti(L, entry, ENTRY_TIMEOUT);
  if (!ms_lua_to_int64(L, -1, &timeout_ms)) timeout_ms = 0;
  lua_pop(L, 1);
  return timeout_ms;
}

bool ms_entries_list(lua_State *L, int entries, ms_buf *names) {
  entries = lua_absindex(L, entries);
  for (lua_pushnil(L); lua_next(L, entries) != 0; lua_pop(L, 1)) {
    ms_text name = {0};
    name.data = lua_tolstring(L, -2, &name.size);
    ms_buf_add(names, name.data, name.size + 1);
    ms_buf_add_integer(names, ms_entries_timeout_ms(L, -1));
    ms_buf_add_char(names, '\0');
  }
  return !names->failed;
}
