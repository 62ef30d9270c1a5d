#include "binding/drive.h"

#include "binding/call.h"
#include "binding/entries.h"
#include "binding/guard.h"
#include "binding/json.h"
#include "binding/own.h"

#include <stdio.h>

#define MAX_DATA_BYTES 262144
#define TRIAL_METATABLE "moonshift.trial"

/* ---- Entries. ---- */

static int make_entries(lua_State *L) {
  lua_settop(L, 3);
  ms_path path = ms_path_root(luaL_optstring(L, 2, "options.workers"));
  if (lua_isnil(L, 3)) {
    lua_pop(L, 1);
    ms_entries_push(L);
  }
  luaL_checktype(L, 3, LUA_TTABLE);
  ms_entries_add(L, 3, 1, &path);
  return 1;
}

/* ---- Stepping. ---- */

/* Calls the function below its arguments, all on top of L, in the coroutine, and pushes results or
 * the error there. They are moved because nobody below the coroutine would catch an error raised
 * while pushing, and they are called there because no Lua function is below. */
static int call_in(lua_State *thread, lua_State *L, int arguments, int results) {
  lua_pushcfunction(L, ms_call_traceback);
  lua_insert(L, -2 - arguments);
  lua_xmove(L, thread, arguments + 2);
  int handler = lua_gettop(thread) - arguments - 1;
  int status = lua_pcall(thread, arguments, results, handler);
  lua_remove(thread, handler);
  return status;
}

/* Arguments: work, entries. Returns the worker and what it is called with. */
static int prepare(lua_State *L) {
  ms_call_prepare(L, ms_work_check_run(L, 1), 2, 1);
  return 3;
}

