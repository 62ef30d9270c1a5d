#include "binding/arrival.h"

#include "base/mem.h"
#include "binding/json.h"
#include "binding/request.h"

#include <stdio.h>

/* A request may stand in a stage of a list of stages. */
#define LEVELS_ABOVE_INPUT 3

struct ms_arrival_reader {
  size_t max_data_bytes;
  lua_State *L; /* NULL = not needed yet */
};

typedef struct reading {
  size_t max_data_bytes;
  const ms_arrival *arrival;
  ms_arrived *arrived;
} reading;

/* In the form of a file and line, as others have it. */
static ms_text name_row(lua_State *L, ms_own *own, int64_t id) {
  char *text = ms_own_take(L, own, 40);
  int size = snprintf(text, 40, "moonshift_inbox:%lld", (long long)id);
  return (ms_text){text, (size_t)size};
}

static void push_json(lua_State *L, ms_text text, const char *root) {
  ms_path path = ms_path_root(root);
  ms_err err;
  if (!ms_json_read_exact(L, text, LEVELS_ABOVE_INPUT, &err)) {
    ms_check_fail(L, &path, "%s", err.message);
  }
}

/* nil without a name and a policy. */
static void push_unique(lua_State *L, const ms_arrival *arrival) {
  if (!arrival->name.data && !arrival->existing.data) {
    lua_pushnil(L);
    return;
  }
  lua_createtable(L, 0, 2);
  ms_lua_push_text(L, arrival->name);
  lua_setfield(L, -2, "name");
  ms_lua_push_text(L, arrival->existing);
  lua_setfield(L, -2, "existing");
}

/* What the last request points to is kept from the garbage collector under this key. */
static char kept_key;

static void keep(lua_State *L, int first, int count) {
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    lua_pushvalue(L, first + i);
    lua_rawseti(L, -2, i + 1);
  }
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kept_key);
}

enum { STACK_READING = 1, STACK_OWN, STACK_JSON, STACK_UNIQUE };

static int read(lua_State *L) {
  reading *it = lua_touserdata(L, STACK_READING);
  const ms_arrival *arrival = it->arrival;
  ms_request_call call;
  ms_own *own = ms_own_push(L);
  ms_request_context context = {
      .own = own,
      .now_ms = arrival->at_ms,
      .max_data_bytes = it->max_data_bytes,
      .enqueued_by = name_row(L, own, arrival->id),
  };
  if (arrival->stages.data) {
    push_json(L, arrival->stages, "stages");
    ms_request_read_chain(L, STACK_JSON, &context, &call);
  } else {
    push_json(L, arrival->request, "request");
    ms_request_read_call(L, STACK_JSON, &context, &call);
  }
  push_unique(L, arrival);
  ms_unique_read(L, STACK_UNIQUE, &it->arrived->unique);
  ms_request_check_name(L, &call, &it->arrived->unique);
  it->arrived->requests = call.requests;
  it->arrived->count = call.count;
  keep(L, STACK_OWN, STACK_UNIQUE - STACK_OWN + 1);
  return 0;
}

ms_arrival_reader *ms_arrival_reader_new(size_t max_data_bytes) {
  ms_arrival_reader *reader = ms_mem_zalloc(sizeof *reader);
  if (reader) reader->max_data_bytes = max_data_bytes;
  return reader;
}

void ms_arrival_reader_free(ms_arrival_reader *reader) {
  if (!reader) return;
  if (reader->L) lua_close(reader->L);
  ms_mem_free(reader);
}

ms_status ms_arrival_read(void *opaque, const ms_arrival *arrival, ms_arrived *arrived,
                          ms_err *err) {
  ms_arrival_reader *reader = opaque;
  reading it = {.max_data_bytes = reader->max_data_bytes, .arrival = arrival, .arrived = arrived};
  if (!reader->L) reader->L = luaL_newstate();
  if (!reader->L) return ms_no_memory(err);
  int result = ms_lua_call_protected(reader->L, read, &it);
  if (result == LUA_OK) return MS_OK;
  bool is_refused = result != LUA_ERRMEM && !ms_check_is_memory(reader->L, -1);
  const char *message = is_refused ? lua_tostring(reader->L, -1) : ms_status_sentence(MS_NOMEM);
  ms_status status = ms_fail(err, is_refused ? MS_MISUSE : MS_NOMEM, "%s", message);
  lua_settop(reader->L, 0);
  return status;
}
