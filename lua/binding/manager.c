#include "binding/manager.h"

#include "binding/answer.h"
#include "binding/change.h"
#include "binding/check.h"
#include "binding/host.h"
#include "binding/observe.h"
#include "binding/options.h"
#include "binding/query.h"
#include "binding/signal.h"
#include "binding/step.h"

ms_handle *ms_handle_check(lua_State *L, int index) {
  ms_handle *handle = luaL_testudata(L, index, MS_MANAGER_METATABLE);
  if (handle) return handle;
  ms_path path = ms_path_root("self");
  ms_check_expected(L, index, &path, "a manager (is it called with a colon?)");
}

void ms_handle_push_state(lua_State *L, int index) {
  ms_lua_get_uservalue(L, index);
}

int64_t ms_handle_now_ms(const ms_handle *handle) {
  if (handle->is_stepped) return ms_step_now(handle->core);
  return ms_clock_wall_ms(&(ms_clock){0});
}

/* What a change brings about at once in tests (stops) happens before its caller goes on. */
static void follow_change(lua_State *L) {
  luaL_checkstack(L, 4, "not enough memory");
  ms_handle_push_state(L, 1);
  lua_getfield(L, -1, "after_change");
  if (lua_isnil(L, -1)) {
    lua_pop(L, 2);
    return;
  }
  lua_pushvalue(L, 1);
  lua_call(L, 1, 0);
  lua_pop(L, 1);
}

/* The gate. Its upvalues: the method, and whether it changes something. */
static int call_method(lua_State *L) {
  const ms_method *method = lua_touserdata(L, lua_upvalueindex(1));
  ms_handle *handle = ms_handle_check(L, 1);
  ms_err err = {0};
  ms_status status = handle->core ? ms_usable(handle->core, &err) : MS_CLOSED;
  if (status != MS_OK) return ms_answer(L, status, &err);
  int results = method->call(L, handle);
  if (handle->is_stepped && lua_toboolean(L, lua_upvalueindex(2))) follow_change(L);
  return results;
}

void ms_methods_register(lua_State *L, const ms_method *methods, bool change_something) {
  for (const ms_method *method = methods; method->name; method++) {
    lua_pushlightuserdata(L, (void *)(uintptr_t)method);
    lua_pushboolean(L, change_something);
    lua_pushcclosure(L, call_method, 2);
    lua_setfield(L, -2, method->name);
  }
}

static void free_core(ms_handle *handle) {
  if (handle->troubles) ms_troubles_attach(handle->troubles, NULL);
  ms_event_free(handle->event);
  handle->event = NULL;
  ms_free(handle->core);
  handle->core = NULL;
}

void ms_handle_end(ms_handle *handle) {
  if (handle->is_polled) return;
  ms_signals_end(handle->core);
  free_core(handle);
}

/* In the child of a fork other threads' locks may be held for ever: all of it is left alone. */
static void release(ms_handle *handle) {
  bool is_forked = handle->core && ms_usable(handle->core, NULL) == MS_FORKED;
  if (is_forked) {
    handle->core = NULL;
    return;
  }
  free_core(handle);
  ms_troubles_free(handle->troubles);
  handle->troubles = NULL;
  ms_pool_spec_free(handle->pool);
  handle->pool = NULL;
  ms_arrival_reader_free(handle->arrivals);
  handle->arrivals = NULL;
}

static int collect(lua_State *L) {
  ms_host_give_up(L, 1);
  release(luaL_checkudata(L, 1, MS_MANAGER_METATABLE));
  return 0;
}

static int describe(lua_State *L) {
  ms_handle *handle = ms_handle_check(L, 1);
  bool is_open = handle->core && ms_usable(handle->core, NULL) == MS_OK;
  lua_pushfstring(L, "%s: %p%s", MS_MANAGER_METATABLE, (void *)handle, is_open ? "" : " (closed)");
  return 1;
}

/* The end of a variable that is to be closed. */
static int close_variable(lua_State *L) {
  lua_settop(L, 1);
  lua_getfield(L, 1, "close");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 0);
  return 0;
}

static int push_state(lua_State *L) {
  ms_handle_check(L, 1);
  ms_handle_push_state(L, 1);
  return 1;
}

