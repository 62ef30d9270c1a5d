#include "binding/info.h"

#include "binding/json.h"
#include "model/constraint.h"

static double seconds_of(int64_t ms) {
  return (double)ms / 1000.0;
}

void ms_info_push_time(lua_State *L, int64_t at_ms) {
  if (at_ms == MS_NEVER) {
    lua_pushnil(L);
  } else {
    lua_pushnumber(L, (lua_Number)seconds_of(at_ms));
  }
}

/* The setters below leave out what is absent: its key stays nil. */

static void set_text(lua_State *L, const char *key, ms_text text) {
  if (!text.data) return;
  lua_pushlstring(L, text.data, text.size);
  lua_setfield(L, -2, key);
}

static void set_word(lua_State *L, const char *key, const char *word) {
  set_text(L, key, ms_text_of(word));
}

static void set_integer(lua_State *L, const char *key, int64_t value) {
  ms_lua_push_int64(L, value);
  lua_setfield(L, -2, key);
}

static void set_duration(lua_State *L, const char *key, int64_t ms) {
  lua_pushnumber(L, (lua_Number)seconds_of(ms));
  lua_setfield(L, -2, key);
}

static void set_time(lua_State *L, const char *key, int64_t at_ms) {
  ms_info_push_time(L, at_ms);
  lua_setfield(L, -2, key);
}

static void set_ids(lua_State *L, const char *key, const int64_t *ids, size_t count) {
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    ms_lua_push_int64(L, ids[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  lua_setfield(L, -2, key);
}

static ms_status set_data(lua_State *L, const char *key, ms_text text, ms_err *err) {
  if (!text.data) return MS_OK;
  if (!ms_json_read(L, text, err)) return err->status;
  lua_setfield(L, -2, key);
  return MS_OK;
}

static void set_backoff(lua_State *L, const ms_backoff *backoff) {
  lua_createtable(L, 0, 4);
  set_word(L, "policy", backoff->policy == MS_BACKOFF_LINEAR ? "linear" : "exponential");
  set_duration(L, "delay", backoff->delay_ms);
  set_duration(L, "max", backoff->max_ms);
  lua_pushnumber(L, (lua_Number)backoff->jitter);
  lua_setfield(L, -2, "jitter");
  lua_setfield(L, -2, "backoff");
}

static void set_flag(lua_State *L, const char *key, bool flag) {
  if (!flag) return;
  lua_pushboolean(L, true);
  lua_setfield(L, -2, key);
}

static void push_watched(lua_State *L, const ms_watched *watched) {
  if (!watched->recursive) {
    lua_pushlstring(L, watched->path.data, watched->path.size);
    return;
  }
  lua_createtable(L, 0, 2);
  set_text(L, "path", watched->path);
  set_flag(L, "recursive", true);
}

static void set_files(lua_State *L, const ms_constraints *constraints) {
  lua_createtable(L, (int)constraints->file_count, 3);
  for (size_t i = 0; i < constraints->file_count; i++) {
    push_watched(L, &constraints->files[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  set_duration(L, "settle", constraints->settle_ms);
  set_duration(L, "max_wait", constraints->max_wait_ms);
  set_flag(L, "rearm", constraints->rearm);
  lua_setfield(L, -2, "files");
}

static void set_custom(lua_State *L, const ms_constraints *constraints) {
  lua_createtable(L, (int)constraints->custom_count, 0);
  for (size_t i = 0; i < constraints->custom_count; i++) {
    lua_pushlstring(L, constraints->custom[i].data, constraints->custom[i].size);
    lua_rawseti(L, -2, (int)i + 1);
  }
  lua_setfield(L, -2, "custom");
}

/* In the form in which a request gives them. */
static ms_status set_constraints(lua_State *L, const ms_info *info, ms_arena *arena, ms_err *err) {
  if (!info->constraints.data && !info->files.data) return MS_OK;
  ms_constraints constraints, files;
  ms_status status = ms_constraints_parse(info->constraints, arena, &constraints, err);
  if (status == MS_OK) status = ms_constraints_parse(info->files, arena, &files, err);
  if (status != MS_OK) return status;
  lua_createtable(L, 0, 4);
  set_word(L, "network", ms_network_need_word(constraints.network));
#define X(name) set_flag(L, #name, constraints.name);
  MS_CONDITION_LIST(X)
#undef X
  set_flag(L, "at_start_only", constraints.at_start_only);
  if (files.file_count > 0) set_files(L, &files);
  if (constraints.custom_count > 0) set_custom(L, &constraints);
  lua_setfield(L, -2, "constraints");
  return MS_OK;
}

static void set_identity(lua_State *L, const ms_info *info) {
  set_integer(L, "id", info->id);
  set_text(L, "worker", info->worker);
  set_word(L, "state", ms_state_word(info->state));
  set_text(L, "name", info->name);
  set_text(L, "queue", info->queue);
  set_integer(L, "priority", info->priority);
  set_text(L, "trace", info->trace);
  set_text(L, "enqueued_by", info->enqueued_by);
}

static void set_course(lua_State *L, const ms_info *info) {
  set_integer(L, "attempt", info->attempt);
  set_integer(L, "run", info->run);
  if (info->period > 0) set_integer(L, "period", info->period);
  set_integer(L, "generation", info->generation);
  set_word(L, "outcome", ms_outcome_word(info->outcome));
  set_text(L, "error", info->error);
  set_text(L, "stop_reason", info->stop_reason);
  set_time(L, "enqueued_at", info->enqueued_at_ms);
  set_time(L, "due_at", info->due_at_ms);
  set_time(L, "started_at", info->started_at_ms);
  set_time(L, "finished_at", info->finished_at_ms);
}

static void set_schedule(lua_State *L, const ms_info *info) {
  if (info->delay_ms > 0) set_duration(L, "delay", info->delay_ms);
  if (info->every_ms > 0) set_duration(L, "every", info->every_ms);
  if (info->flex_ms > 0) set_duration(L, "flex", info->flex_ms);
  set_text(L, "cron", info->cron);
  set_text(L, "zone", info->zone);
  set_backoff(L, &info->backoff);
}

static ms_status fill(lua_State *L, const ms_info *info, ms_arena *arena, ms_err *err) {
  set_identity(L, info);
  set_course(L, info);
  set_schedule(L, info);
  set_ids(L, "prerequisites", info->prerequisites, info->prerequisite_count);
  set_ids(L, "dependents", info->dependents, info->dependent_count);
  ms_status status = set_data(L, "tags", info->tags, err);
  if (status == MS_OK) status = set_data(L, "input", info->input, err);
  if (status == MS_OK) status = set_data(L, "output", info->output, err);
  if (status == MS_OK) status = set_data(L, "progress", info->progress, err);
  if (status == MS_OK) status = set_constraints(L, info, arena, err);
  return status;
}

ms_status ms_info_push(lua_State *L, const ms_info *info, ms_arena *arena, ms_err *err) {
  luaL_checkstack(L, 8, "not enough memory");
  lua_createtable(L, 0, 24);
  ms_status status = fill(L, info, arena, err);
  if (status != MS_OK) lua_pop(L, 1);
  return status;
}

ms_status ms_info_push_list(lua_State *L, const ms_info *infos, size_t count, ms_arena *arena,
                            ms_err *err) {
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    ms_status status = ms_info_push(L, &infos[i], arena, err);
    if (status != MS_OK) {
      lua_pop(L, 1);
      return status;
    }
    lua_rawseti(L, -2, (int)i + 1);
  }
  return MS_OK;
}
