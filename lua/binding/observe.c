#include "binding/observe.h"

#include "binding/answer.h"
#include "binding/info.h"
#include "binding/request.h"

typedef struct subscription {
  int64_t observer; /* 0 = closed */
} subscription;

/* Pushes state.observers of the manager at index. */
static void push_observers(lua_State *L, int index) {
  ms_handle_push_state(L, index);
  lua_getfield(L, -1, "observers");
  lua_remove(L, -2);
}

static subscription *push_subscription(lua_State *L, int manager) {
  subscription *made = lua_newuserdata(L, sizeof *made);
  made->observer = 0;
  luaL_setmetatable(L, MS_SUBSCRIPTION_METATABLE);
  lua_createtable(L, 1, 0);
  lua_pushvalue(L, manager);
  lua_rawseti(L, -2, 1);
  ms_lua_set_uservalue(L, -2);
  return made;
}

static void set_callback(lua_State *L, int manager, int64_t observer, int callback) {
  push_observers(L, manager);
  ms_lua_push_int64(L, observer);
  if (callback != 0) {
    lua_pushvalue(L, callback);
  } else {
    lua_pushnil(L);
  }
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

/* Arguments: the manager, the callback, the observer. */
static int register_callback(lua_State *L) {
  int64_t observer = 0;
  ms_lua_to_int64(L, 3, &observer);
  set_callback(L, 1, observer, 2);
  return 0;
}

/* Before it is observed anything, so that only the call itself can miss memory. */
static void push_registration(lua_State *L) {
  lua_pushcfunction(L, register_callback);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 3);
}

static int observe(lua_State *L, ms_handle *handle) {
  lua_settop(L, 3);
  ms_path path = ms_path_root("callback");
  if (!lua_isfunction(L, 3)) ms_check_expected(L, 3, &path, "a function");
  ms_own *own = ms_own_push(L);
  ms_selector selector = {0};
  ms_selector_read(L, 2, own, &selector);
  subscription *made = push_subscription(L, 1);
  push_registration(L);
  int64_t observer = 0;
  ms_err err = {0};
  ms_status status = ms_observe(handle->core, &selector, &observer, &err);
  ms_own_release(own);
  if (status != MS_OK) return ms_answer(L, status, &err);
  ms_lua_push_int64(L, observer);
  if (lua_pcall(L, 3, 0, 0) != LUA_OK) {
    ms_unobserve(handle->core, observer);
    return lua_error(L);
  }
  made->observer = observer;
  return 1;
}

static int close_subscription(lua_State *L) {
  subscription *closed = luaL_checkudata(L, 1, MS_SUBSCRIPTION_METATABLE);
  lua_settop(L, 1);
  if (closed->observer != 0) {
    ms_lua_get_uservalue(L, 1);
    lua_rawgeti(L, -1, 1);
    ms_handle *handle = ms_handle_check(L, -1);
    bool is_usable = handle->core && ms_usable(handle->core, NULL) == MS_OK;
    if (is_usable) ms_unobserve(handle->core, closed->observer);
    set_callback(L, lua_gettop(L), closed->observer, 0);
    closed->observer = 0;
  }
  lua_pushboolean(L, true);
  return 1;
}

static ms_status push_event(lua_State *L, ms_event *event, ms_err *err) {
  lua_createtable(L, 0, 3);
  ms_status status = ms_info_push(L, &event->info, &event->arena, err);
  if (status != MS_OK) {
    lua_pop(L, 1);
    return status;
  }
  lua_setfield(L, -2, "work");
  lua_pushstring(L, ms_event_word(event->type));
  lua_setfield(L, -2, "type");
  ms_info_push_time(L, event->at_ms);
  lua_setfield(L, -2, "time");
  return MS_OK;
}

static void report_event(ms_handle *handle, const ms_event *event, const ms_err *err) {
  ms_trouble trouble = {.kind = "store", .message = err->message, .id = event->info.id};
  ms_troubles_post(handle->troubles, &trouble);
}

/* The handle holds the event until it is dropped, so that nothing that raises can lose it. */
static ms_event *first_event(ms_handle *handle) {
  if (!handle->event) handle->event = ms_take_event(handle->core);
  return handle->event;
}

static int drop_event(lua_State *L, ms_handle *handle) {
  (void)L;
  ms_event_free(handle->event);
  handle->event = NULL;
  return 0;
}

/* Events that were on their way when their subscription was closed are dropped. */
static int next_event(lua_State *L, ms_handle *handle) {
  lua_settop(L, 1);
  push_observers(L, 1);
  for (ms_event *event; (event = first_event(handle)); lua_settop(L, 2)) {
    ms_lua_push_int64(L, event->observer);
    lua_rawget(L, 2);
    if (!lua_isnil(L, -1)) {
      ms_err err = {0};
      ms_status status = push_event(L, event, &err);
      if (status == MS_OK) return 2;
      if (status == MS_NOMEM) ms_check_memory(L);
      report_event(handle, event, &err);
    }
    drop_event(L, handle);
  }
  return 0;
}

const ms_method ms_observe_methods[] = {
    {"observe", observe},
    {NULL, NULL},
};

const ms_method ms_observe_primitives[] = {
    {"next_event", next_event},
    {"drop_event", drop_event},
    {NULL, NULL},
};

void ms_observe_register(lua_State *L) {
  luaL_newmetatable(L, MS_SUBSCRIPTION_METATABLE);
  lua_pushcfunction(L, close_subscription);
  lua_setfield(L, -2, "__close");
  lua_pushliteral(L, MS_SUBSCRIPTION_METATABLE);
  lua_setfield(L, -2, "__name");
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, close_subscription);
  lua_setfield(L, -2, "close");
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
