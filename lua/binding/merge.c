#include "binding/merge.h"

#include "binding/entries.h"
#include "binding/json.h"
#include "binding/own.h"

#include <stdio.h>

/* The run's data in order: position 0 is its own input, the others are outputs. */
static ms_text data_at(const ms_run *run, size_t position) {
  return position == 0 ? run->input : run->outputs[position - 1];
}

static void push_data(lua_State *L, const ms_run *run, size_t position) {
  ms_err err;
  if (ms_json_read(L, data_at(run, position), &err)) return;
  if (err.status == MS_NOMEM) ms_check_memory(L);
  luaL_error(L, "%s: %s", position == 0 ? "input" : "a prerequisite's output", err.message);
}

/* Pushes an object; JSON text from the store is compact, so its first byte says what it is. */
static void push_object(lua_State *L, const ms_run *run, size_t position) {
  ms_text data = data_at(run, position);
  if (data.size > 0 && data.data[0] == '[') {
    char place[32];
    snprintf(place, sizeof place, "prerequisite %zu", position);
    luaL_error(L, "%s: expected string keys, which merging needs, got a list",
               position == 0 ? "input" : place);
  }
  push_data(L, run, position);
}

/* Nothing but the input is there. */
static bool is_alone(const ms_run *run) {
  for (size_t i = 0; i < run->output_count; i++) {
    if (run->outputs[i].data) return false;
  }
  return true;
}

static void push_overwritten(lua_State *L, const ms_run *run) {
  push_object(L, run, 0);
  int result = lua_gettop(L);
  for (size_t i = 1; i <= run->output_count; i++) {
    if (!data_at(run, i).data) continue;
    push_object(L, run, i);
    for (lua_pushnil(L); lua_next(L, result + 1) != 0; lua_pop(L, 1)) {
      lua_pushvalue(L, -2);
      lua_pushvalue(L, -2);
      lua_rawset(L, result);
    }
    lua_settop(L, result);
  }
}

/* ---- The merger "arrays". ---- */

/* Stack positions, the same in all functions below. */
typedef struct gathering {
  int result; /* key → sequence of all values */
  int types;  /* key → type name of its values, null aside */
  int key;    /* the present key, */
  int list;   /* and its sequence */
} gathering;

/* The value on top of the stack must be of the key's type. */
static void check_type(lua_State *L, const gathering *at) {
  if (ms_json_is_null(L, -1)) return;
  const char *type = luaL_typename(L, -1);
  lua_pushvalue(L, at->key);
  lua_rawget(L, at->types);
  const char *known = lua_tostring(L, -1);
  if (known && strcmp(known, type) != 0) {
    luaL_error(L, "merger \"arrays\": the key \"%s\" has a %s and a %s", lua_tostring(L, at->key),
               known, type);
  }
  lua_pop(L, 1);
  if (known) return;
  lua_pushvalue(L, at->key);
  lua_pushstring(L, type);
  lua_rawset(L, at->types);
}

/* Appends the value on top of the stack, and pops it. */
static void append_value(lua_State *L, const gathering *at) {
  check_type(L, at);
  lua_rawseti(L, at->list, (int)lua_rawlen(L, at->list) + 1);
}

/* The value on top of the stack, which is popped: a sequence gives its elements, anything else
 * itself. Data has either string keys or a sequence's, so a length tells. */
static void gather_value(lua_State *L, const gathering *at) {
  bool is_sequence = lua_istable(L, -1) && (lua_rawlen(L, -1) > 0 || ms_json_is_array(L, -1));
  if (!is_sequence) {
    append_value(L, at);
    return;
  }
  int length = (int)lua_rawlen(L, -1);
  if (length == 0 && lua_rawlen(L, at->list) == 0) ms_json_set_array(L, at->list);
  for (int i = 1; i <= length; i++) {
    lua_rawgeti(L, -1, i);
    append_value(L, at);
  }
  lua_pop(L, 1);
}

/* Pushes the present key's sequence, which is new if the key is. */
static void push_sequence(lua_State *L, const gathering *at) {
  lua_pushvalue(L, at->key);
  lua_rawget(L, at->result);
  if (!lua_isnil(L, -1)) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, at->key);
  lua_pushvalue(L, -2);
  lua_rawset(L, at->result);
}

static void push_gathered(lua_State *L, const ms_run *run) {
  int result = lua_gettop(L) + 1;
  int table = result + 2;
  gathering at = {.result = result, .types = result + 1, .key = table + 1, .list = table + 3};
  lua_newtable(L);
  lua_newtable(L);
  for (size_t i = 0; i <= run->output_count; i++) {
    if (!data_at(run, i).data) continue;
    push_object(L, run, i);
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_settop(L, at.key)) {
      push_sequence(L, &at);
      lua_pushvalue(L, at.key + 1);
      gather_value(L, &at);
    }
    lua_settop(L, at.types);
  }
  lua_settop(L, at.result);
}

/* ---- Mergers of the application. ---- */

/* A prerequisite without output gives an empty table, so that positions tell which is which. */
static void push_inputs(lua_State *L, const ms_run *run) {
  lua_newtable(L);
  for (size_t i = 0; i <= run->output_count; i++) {
    if (data_at(run, i).data) {
      push_data(L, run, i);
    } else {
      lua_newtable(L);
    }
    lua_rawseti(L, -2, (int)i + 1);
  }
}

/* Raises unless what the merger returned, on top of the stack, is data as any input is. A merged
 * input may be of any size: nobody stores it. */
static void check_merged(lua_State *L, const char *merger) {
  int merged = lua_gettop(L);
  ms_json_error error;
  ms_path path = ms_path_root("input");
  ms_own *own = ms_own_push(L);
  bool is_data = ms_json_write(L, merged, SIZE_MAX, &own->buf, &error);
  ms_own_release(own);
  if (!is_data && error.status == MS_NOMEM) ms_check_memory(L);
  if (!is_data) {
    ms_json_error_push(L, &path, &error);
    luaL_error(L, "merger \"%s\": %s", merger, lua_tostring(L, -1));
  }
  lua_settop(L, merged);
}

static void push_merged(lua_State *L, const ms_run *run, int entries) {
  ms_lua_push_text(L, run->merger);
  int name = lua_gettop(L);
  if (!ms_entries_find_merger(L, entries, run->merger)) {
    luaL_error(L, "unknown merger \"%s\"", lua_tostring(L, name));
  }
  push_inputs(L, run);
  lua_call(L, 1, 1);
  check_merged(L, lua_tostring(L, name));
  lua_remove(L, name);
}

void ms_merge_push_input(lua_State *L, const ms_run *run, int entries) {
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  bool overwrites = !run->merger.data || ms_text_equal(run->merger, MS_TEXT("overwrite"));
  if (!run->merges || (overwrites && is_alone(run))) {
    push_data(L, run, 0);
  } else if (overwrites) {
    push_overwritten(L, run);
  } else if (ms_text_equal(run->merger, MS_TEXT("arrays"))) {
    push_gathered(L, run);
  } else {
    push_merged(L, run, entries);
  }
}