static ms_handle *push_handle(lua_State *L) {
  ms_handle *handle = lua_newuserdata(L, sizeof *handle);
  *handle = (ms_handle){0};
  luaL_setmetatable(L, MS_MANAGER_METATABLE);
  lua_createtable(L, 0, 8);
  lua_newtable(L);
  lua_setfield(L, -2, "observers");
  ms_lua_set_uservalue(L, -2);
  return handle;
}

/* Moves what was read for Lua from the stack into the state of the handle on top. */
static void fill_state(lua_State *L, const ms_open_spec *spec) {
  ms_handle_push_state(L, -1);
  lua_pushvalue(L, spec->entries);
  lua_setfield(L, -2, "entries");
  if (spec->on_error != 0) {
    lua_pushvalue(L, spec->on_error);
    lua_setfield(L, -2, "on_error");
  }
  lua_pop(L, 1);
}

static void equip(lua_State *L, ms_handle *handle, ms_open_spec *spec) {
  ms_options *options = &spec->options;
  handle->max_data_bytes = options->max_data_bytes;
  handle->is_stepped = options->stepped;
  handle->troubles = ms_troubles_new(spec->on_error != 0);
  handle->arrivals = ms_arrival_reader_new(options->max_data_bytes);
  if (!handle->troubles || !handle->arrivals) ms_check_memory(L);
  handle->place = (ms_work_place){true, ms_troubles_post, handle->troubles};
  options->on_trouble = ms_troubles_post;
  options->on_trouble_data = handle->troubles;
  options->read_arrival = ms_arrival_read;
  options->read_arrival_data = handle->arrivals;
  if (spec->module_count == 0) return;
  handle->pool = ms_pool_spec_new(L, spec->setup, spec->modules, spec->module_count);
  if (!handle->pool) ms_check_memory(L);
  handle->pool->place.on_trouble = ms_troubles_post;
  handle->pool->place.on_trouble_data = handle->troubles;
  options->runner = &ms_pool_class;
  options->runner_shared = handle->pool;
}

/* open(options [, stepped [, peer]]) */
static int open_manager(lua_State *L) {
  lua_settop(L, 3);
  ms_own *own = ms_own_push(L);
  ms_open_spec spec = {.stepped = lua_toboolean(L, 2)};
  int failed = ms_options_read(L, 1, own, &spec);
  if (failed > 0) return failed;
  if (!lua_isnil(L, 3)) spec.options.peer_of = ms_handle_check(L, 3)->core;
  ms_handle *handle = push_handle(L);
  fill_state(L, &spec);
  equip(L, handle, &spec);
  ms_err err = {0};
  ms_status status = ms_open(&spec.options, &handle->core, &err);
  ms_own_release(own);
  if (status != MS_OK) return ms_answer(L, status, &err);
  ms_troubles_attach(handle->troubles, handle->core);
  return 1;
}

static void register_metatable(lua_State *L) {
  luaL_newmetatable(L, MS_MANAGER_METATABLE);
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, close_variable);
  lua_setfield(L, -2, "__close");
  lua_pushcfunction(L, describe);
  lua_setfield(L, -2, "__tostring");
  lua_pushliteral(L, MS_MANAGER_METATABLE);
  lua_setfield(L, -2, "__name");
  lua_newtable(L);
  ms_methods_register(L, ms_change_methods, true);
  ms_methods_register(L, ms_query_methods, false);
  ms_methods_register(L, ms_observe_methods, false);
  ms_methods_register(L, ms_host_methods, false);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__index");
  lua_remove(L, -2);
}

void ms_manager_register(lua_State *L) {
  register_metatable(L);
  lua_setfield(L, -2, "methods");
  lua_pushcfunction(L, open_manager);
  lua_setfield(L, -2, "open");
  lua_pushcfunction(L, push_state);
  lua_setfield(L, -2, "state");
  ms_methods_register(L, ms_host_primitives, false);
  ms_methods_register(L, ms_query_primitives, false);
  ms_methods_register(L, ms_observe_primitives, false);
  ms_methods_register(L, ms_step_primitives, false);
  ms_observe_register(L);
  ms_host_register(L);
}
