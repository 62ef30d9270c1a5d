#include "binding/change.h"

#include "binding/answer.h"
#include "binding/queue.h"
#include "binding/request.h"
#include "model/constraint.h"

typedef void ms_read_call(lua_State *, int, ms_request_context *, ms_request_call *);

static ms_request_context context_of(lua_State *L, const ms_handle *handle, ms_own *own) {
  return (ms_request_context){
      .own = own,
      .now_ms = ms_handle_now_ms(handle),
      .max_data_bytes = handle->max_data_bytes,
      .enqueued_by = ms_request_caller(L, own),
  };
}

/* What a change answers is made before the change, so that missing memory cannot raise behind it:
 * words that stand on the stack are pushed again without any. */
static void push_words(lua_State *L, const char *const *words, int count) {
  luaL_checkstack(L, count + LUA_MINSTACK, "not enough memory");
  for (int i = 0; i < count; i++)
    lua_pushstring(L, words[i]);
}

static void push_flat_ids(lua_State *L, const ms_enqueued *enqueued) {
  lua_createtable(L, (int)enqueued->count, 0);
  for (size_t i = 0; i < enqueued->count; i++) {
    ms_lua_push_int64(L, enqueued->ids[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

/* Kept works are not those of the call, so their ids cannot have its shape, which is on top of the
 * stack. Nothing has changed then. */
static void push_ids(lua_State *L, const ms_request_call *call, const ms_enqueued *enqueued) {
  bool is_kept = strcmp(enqueued->outcome, "kept") == 0;
  if (!is_kept && call->is_single) {
    ms_lua_push_int64(L, enqueued->ids[0]);
  } else if (!is_kept) {
    ms_request_set_ids(L, call, enqueued->ids);
  } else if (call->is_single && enqueued->count > 0) {
    ms_lua_push_int64(L, enqueued->ids[0]);
  } else {
    push_flat_ids(L, enqueued);
  }
}

static int enqueue_as(lua_State *L, ms_handle *handle, ms_read_call *read) {
  static const char *const outcomes[] = {"enqueued", "kept", "replaced", "appended", "updated"};
  lua_settop(L, 3);
  ms_own *own = ms_own_push(L);
  ms_request_context context = context_of(L, handle, own);
  ms_request_call call = {0};
  read(L, 2, &context, &call);
  ms_unique unique = {0};
  ms_unique_read(L, 3, &unique);
  ms_request_check_name(L, &call, &unique);
  push_words(L, outcomes, 5);
  ms_request_push_shape(L, &call);
  ms_enqueued enqueued;
  ms_err err = {0};
  ms_status status =
      ms_enqueue(handle->core, call.requests, call.count, &unique, &own->arena, &enqueued, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  push_ids(L, &call, &enqueued);
  lua_pushstring(L, enqueued.outcome);
  ms_own_release(own);
  return 2;
}

static int enqueue(lua_State *L, ms_handle *handle) {
  return enqueue_as(L, handle, ms_request_read_call);
}

static int chain(lua_State *L, ms_handle *handle) {
  return enqueue_as(L, handle, ms_request_read_chain);
}

static int update(lua_State *L, ms_handle *handle) {
  static const char *const answers[] = {"applied_immediately", "applied_for_next_run",
                                        "not_applied"};
  lua_settop(L, 3);
  ms_path path = ms_path_root("id");
  int64_t id = ms_check_id(L, 2, &path);
  ms_own *own = ms_own_push(L);
  ms_request_context context = context_of(L, handle, own);
  ms_request request;
  ms_request_read_update(L, 3, &context, &request);
  push_words(L, answers, 3);
  const char *how;
  ms_err err = {0};
  ms_status status = ms_update(handle->core, id, &request, &how, &err);
  ms_own_release(own);
  if (status != MS_OK) return ms_answer(L, status, &err);
  lua_pushstring(L, how);
  return 1;
}

static int push_count(lua_State *L, ms_status status, int64_t count, const ms_err *err) {
  if (status != MS_OK) return ms_answer(L, status, err);
  ms_lua_push_int64(L, count);
  return 1;
}

typedef ms_status ms_change_selected(ms_manager *, const ms_selector *, int64_t *, ms_err *);

static int change_selected(lua_State *L, ms_handle *handle, ms_change_selected *change) {
  lua_settop(L, 2);
  ms_own *own = ms_own_push(L);
  ms_selector selector = {0};
  ms_selector_read(L, 2, own, &selector);
  int64_t count = 0;
  ms_err err = {0};
  ms_status status = change(handle->core, &selector, &count, &err);
  ms_own_release(own);
  return push_count(L, status, count, &err);
}

static int cancel(lua_State *L, ms_handle *handle) {
  return change_selected(L, handle, ms_cancel);
}

static int retry(lua_State *L, ms_handle *handle) {
  return change_selected(L, handle, ms_retry);
}

static int run_now(lua_State *L, ms_handle *handle) {
  return change_selected(L, handle, ms_run_now);
}

static int prune(lua_State *L, ms_handle *handle) {
  int64_t older_than_ms = -1;
  if (!lua_isnoneornil(L, 2)) {
    ms_path path = ms_path_root("older_than");
    older_than_ms = ms_check_duration_ms(L, 2, &path, true);
  }
  int64_t count = 0;
  ms_err err = {0};
  ms_status status = ms_prune(handle->core, older_than_ms, &count, &err);
  return push_count(L, status, count, &err);
}

static int push_done(lua_State *L, ms_status status, const ms_err *err) {
  if (status != MS_OK) return ms_answer(L, status, err);
  lua_pushboolean(L, true);
  return 1;
}

static int apply_queue(lua_State *L, ms_handle *handle, const ms_queue_settings *settings) {
  ms_err err = {0};
  return push_done(L, ms_set_queue(handle->core, settings, &err), &err);
}

static ms_text queue_name(lua_State *L) {
  ms_path path = ms_path_root("queue");
  return ms_check_text(L, 2, &path, MS_NAME_BYTES_MAX, "the name of a queue");
}

static int pause_queue(lua_State *L, ms_handle *handle) {
  ms_queue_settings settings = {.name = queue_name(L), .keeps_limit = true, .paused = 1};
  return apply_queue(L, handle, &settings);
}

static int resume_queue(lua_State *L, ms_handle *handle) {
  ms_queue_settings settings = {.name = queue_name(L), .keeps_limit = true, .paused = 0};
  return apply_queue(L, handle, &settings);
}

static int set_queue(lua_State *L, ms_handle *handle) {
  ms_queue_settings settings = {.name = queue_name(L)};
  ms_path path = ms_path_root("settings");
  ms_queue_read(L, 3, &path, &settings);
  return apply_queue(L, handle, &settings);
}

static const char *const network_values[] = {"none",      "connected",   "metered",
                                             "unmetered", "not_roaming", "roaming"};

/* The value as the core takes it; NULL hands the condition back. */
static const char *read_condition(lua_State *L, int index, ms_text name) {
  if (lua_isnoneornil(L, index)) return NULL;
  ms_path path = ms_path_root("value");
  if (ms_text_equal(name, MS_TEXT("network"))) {
    size_t count = sizeof network_values / sizeof network_values[0];
    return network_values[ms_check_word(L, index, &path, network_values, count)];
  }
  return ms_check_boolean(L, index, &path) ? "true" : "false";
}

static int set_condition(lua_State *L, ms_handle *handle) {
  ms_path path = ms_path_root("name");
  ms_text name = ms_check_text(L, 2, &path, MS_NAME_BYTES_MAX, "the name of a condition");
  bool is_reserved = ms_text_equal(name, MS_TEXT("files")) ||
                     ms_text_equal(name, MS_TEXT("custom")) ||
                     ms_text_equal(name, MS_TEXT("at_start_only"));
  if (is_reserved) ms_check_fail(L, &path, "\"%s\" is not a condition that can be set", name.data);
  const char *value = read_condition(L, 3, name);
  ms_err err = {0};
  return push_done(L, ms_set_condition(handle->core, name, value, &err), &err);
}

const ms_method ms_change_methods[] = {
    {"enqueue", enqueue},
    {"chain", chain},
    {"update", update},
    {"cancel", cancel},
    {"retry", retry},
    {"run_now", run_now},
    {"prune", prune},
    {"pause", pause_queue},
    {"resume", resume_queue},
    {"set_queue", set_queue},
    {"set_condition", set_condition},
    {NULL, NULL},
};