static int start(lua_State *L) {
  ms_work_object *object = ms_work_check(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_State *thread = lua_newthread(L);
  ms_guard_install_thread(thread);
  lua_pushcfunction(L, prepare);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  int status = call_in(thread, L, 2, 3);
  if (!object->run) return 0;
  if (status == LUA_OK) return 1;
  ms_call_read_error(thread, object->run);
  return 0;
}

/* Arguments: what the worker returned, and the run. */
static int read_result(lua_State *L) {
  ms_run *run = lua_touserdata(L, -1);
  lua_pop(L, 1);
  ms_call_read_result(L, 1, lua_gettop(L), run);
  return 0;
}

/* The results are all that stands on the coroutine. */
static void take_results(lua_State *L, lua_State *thread, int results, ms_run *run) {
  luaL_checkstack(L, results + LUA_MINSTACK, "not enough memory");
  lua_pushcfunction(L, read_result);
  lua_xmove(thread, L, results);
  lua_pushlightuserdata(L, run);
  if (call_in(thread, L, results + 1, 0) != LUA_OK) ms_call_read_error(thread, run);
  lua_settop(thread, 0);
}

/* What the coroutine left to be closed is closed, as lua_pcall does for a worker of the pool. */
static void close_variables(lua_State *L, lua_State *thread) {
#if LUA_VERSION_NUM >= 505
  lua_closethread(thread, L);
#elif LUA_VERSION_NUM == 504
  (void)L;
  lua_resetthread(thread);
#else
  (void)L;
  (void)thread;
#endif
}

/* Telling the error may run Lua code, which may end the run. */
static void take_error(lua_State *L, lua_State *thread, ms_work_object *object) {
  ms_call_push_error(L, thread);
  if (object->run) ms_call_read_error(L, object->run);
  close_variables(L, thread);
}

/* Pushes the milliseconds if the coroutine yielded by work:sleep. */
static bool push_sleep(lua_State *L, lua_State *thread, int results) {
  bool is_sleep = results == 2 && lua_touserdata(thread, -2) == ms_work_sleep_token();
  if (!is_sleep) return false;
  lua_xmove(thread, L, 1);
  lua_pop(thread, 1);
  return true;
}

/* Whether the coroutine sleeps, with the milliseconds on top of L; else the run has its result,
 * unless the worker closed its manager: then nobody waits for one. */
static bool resume(lua_State *L, lua_State *thread, int arguments, ms_work_object *object) {
  int results;
  int status = ms_lua_resume(thread, L, arguments, &results);
  if (!object->run) {
    if (status != LUA_OK) close_variables(L, thread);
  } else if (status == LUA_OK) {
    take_results(L, thread, results, object->run);
  } else if (status != LUA_YIELD) {
    take_error(L, thread, object);
  } else if (push_sleep(L, thread, results)) {
    return true;
  } else {
    lua_pushliteral(L, "a worker yields only by work:sleep");
    ms_call_read_error(L, object->run);
    close_variables(L, thread);
  }
  return false;
}

/* The first time, function and arguments stand on the coroutine already. */
static int step(lua_State *L) {
  ms_work_object *object = ms_work_check(L, 1);
  lua_State *thread = lua_tothread(L, 2);
  luaL_argcheck(L, thread != NULL, 2, "coroutine expected");
  int arguments = lua_gettop(L) - 2;
  lua_xmove(L, thread, arguments);
  if (!object->thread) arguments += 2;
  object->thread = thread;
  return resume(L, thread, arguments, object) ? 1 : 0;
}

/* Upvalue 1 called with the work and its other arguments. What raises is missing memory, and like
 * whatever else goes wrong it is the run's result: nobody could tell how far the worker came. */
static int enter(lua_State *L) {
  ms_work_object *object = ms_work_check(L, 1);
  if (!object->run) return 0;
  int arguments = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_pushvalue(L, 2);
  lua_insert(L, 1);
  ms_work_object *before = ms_guard_enter(object);
  int status = lua_pcall(L, arguments, LUA_MULTRET, 0);
  ms_guard_leave(before);
  if (status == LUA_OK) return lua_gettop(L) - 1;
  if (object->run) ms_call_read_error(L, object->run);
  return 0;
}

static int heed(lua_State *L) {
  ms_work_object *object = ms_work_check(L, 1);
  lua_pushstring(L, object->run ? ms_work_heed_stop(L, object) : NULL);
  return 1;
}

static void push_output(lua_State *L, ms_text output) {
  ms_err err;
  if (output.size == 0) {
    lua_pushnil(L);
  } else if (!ms_json_read(L, output, &err)) {
    luaL_error(L, "output: %s", err.message);
  }
}

static int tell_outcome(lua_State *L) {
  const ms_run *run = ms_work_check_run(L, 1);
  if (run->outcome == MS_OUTCOME_NONE) return 0;
  bool retries = run->outcome == MS_OUTCOME_RETRY;
  lua_pushstring(L, retries ? "retry" : ms_outcome_word(run->outcome));
  push_output(L, ms_buf_text(&run->output));
  ms_lua_push_text(L, run->error.size > 0 ? ms_buf_text(&run->error) : MS_TEXT_NONE);
  if (!retries || run->retry_after_ms < 0) return 3;
  ms_lua_push_int64(L, run->retry_after_ms);
  return 4;
}

/* ---- Trials. ---- */

typedef struct trial {
  ms_run run; /* its texts live in an ms_own */
  ms_work_place place;
} trial;

static int collect_trial(lua_State *L) {
  trial *it = luaL_checkudata(L, 1, TRIAL_METATABLE);
  ms_buf_deinit(&it->run.output);
  ms_buf_deinit(&it->run.error);
  return 0;
}

static void print_trouble(void *data, const ms_trouble *trouble) {
  (void)data;
  fprintf(stderr, "moonshift: error: %s: %s\n", trouble->worker, trouble->message);
}

static ms_text read_data(lua_State *L, ms_own *own, const char *name) {
  ms_json_error error;
  ms_path options = ms_path_root("options"), path = ms_path_field(&options, name);
  ms_buf_clear(&own->buf);
  if (!ms_json_write(L, -1, MAX_DATA_BYTES, &own->buf, &error)) {
    if (error.status == MS_NOMEM) ms_check_memory(L);
    ms_check_push_where(L);
    ms_json_error_push(L, &path, &error);
    lua_concat(L, 2);
    lua_error(L);
  }
  return ms_own_copy(L, own, ms_buf_text(&own->buf));
}

/* The field of the table at 1, as a JSON text; absent if nil. */
static ms_text read_data_field(lua_State *L, ms_own *own, const char *name) {
  ms_text text = MS_TEXT_NONE;
  lua_getfield(L, 1, name);
  if (!lua_isnil(L, -1)) text = read_data(L, own, name);
  lua_pop(L, 1);
  return text;
}

static ms_text read_list_field(lua_State *L, ms_own *own, const char *name) {
  ms_path options = ms_path_root("options"), path = ms_path_field(&options, name);
  lua_getfield(L, 1, name);
  bool is_absent = lua_isnil(L, -1) || ms_check_list(L, -1, &path, "a list of strings") == 0;
  size_t count = is_absent ? 0 : lua_rawlen(L, -1);
  for (size_t i = 1; i <= count; i++) {
    ms_path element = ms_path_element(&path, (int64_t)i);
    lua_rawgeti(L, -1, (int)i);
    ms_check_text(L, -1, &element, 0, "a string");
    lua_pop(L, 1);
  }
  ms_text text = is_absent ? MS_TEXT("[]") : read_data(L, own, name);
  lua_pop(L, 1);
  return text;
}

static void fill_trial(lua_State *L, ms_own *own, ms_run *run) {
  ms_path options = ms_path_root("options"), attempt = ms_path_field(&options, "attempt");
  lua_getfield(L, 1, "worker");
  run->worker = ms_own_copy(L, own, ms_text_of(luaL_checkstring(L, -1)));
  lua_getfield(L, 1, "attempt");
  run->attempt = lua_isnil(L, -1) ? 1 : ms_check_integer(L, -1, &attempt, 1, INT64_MAX);
  lua_pop(L, 2);
  run->id = 1;
  run->run = run->attempt;
  run->queue = MS_TEXT("default");
  run->input = read_data_field(L, own, "input");
  if (!run->input.data) run->input = MS_TEXT("{}");
  run->tags = read_list_field(L, own, "tags");
  run->files = read_list_field(L, own, "files");
  run->retry_after_ms = -1;
  run->max_data_bytes = MAX_DATA_BYTES;
}

/* The object's own table keeps the trial alive, and the trial's texts. */
static int make_trial(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  ms_own *own = ms_own_push(L);
  trial *it = lua_newuserdata(L, sizeof *it);
  memset(it, 0, sizeof *it);
  it->place = (ms_work_place){.yields = true, .on_trouble = print_trouble};
  luaL_setmetatable(L, TRIAL_METATABLE);
  fill_trial(L, own, &it->run);
  ms_work_object *object = ms_work_push(L, &it->run, &it->place);
  ms_work_set_record(L, 5, 2);
  ms_work_push_extra(L, object);
  lua_pushvalue(L, 3);
  lua_setfield(L, -2, "texts");
  lua_pushvalue(L, 4);
  lua_setfield(L, -2, "trial");
  lua_pop(L, 1);
  return 1;
}

static int stop_trial(lua_State *L) {
  ms_run *run = ms_work_check_run(L, 1);
  const char *reason = luaL_checkstring(L, 2);
  if (ms_run_stopped(run)) return 0;
  ms_work_push_extra(L, ms_work_check(L, 1));
  lua_pushvalue(L, 2);
  lua_setfield(L, -2, "reason");
  run->reason = reason;
  atomic_store_explicit(&run->stopped, true, memory_order_release);
  return 0;
}

static int end_trial(lua_State *L) {
  ms_work_release(L, ms_work_check(L, 1));
  return 0;
}

static void set_entered(lua_State *L, const char *name, lua_CFunction function) {
  lua_pushcfunction(L, function);
  lua_pushcclosure(L, enter, 1);
  lua_setfield(L, -2, name);
}

void ms_drive_register(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"entries", make_entries},
      {"heed", heed},
      {"outcome", tell_outcome},
      {"trial", make_trial},
      {"stop_trial", stop_trial},
      {"end_trial", end_trial},
      {NULL, NULL},
  };
  luaL_newmetatable(L, TRIAL_METATABLE);
  lua_pushcfunction(L, collect_trial);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
  set_entered(L, "start", start);
  set_entered(L, "step", step);
}
