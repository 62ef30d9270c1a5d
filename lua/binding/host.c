#include "binding/host.h"

#include "binding/answer.h"
#include "binding/call.h"
#include "binding/check.h"
#include "binding/signal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* ---- When to look. ---- */

static int pollfd(lua_State *L, ms_handle *handle) {
  ms_err err;
  handle->is_polled = true;
  int descriptor = ms_pollfd(handle->core);
  if (descriptor >= 0) {
    lua_pushinteger(L, descriptor);
    return 1;
  }
  ms_status status = ms_fail(&err, MS_LIMIT, "the process has no more file descriptors");
  return ms_answer(L, status, &err);
}

static int events(lua_State *L, ms_handle *handle) {
  (void)handle;
  lua_pushliteral(L, "r");
  return 1;
}

static int clear(lua_State *L, ms_handle *handle) {
  (void)L;
  ms_pollfd_clear(handle->core);
  return 0;
}

static int wake(lua_State *L, ms_handle *handle) {
  ms_wake(handle->core);
  lua_pushboolean(L, true);
  return 1;
}

/* changes(until): for whoever waits for all changes, or until "idle", until "done" or until "told",
 * which no change tells. */
static int changes(lua_State *L, ms_handle *handle) {
  static const char *const words[] = {"told", "changes", "idle", "done", NULL};
  ms_heed heed = (ms_heed)luaL_checkoption(L, 2, "changes", words);
  ms_lua_push_int64(L, ms_changes(handle->core, heed));
  return 1;
}

/* Waits for the descriptor that a driver has cleared, and for input. */
static int wait_reading(lua_State *L, ms_handle *handle, int input, int64_t timeout_ms) {
  char bytes[4096];
  struct pollfd fds[] = {{ms_pollfd(handle->core), POLLIN, 0}, {input, POLLIN, 0}};
  poll(fds, 2, timeout_ms < INT32_MAX ? (int)timeout_ms : INT32_MAX);
  if (!fds[1].revents) return 0;
  ssize_t size = read(input, bytes, sizeof bytes);
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return 0;
  lua_pushlstring(L, bytes, size > 0 ? (size_t)size : 0);
  return 1;
}

/* wait(seen, timeout, input) returns what was read of a descriptor, "" at its end. */
static int wait(lua_State *L, ms_handle *handle) {
  int64_t seen = 0, timeout_ms = -1, input = -1;
  ms_lua_to_int64(L, 2, &seen);
  ms_lua_to_int64(L, 3, &timeout_ms);
  if (ms_lua_to_int64(L, 4, &input)) return wait_reading(L, handle, (int)input, timeout_ms);
  ms_wait(handle->core, seen, timeout_ms);
  return 0;
}

/* A descriptor of standard input that stays what it is, or nil if that is closed. */
static int take_input(lua_State *L) {
  int input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (input < 0) return 0;
  lua_pushinteger(L, input);
  return 1;
}

typedef ms_status ms_ask(ms_manager *, bool *, ms_err *);

static int answer_flag(lua_State *L, ms_handle *handle, ms_ask *ask) {
  bool flag = false;
  ms_err err = {0};
  ms_status status = ask(handle->core, &flag, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  lua_pushboolean(L, flag);
  return 1;
}

static int idle(lua_State *L, ms_handle *handle) {
  return answer_flag(L, handle, ms_idle);
}

static int done(lua_State *L, ms_handle *handle) {
  return answer_flag(L, handle, ms_done);
}

/* ---- Runs. ---- */

static int blank(lua_State *L, ms_handle *handle) {
  (void)handle;
  ms_work_push_blank(L);
  return 1;
}

static int take_run(lua_State *L, ms_handle *handle) {
  ms_work_object *work = ms_work_check(L, 2);
  ms_run *run = ms_take_run(handle->core);
  if (run) ms_work_fill(work, run, &handle->place);
  lua_pushboolean(L, run != NULL);
  return 1;
}

static int give_back(lua_State *L, ms_handle *handle) {
  (void)handle;
  ms_run *run = ms_work_release(L, ms_work_check(L, 2));
  if (!run) return 0;
  if (run->outcome == MS_OUTCOME_NONE) ms_call_fail(run, MS_TEXT("not enough memory"));
  ms_finish_run(run);
  return 0;
}

/* The works of `active` on top of the stack whose runs are told to stop. */
static int list_stopped(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_pushnil(L);
  int count = 0;
  for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
    const ms_work_object *work = ms_work_check(L, -2);
    if (!work->run || !ms_run_stopped(work->run)) continue;
    if (count == 0) {
      lua_newtable(L);
      lua_replace(L, 2);
    }
    lua_pushvalue(L, -2);
    lua_rawseti(L, 2, ++count);
  }
  lua_settop(L, 2);
  return 1;
}

