#include "binding/work.h"

#include "binding/call.h"
#include "binding/json.h"

#include <stddef.h>
#include <stdio.h>

/* Its address is the registry's key of the metatable: found faster than by name. */
static char metatable_key;
static char sleep_token;

void *ms_work_sleep_token(void) {
  return &sleep_token;
}

/* ---- What lasts as long as the run. ---- */

void ms_work_push_extra(lua_State *L, ms_work_object *object) {
  if (object->has_extra) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, object);
    return;
  }
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, object);
  object->has_extra = true;
}

static void keep(lua_State *L, ms_work_object *object, const char *name, int index) {
  index = lua_absindex(L, index);
  ms_work_push_extra(L, object);
  lua_pushvalue(L, index);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

void ms_work_set_on_stop(lua_State *L, int index, int function) {
  ms_work_object *object = ms_work_check(L, index);
  keep(L, object, "on_stop", function);
  keep(L, object, "work", index);
  object->has_on_stop = true;
}

void ms_work_set_record(lua_State *L, int index, int record) {
  ms_work_object *object = ms_work_check(L, index);
  keep(L, object, "record", record);
  object->has_record = true;
}

/* Appends the value on top of the stack to a list of the record, and pops it. */
static void append_to_record(lua_State *L, ms_work_object *object, const char *list) {
  ms_work_push_extra(L, object);
  lua_getfield(L, -1, "record");
  lua_getfield(L, -1, list);
  lua_pushvalue(L, -4);
  lua_rawseti(L, -2, (int)lua_rawlen(L, -2) + 1);
  lua_pop(L, 4);
}

/* ---- Stopping. ---- */

/* The text of the error on top of the stack. An interrupted run outlives whoever would listen. */
static void report_on_stop(lua_State *L, const ms_work_object *object) {
  const ms_run *run = object->run;
  const ms_work_place *place = object->place;
  if (!run || !place->on_trouble || ms_run_interrupted(run)) return;
  lua_pushfstring(L, "on_stop: %s", lua_tostring(L, -1));
  ms_lua_push_text(L, run->worker);
  ms_trouble trouble = {
      .kind = "worker",
      .message = lua_tostring(L, -2),
      .id = run->id,
      .worker = lua_tostring(L, -1),
  };
  place->on_trouble(place->on_trouble_data, &trouble);
}

/* A coroutine of its own: the hook may call this, and the hook of a coroutine that runs a hook is
 * switched off, so that nothing could interrupt on_stop in it. */
static void call_on_stop(lua_State *L, ms_work_object *object, const char *reason) {
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  int top = lua_gettop(L);
  ms_work_push_extra(L, object);
  lua_State *thread = lua_newthread(L);
  lua_getfield(L, top + 1, "on_stop");
  lua_getfield(L, top + 1, "work");
  lua_pushstring(L, reason);
  lua_xmove(L, thread, 3);
  int results;
  int status = ms_lua_resume(thread, L, 2, &results);
  if (status == LUA_YIELD) {
    lua_pushliteral(L, "attempt to yield");
    report_on_stop(L, object);
  } else if (status != LUA_OK) {
    ms_call_push_error(L, thread);
    report_on_stop(L, object);
  }
  lua_settop(L, top);
}

const char *ms_work_heed_stop(lua_State *L, ms_work_object *object) {
  const char *reason = ms_run_stopped(object->run);
  if (reason && object->has_on_stop) {
    object->has_on_stop = false;
    call_on_stop(L, object, reason);
  }
  return object->run ? reason : NULL;
}

/* ---- Methods. ---- */

ms_work_object *ms_work_check(lua_State *L, int index) {
  return luaL_checkudata(L, index, MS_WORK_METATABLE);
}

static _Noreturn void fail_ended(lua_State *L) {
  ms_path path = ms_path_root("work");
  ms_check_fail(L, &path, "its run has ended");
}

static ms_work_object *check_live(lua_State *L, int index) {
  ms_work_object *object = ms_work_check(L, index);
  if (!object->run) fail_ended(L);
  return object;
}

ms_run *ms_work_check_run(lua_State *L, int index) {
  return check_live(L, index)->run;
}

/* For methods: on_stop may close the manager, and then there is no run to go on with. */
static const char *heed_stop(lua_State *L, ms_work_object *object) {
  const char *reason = ms_work_heed_stop(L, object);
  if (!object->run) fail_ended(L);
  return reason;
}

static int tell_stopped(lua_State *L) {
  lua_pushstring(L, heed_stop(L, check_live(L, 1)));
  return 1;
}

static _Noreturn void fail_data(lua_State *L, const ms_json_error *error) {
  ms_path path = ms_path_root("progress");
  if (error->status == MS_NOMEM) ms_check_memory(L);
  ms_check_push_where(L);
  ms_json_error_push(L, &path, error);
  lua_concat(L, 2);
  lua_error(L);
  __builtin_unreachable();
}

static void record_progress(lua_State *L, ms_work_object *object, ms_text data) {
  ms_err err;
  if (!ms_json_read(L, data, &err)) luaL_error(L, "%s", err.message);
  append_to_record(L, object, "progress");
}

/* The text is written where the output will be: the run owns that memory whatever is raised. */
static int tell_progress(lua_State *L) {
  ms_json_error error;
  ms_work_object *object = check_live(L, 1);
  lua_settop(L, 2);
  heed_stop(L, object);
  ms_run *run = object->run;
  ms_buf_clear(&run->output);
  if (!ms_json_write(L, 2, run->max_data_bytes, &run->output, &error)) fail_data(L, &error);
  ms_text data = ms_buf_text(&run->output);
  if (object->has_record) {
    record_progress(L, object, data);
  } else if (!ms_run_interrupted(run)) {
    ms_progress_run(run, data);
  }
  ms_buf_clear(&run->output);
  return 0;
}

/* A coroutine that the worker made itself would yield to the worker. */
static int yield_sleep(lua_State *L, const ms_work_object *object, int64_t duration_ms) {
  bool can_yield = object->thread == L;
#if LUA_VERSION_NUM >= 503 || defined(LUA_JITLIBNAME)
  can_yield = can_yield && lua_isyieldable(L);
#endif
  if (!can_yield) {
    ms_path path = ms_path_root("work:sleep");
    ms_check_fail(L, &path,
                  "cannot wait here: a host worker sleeps in its own coroutine, and not across "
                  "a C function");
  }
  lua_pushlightuserdata(L, &sleep_token);
  ms_lua_push_int64(L, duration_ms);
  return lua_yield(L, 2);
}

static int sleep_for(lua_State *L) {
  ms_path path = ms_path_root("duration");
  ms_work_object *object = check_live(L, 1);
  int64_t duration_ms = ms_check_duration_ms(L, 2, &path, false);
  const char *reason = heed_stop(L, object);
  if (!reason && object->place->yields) return yield_sleep(L, object, duration_ms);
  if (!reason && ms_run_sleep(object->run, duration_ms)) reason = heed_stop(L, object);
  if (!reason) {
    lua_pushboolean(L, true);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, reason);
  return 2;
}

static void record_message(lua_State *L, ms_work_object *object) {
  lua_createtable(L, 0, 2);
  lua_pushvalue(L, 2);
  lua_setfield(L, -2, "level");
  lua_pushvalue(L, 3);
  lua_setfield(L, -2, "message");
  append_to_record(L, object, "log");
}

/* One write, so that lines of several threads do not mix. */
static void print_message(lua_State *L, const ms_run *run) {
  char id[24];
  snprintf(id, sizeof id, "%lld", (long long)run->id);
  ms_lua_push_text(L, run->worker);
  lua_pushfstring(L, "moonshift: %s: %s #%s: ", lua_tostring(L, 2), lua_tostring(L, -1), id);
  lua_pushvalue(L, 3);
  lua_pushliteral(L, "\n");
  lua_concat(L, 3);
  size_t size;
  const char *line = lua_tolstring(L, -1, &size);
  fwrite(line, 1, size, stderr);
}

static int log_message(lua_State *L) {
  static const char *const levels[] = {"debug", "info", "warn", "warning", "error"};
  ms_path level = ms_path_root("level");
  ms_path message = ms_path_root("message");
  ms_work_object *object = check_live(L, 1);
  lua_settop(L, 3);
  ms_check_word(L, 2, &level, levels, sizeof levels / sizeof levels[0]);
  if (!lua_isstring(L, 3)) ms_check_expected(L, 3, &message, "a string");
  lua_tolstring(L, 3, NULL);
  if (object->has_record) {
    record_message(L, object);
  } else {
    print_message(L, object->run);
  }
  return 0;
}

static const luaL_Reg methods[] = {
    {"progress", tell_progress},
    {"stopped", tell_stopped},
    {"sleep", sleep_for},
    {"log", log_message},
    {NULL, NULL},
};

/* ---- Fields. ---- */

typedef enum field_kind {
  FIELD_NUMBER,   /* in the object, so that it outlasts the run */
  FIELD_POSITIVE, /* the same; 0 = not applicable */
  FIELD_TEXT,     /* in the run */
  FIELD_LIST      /* in the run, as JSON text */
} field_kind;

static const struct field {
  const char *name;
  field_kind kind;
  size_t offset;
} fields[] = {
    {"id", FIELD_NUMBER, offsetof(ms_work_object, id)},
    {"attempt", FIELD_NUMBER, offsetof(ms_work_object, attempt)},
    {"run", FIELD_NUMBER, offsetof(ms_work_object, run_number)},
    {"period", FIELD_POSITIVE, offsetof(ms_work_object, period)},
    {"generation", FIELD_NUMBER, offsetof(ms_work_object, generation)},
    {"worker", FIELD_TEXT, offsetof(ms_run, worker)},
    {"name", FIELD_TEXT, offsetof(ms_run, name)},
    {"queue", FIELD_TEXT, offsetof(ms_run, queue)},
    {"trace", FIELD_TEXT, offsetof(ms_run, trace)},
    {"tags", FIELD_LIST, offsetof(ms_run, tags)},
    {"files", FIELD_LIST, offsetof(ms_run, files)},
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

/* A list that ends with true says that there are more than it names: the list on top of the stack
 * loses that element and gets the field `more`. */
static void unpack_more(lua_State *L) {
  int length = (int)lua_rawlen(L, -1);
  lua_rawgeti(L, -1, length);
  bool has_more = lua_isboolean(L, -1);
  lua_pop(L, 1);
  if (!has_more) return;
  lua_pushnil(L);
  lua_rawseti(L, -2, length);
  lua_pushboolean(L, true);
  lua_setfield(L, -2, "more");
}

/* Each list is made once, so that `work.tags` is the same table every time. */
static void push_list(lua_State *L, ms_work_object *object, const char *name, ms_text text) {
  ms_err err;
  ms_work_push_extra(L, object);
  lua_getfield(L, -1, name);
  if (!lua_isnil(L, -1)) return;
  if (!text.data) {
    lua_newtable(L);
  } else if (!ms_json_read(L, text, &err)) {
    luaL_error(L, "%s", err.message);
  }
  unpack_more(L);
  keep(L, object, name, -1);
}

static void push_field(lua_State *L, ms_work_object *object, const struct field *field) {
  const char *base = field->kind <= FIELD_POSITIVE ? (const char *)object : (char *)object->run;
  if (!base) fail_ended(L);
  const void *value = base + field->offset;
  if (field->kind == FIELD_TEXT) {
    ms_lua_push_text(L, *(const ms_text *)value);
  } else if (field->kind == FIELD_LIST) {
    push_list(L, object, field->name, *(const ms_text *)value);
  } else if (field->kind == FIELD_POSITIVE && *(const int64_t *)value == 0) {
    lua_pushnil(L);
  } else {
    ms_lua_push_int64(L, *(const int64_t *)value);
  }
}

/* The methods are upvalue 1. */
static int index_work(lua_State *L) {
  ms_work_object *object = ms_work_check(L, 1);
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(1));
  if (!lua_isnil(L, -1) || lua_type(L, 2) != LUA_TSTRING) return 1;
  const char *name = lua_tostring(L, 2);
  for (size_t i = 0; i < FIELD_COUNT; i++) {
    if (strcmp(fields[i].name, name) != 0) continue;
    push_field(L, object, &fields[i]);
    return 1;
  }
  return 1;
}

static int show_work(lua_State *L) {
  char text[64];
  snprintf(text, sizeof text, "%s %lld", MS_WORK_METATABLE, (long long)ms_work_check(L, 1)->id);
  lua_pushstring(L, text);
  return 1;
}

void ms_work_register(lua_State *L) {
  luaL_newmetatable(L, MS_WORK_METATABLE);
  lua_pushcfunction(L, show_work);
  lua_setfield(L, -2, "__tostring");
  luaL_newlib(L, methods);
  lua_pushcclosure(L, index_work, 1);
  lua_setfield(L, -2, "__index");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

ms_work_object *ms_work_push_blank(lua_State *L) {
  ms_work_object *object = lua_newuserdata(L, sizeof *object);
  *object = (ms_work_object){0};
  lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
  lua_setmetatable(L, -2);
  return object;
}

void ms_work_fill(ms_work_object *object, ms_run *run, const ms_work_place *place) {
  *object = (ms_work_object){
      .run = run,
      .place = place,
      .id = run->id,
      .attempt = run->attempt,
      .run_number = run->run,
      .period = run->period,
      .generation = run->generation,
  };
}

ms_work_object *ms_work_push(lua_State *L, ms_run *run, const ms_work_place *place) {
  ms_work_object *object = ms_work_push_blank(L);
  ms_work_fill(object, run, place);
  return object;
}

ms_run *ms_work_release(lua_State *L, ms_work_object *object) {
  ms_run *run = object->run;
  object->run = NULL;
  object->has_on_stop = false;
  if (object->has_extra) {
    object->has_extra = false;
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, object);
  }
  return run;
}
