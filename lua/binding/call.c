#include "binding/call.h"

#include "base/utf8.h"
#include "binding/entries.h"
#include "binding/json.h"
#include "binding/merge.h"

#include <stdio.h>

/* A longer string tells nothing more in a message. */
#define QUOTE_BYTES_MAX 60

void ms_call_prepare(lua_State *L, ms_run *run, int entries, int work) {
  work = lua_absindex(L, work);
  if (!ms_entries_find(L, entries, run->worker)) {
    ms_lua_push_text(L, run->worker);
    luaL_error(L, "there is no worker \"%s\"", lua_tostring(L, -1));
  }
  if (!lua_isnil(L, -1)) ms_work_set_on_stop(L, work, -1);
  lua_pop(L, 1);
  ms_merge_push_input(L, run, entries);
  lua_pushvalue(L, work);
}

/* ---- What a worker returns. ---- */

static void push_found(lua_State *L, int index) {
  size_t size;
  switch (lua_type(L, index)) {
  case LUA_TNIL:
    lua_pushliteral(L, "nil");
    break;
  case LUA_TBOOLEAN:
    lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
    break;
  case LUA_TSTRING:
    lua_tolstring(L, index, &size);
    if (size <= QUOTE_BYTES_MAX && ms_utf8_is_valid((ms_text){lua_tostring(L, index), size})) {
      lua_pushfstring(L, "\"%s\"", lua_tostring(L, index));
    } else {
      lua_pushliteral(L, "another string");
    }
    break;
  default:
    lua_pushfstring(L, "a %s", luaL_typename(L, index));
  }
}

static _Noreturn void fail_outcome(lua_State *L, int index, const ms_run *run) {
  ms_lua_push_text(L, run->worker);
  push_found(L, index);
  lua_pushfstring(L, "worker \"%s\" returned %s, expected \"success\", \"failure\" or \"retry\"",
                  lua_tostring(L, -2), lua_tostring(L, -1));
  lua_error(L);
  __builtin_unreachable();
}

static void read_output(lua_State *L, int index, ms_run *run) {
  ms_json_error error;
  if (lua_isnoneornil(L, index)) return;
  if (ms_json_write(L, index, run->max_data_bytes, &run->output, &error)) return;
  ms_path path = ms_path_root("output");
  if (error.status == MS_NOMEM) ms_check_memory(L);
  ms_json_error_push(L, &path, &error);
  lua_error(L);
}

static void read_wait(lua_State *L, int index, ms_run *run) {
  static const char *const names[] = {"after"};
  ms_path path = ms_path_root("retry");
  ms_path after = ms_path_field(&path, "after");
  if (lua_isnoneornil(L, index)) return;
  ms_check_table(L, index, &path, "a table such as { after = \"5m\" }");
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    ms_check_key(L, -2, &path, names, 1);
    run->retry_after_ms = ms_check_duration_ms(L, -1, &after, false);
  }
}

static ms_outcome outcome_of(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TSTRING) return MS_OUTCOME_NONE;
  ms_text word = {0};
  word.data = lua_tolstring(L, index, &word.size);
  if (ms_text_equal(word, MS_TEXT("success"))) return MS_OUTCOME_SUCCESS;
  if (ms_text_equal(word, MS_TEXT("failure"))) return MS_OUTCOME_FAILURE;
  if (ms_text_equal(word, MS_TEXT("retry"))) return MS_OUTCOME_RETRY;
  return MS_OUTCOME_NONE;
}

void ms_call_read_result(lua_State *L, int first, int count, ms_run *run) {
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  lua_settop(L, first + (count > 2 ? count : 2) - 1);
  ms_outcome outcome = outcome_of(L, first);
  run->retry_after_ms = -1;
  ms_buf_clear(&run->output);
  ms_buf_clear(&run->error);
  if (outcome == MS_OUTCOME_NONE) fail_outcome(L, first, run);
  if (outcome == MS_OUTCOME_RETRY) {
    read_wait(L, first + 1, run);
  } else {
    read_output(L, first + 1, run);
  }
  run->outcome = outcome;
}

/* ---- What a worker raises. ---- */

static int convert(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}

/* Pushes a text for the error value at index. What __tostring raises is not of interest. */
static void push_message(lua_State *L, int index) {
  int type = lua_type(L, index);
  index = lua_absindex(L, index);
  if (type == LUA_TSTRING || type == LUA_TNUMBER) {
    lua_pushvalue(L, index);
    return;
  }
  if (luaL_getmetafield(L, index, "__tostring")) {
    lua_pop(L, 1);
    lua_pushcfunction(L, convert);
    lua_pushvalue(L, index);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK) return;
    lua_pop(L, 1);
  }
  lua_pushfstring(L, "error object is a %s value", luaL_typename(L, index));
}

static bool has_lua_function(lua_State *L, int level) {
  lua_Debug frame;
  for (; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "l", &frame);
    if (frame.currentline > 0) return true;
  }
  return false;
}

/* Replaces the message on top of L by one with the stack of from. */
static void add_traceback(lua_State *L, lua_State *from, int level) {
  if (!has_lua_function(from, level)) return;
  luaL_traceback(L, from, lua_tostring(L, -1), level);
  lua_remove(L, -2);
}

int ms_call_traceback(lua_State *L) {
  push_message(L, 1);
  add_traceback(L, L, 1);
  return 1;
}

void ms_call_push_error(lua_State *L, lua_State *thread) {
  lua_xmove(thread, L, 1);
  push_message(L, -1);
  lua_remove(L, -2);
  add_traceback(L, thread, 0);
}

void ms_call_fail(ms_run *run, ms_text text) {
  run->outcome = MS_OUTCOME_FAILURE;
  run->retry_after_ms = -1;
  ms_buf_clear(&run->output);
  ms_buf_clear(&run->error);
  ms_buf_add_text(&run->error, text);
}

void ms_call_read_error(lua_State *L, ms_run *run) {
  ms_text text = MS_TEXT("error in error handling");
  if (lua_type(L, -1) == LUA_TSTRING) text.data = lua_tolstring(L, -1, &text.size);
  ms_call_fail(run, text);
}