void ms_host_give_up(lua_State *L, int manager) {
  int top = lua_gettop(L);
  ms_handle_push_state(L, manager);
  if (lua_istable(L, -1)) lua_getfield(L, -1, "active");
  if (lua_istable(L, -1) && lua_gettop(L) == top + 2) {
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
      ms_work_release(L, ms_work_check(L, -2));
    }
  }
  lua_settop(L, top);
}

static int drain(lua_State *L, ms_handle *handle) {
  ms_err err = {0};
  ms_status status = ms_drain(handle->core, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  lua_pushboolean(L, true);
  return 1;
}

static int shut(lua_State *L, ms_handle *handle) {
  int64_t grace_ms = -1;
  ms_lua_to_int64(L, 2, &grace_ms);
  ms_host_give_up(L, 1);
  ms_err err = {0};
  ms_status status = ms_close(handle->core, grace_ms, &err);
  if (ms_usable(handle->core, NULL) == MS_CLOSED) ms_handle_end(handle);
  if (status != MS_OK) return ms_answer(L, status, &err);
  lua_pushboolean(L, true);
  return 1;
}

/* ---- Trouble. ---- */

static void push_trouble(lua_State *L, const ms_trouble *trouble) {
  lua_createtable(L, 0, 4);
  lua_pushstring(L, trouble->kind);
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, trouble->message);
  lua_setfield(L, -2, "message");
  if (trouble->id > 0) {
    ms_lua_push_int64(L, trouble->id);
    lua_setfield(L, -2, "id");
  }
  if (trouble->worker) {
    lua_pushstring(L, trouble->worker);
    lua_setfield(L, -2, "worker");
  }
}

/* Not through the gate: the last trouble is told after the manager is closed. */
static int next_trouble(lua_State *L) {
  ms_handle *handle = ms_handle_check(L, 1);
  const ms_trouble *trouble = handle->troubles ? ms_troubles_first(handle->troubles) : NULL;
  if (!trouble) return 0;
  push_trouble(L, trouble);
  return 1;
}

static int drop_trouble(lua_State *L) {
  ms_handle *handle = ms_handle_check(L, 1);
  if (handle->troubles) ms_troubles_drop(handle->troubles);
  return 0;
}

static const char *text_field(lua_State *L, const char *name) {
  lua_getfield(L, 1, name);
  return lua_tostring(L, -1);
}

static int report(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  ms_trouble trouble = {.kind = text_field(L, "kind"), .message = text_field(L, "message")};
  trouble.worker = text_field(L, "worker");
  lua_getfield(L, 1, "id");
  ms_lua_to_int64(L, -1, &trouble.id);
  if (trouble.kind && trouble.message) ms_trouble_write(&trouble);
  return 0;
}

/* ---- Time and signals. ---- */

static int steady(lua_State *L) {
  ms_lua_push_int64(L, ms_clock_steady_ms(&(ms_clock){0}));
  return 1;
}

static int signals_begin(lua_State *L) {
  ms_err err = {0};
  ms_status status = ms_signals_begin(ms_handle_check(L, 1)->core, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  lua_pushboolean(L, true);
  return 1;
}

static int signals_caught(lua_State *L) {
  lua_pushboolean(L, ms_signals_caught(ms_handle_check(L, 1)->core));
  return 1;
}

static int signals_end(lua_State *L) {
  ms_signals_end(ms_handle_check(L, 1)->core);
  return 0;
}

const ms_method ms_host_methods[] = {
    {"pollfd", pollfd},
    {"getfd", pollfd},
    {"events", events},
    {NULL, NULL},
};

const ms_method ms_host_primitives[] = {
    {"clear", clear}, {"wake", wake}, {"changes", changes},     {"wait", wait},
    {"idle", idle},   {"done", done}, {"blank", blank},         {"take_run", take_run},
    {"drain", drain}, {"shut", shut}, {"give_back", give_back}, {NULL, NULL},
};

void ms_host_register(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"stopped", list_stopped},
      {"next_trouble", next_trouble},
      {"drop_trouble", drop_trouble},
      {"take_input", take_input},
      {"report", report},
      {"steady", steady},
      {"signals_begin", signals_begin},
      {"signals_caught", signals_caught},
      {"signals_end", signals_end},
      {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
