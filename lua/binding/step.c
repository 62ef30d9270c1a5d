#include "binding/step.h"

#include "binding/answer.h"
#include "binding/check.h"
#include "binding/host.h"
#include "binding/request.h"

static const char *const waits[] = {"delay", "constraints", "period"};
static const char *const reasons[] = {"cancelled", "replaced", "timeout",
                                      "shutdown",  "crashed",  "preempted"};
#define REASON_COUNT (sizeof reasons / sizeof reasons[0])

static int step_now(lua_State *L, ms_handle *handle) {
  ms_lua_push_int64(L, ms_step_now(handle->core));
  return 1;
}

static int step_next(lua_State *L, ms_handle *handle) {
  int64_t at_ms = MS_NEVER;
  ms_err err = {0};
  ms_status status = ms_step_next(handle->core, &at_ms, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  if (at_ms == MS_NEVER) return 0;
  ms_lua_push_int64(L, at_ms);
  return 1;
}

static int push_done(lua_State *L, ms_status status, const ms_err *err) {
  if (status != MS_OK) return ms_answer(L, status, err);
  lua_pushboolean(L, true);
  return 1;
}

static int64_t read_moment(lua_State *L) {
  ms_path path = ms_path_root("now");
  return ms_check_integer(L, 2, &path, INT64_MIN, INT64_MAX);
}

static int step_clock(lua_State *L, ms_handle *handle) {
  ms_step_clock(handle->core, read_moment(L));
  return 0;
}

static int step_jump(lua_State *L, ms_handle *handle) {
  ms_err err = {0};
  return push_done(L, ms_step_jump(handle->core, read_moment(L), &err), &err);
}

static int step_restart(lua_State *L, ms_handle *handle) {
  ms_step_restart(handle->core, read_moment(L));
  return 0;
}

static int step_to(lua_State *L, ms_handle *handle) {
  ms_err err = {0};
  return push_done(L, ms_step_to(handle->core, read_moment(L), &err), &err);
}

static int step_claim(lua_State *L, ms_handle *handle) {
  ms_work_object *work = ms_work_check(L, 2);
  ms_run *run = NULL;
  ms_err err = {0};
  ms_status status = ms_step_claim(handle->core, &run, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  if (run) ms_work_fill(work, run, &handle->place);
  lua_pushboolean(L, run != NULL);
  return 1;
}

static int step_meet(lua_State *L, ms_handle *handle) {
  ms_path id_path = ms_path_root("id");
  ms_path kind_path = ms_path_root("kind");
  int64_t id = ms_check_id(L, 2, &id_path);
  const char *kind = waits[ms_check_word(L, 3, &kind_path, waits, 3)];
  ms_err err = {0};
  return push_done(L, ms_step_meet(handle->core, id, kind, &err), &err);
}

/* A list of paths → the number of works that wait for any of them. */
static int step_files(lua_State *L, ms_handle *handle) {
  lua_settop(L, 2);
  ms_path path = ms_path_root("paths");
  ms_own *own = ms_own_push(L);
  size_t count = ms_check_list(L, 2, &path, "a path or a list of paths");
  ms_text *paths = ms_own_take(L, own, count * sizeof *paths);
  for (size_t i = 0; i < count; i++, lua_pop(L, 1)) {
    ms_path element = ms_path_element(&path, (int64_t)i + 1);
    lua_rawgeti(L, 2, (int)i + 1);
    paths[i] = ms_file_path_read(L, -1, &element, own);
  }
  int64_t works = 0;
  ms_err err = {0};
  ms_status status = ms_step_files(handle->core, paths, count, &works, &err);
  ms_own_release(own);
  if (status != MS_OK) return ms_answer(L, status, &err);
  ms_lua_push_int64(L, works);
  return 1;
}

/* A constraint is named behind "constraint:"; the other reasons are words. */
static const char *read_reason(lua_State *L, int index) {
  ms_path path = ms_path_root("reason");
  if (lua_type(L, index) == LUA_TSTRING) {
    const char *reason = lua_tostring(L, index);
    if (strncmp(reason, "constraint:", 11) == 0 && reason[11] != '\0') return reason;
  }
  return reasons[ms_check_word(L, index, &path, reasons, REASON_COUNT)];
}

static int step_stop(lua_State *L, ms_handle *handle) {
  ms_path path = ms_path_root("id");
  int64_t id = ms_check_id(L, 2, &path);
  const char *reason = read_reason(L, 3);
  ms_err err = {0};
  return push_done(L, ms_step_stop(handle->core, id, reason, &err), &err);
}

static int crash(lua_State *L, ms_handle *handle) {
  ms_host_give_up(L, 1);
  ms_crash(handle->core);
  return 0;
}

const ms_method ms_step_primitives[] = {
    {"step_now", step_now},         {"step_next", step_next},   {"step_clock", step_clock},
    {"step_to", step_to},           {"step_claim", step_claim}, {"step_meet", step_meet},
    {"step_stop", step_stop},       {"step_jump", step_jump},   {"step_files", step_files},
    {"step_restart", step_restart}, {"crash", crash},           {NULL, NULL},
};
