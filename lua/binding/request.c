#include "binding/request.h"

#include "binding/request_reader.h"

ms_text ms_request_caller(lua_State *L, ms_own *own) {
  lua_Debug frame;
  for (int level = 1; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline <= 0) continue;
    /* A file's name in full; short_src would cut it. */
    const char *source = frame.source[0] == '@' ? frame.source + 1 : frame.short_src;
    ms_buf_clear(&own->buf);
    ms_buf_add_text(&own->buf, ms_text_of(source));
    ms_buf_add_char(&own->buf, ':');
    ms_buf_add_integer(&own->buf, frame.currentline);
    if (own->buf.failed) ms_check_memory(L);
    return ms_own_copy(L, own, ms_buf_text(&own->buf));
  }
  return MS_TEXT_NONE;
}

/* A list has something at 1, a request has not. */
static bool is_list(lua_State *L, int index) {
  lua_rawgeti(L, index, 1);
  bool has_first = !lua_isnil(L, -1);
  lua_pop(L, 1);
  return has_first;
}

static bool is_empty(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_pushnil(L);
  if (lua_next(L, index) == 0) return true;
  lua_pop(L, 2);
  return false;
}

typedef void visitor(const ms_request_visit *visited);

/* The list's members, count of them; what the list has in common stands in list. */
static void walk_list(const ms_request_visit *list, size_t count, visitor *visit) {
  lua_State *L = list->reader->L;
  for (size_t i = 0; i < count; i++) {
    ms_path path = ms_path_element(list->path, (int64_t)i + 1);
    ms_request_visit member = *list;
    lua_rawgeti(L, list->index, (int)i + 1);
    member.index = lua_gettop(L);
    member.path = &path;
    member.position += i;
    visit(&member);
    lua_pop(L, 1);
  }
}

static void walk_stages(const ms_request_visit *chain, visitor *visit) {
  lua_State *L = chain->reader->L;
  const ms_request_call *call = chain->reader->call;
  size_t position = 0;
  for (size_t i = 0; i < call->stage_count; i++) {
    ms_path path = ms_path_element(chain->path, (int64_t)i + 1);
    ms_request_visit stage = *chain;
    lua_rawgeti(L, chain->index, (int)i + 1);
    stage.index = lua_gettop(L);
    stage.path = &path;
    stage.position = position;
    stage.before = chain->reader->before[i];
    if (call->stages[i].is_list) {
      walk_list(&stage, call->stages[i].count, visit);
    } else {
      visit(&stage);
    }
    position += call->stages[i].count;
    lua_pop(L, 1);
  }
}

void ms_request_walk(ms_request_reader *reader, visitor *visit) {
  ms_path path = ms_path_root(reader->root);
  ms_request_visit whole = {.reader = reader, .index = reader->index, .path = &path};
  if (reader->call->stages) {
    walk_stages(&whole, visit);
  } else if (reader->call->is_single) {
    visit(&whole);
  } else {
    walk_list(&whole, reader->call->count, visit);
  }
}

static void check_request(const ms_request_visit *visited) {
  lua_State *L = visited->reader->L;
  ms_check_table(L, visited->index, visited->path, "a request");
  if (is_list(L, visited->index)) {
    ms_check_fail(L, visited->path, "expected a request, got a list");
  }
}

static void read_request(const ms_request_visit *visited) {
  check_request(visited);
  ms_request_read_fields(visited);
}

static void read_all(ms_request_reader *reader) {
  ms_request_call *call = reader->call;
  luaL_checkstack(reader->L, LUA_MINSTACK, "not enough memory");
  call->requests = ms_own_take(reader->L, reader->context->own, call->count * sizeof(ms_request));
  ms_request_walk(reader, read_request);
  ms_request_check_graph(reader);
}

static ms_request_reader start_reader(lua_State *L, int index, const char *root,
                                      ms_request_context *context, ms_request_call *call) {
  return (ms_request_reader){
      .L = L,
      .index = lua_absindex(L, index),
      .root = root,
      .context = context,
      .call = call,
  };
}

void ms_request_read_call(lua_State *L, int index, ms_request_context *context,
                          ms_request_call *out) {
  static const char what[] = "a request or a list of requests";
  ms_path path = ms_path_root("request");
  ms_request_reader reader = start_reader(L, index, "request", context, out);
  *out = (ms_request_call){0};
  ms_check_table(L, index, &path, what);
  if (is_empty(L, index)) {
    ms_path worker = ms_path_field(&path, "worker");
    ms_check_fail(L, &worker,
                  "expected a worker's name, or a list of requests, got an empty table");
  }
  out->is_single = !is_list(L, index);
  out->count = out->is_single ? 1 : ms_check_list(L, index, &path, what);
  read_all(&reader);
}

/* What stands in each stage, and how many requests there are. */
static void measure_stages(const ms_request_reader *reader, const ms_path *path) {
  static const char what[] = "a request or a list of requests";
  lua_State *L = reader->L;
  ms_request_call *call = reader->call;
  for (size_t i = 0; i < call->stage_count; i++, lua_pop(L, 1)) {
    ms_path element = ms_path_element(path, (int64_t)i + 1);
    ms_stage *stage = &call->stages[i];
    lua_rawgeti(L, reader->index, (int)i + 1);
    int index = lua_gettop(L);
    ms_check_table(L, index, &element, what);
    stage->is_list = is_list(L, index) || is_empty(L, index);
    stage->count = stage->is_list ? ms_check_list(L, index, &element, what) : 1;
    call->count += stage->count;
  }
}

/* The members of a stage, as prerequisites: requests by position from first on. */
static ms_prerequisites list_members(const ms_request_reader *reader, size_t first, size_t count) {
  ms_after *list = ms_own_take(reader->L, reader->context->own, count * sizeof *list);
  for (size_t i = 0; i < count; i++) {
    list[i] = (ms_after){.index = first + i};
  }
  return (ms_prerequisites){list, count};
}

/* All members of a stage share the one list of the stage before; empty stages are skipped. */
static void link_stages(ms_request_reader *reader) {
  const ms_request_call *call = reader->call;
  size_t room = call->stage_count * sizeof *reader->before;
  reader->before = ms_own_take(reader->L, reader->context->own, room);
  ms_prerequisites before = {0};
  size_t position = 0;
  for (size_t i = 0; i < call->stage_count; i++) {
    size_t count = call->stages[i].count;
    reader->before[i] = before;
    if (count > 0) before = list_members(reader, position, count);
    position += count;
  }
}

void ms_request_read_chain(lua_State *L, int index, ms_request_context *context,
                           ms_request_call *out) {
  static const char what[] = "a list of stages";
  ms_path path = ms_path_root("stages");
  ms_request_reader reader = start_reader(L, index, "stages", context, out);
  *out = (ms_request_call){0};
  out->stage_count = ms_check_list(L, index, &path, what);
  out->stages = ms_own_take(L, context->own, out->stage_count * sizeof *out->stages);
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  measure_stages(&reader, &path);
  if (out->count == 0) ms_check_fail(L, &path, "expected at least one request");
  link_stages(&reader);
  read_all(&reader);
}

void ms_request_read_update(lua_State *L, int index, ms_request_context *context, ms_request *out) {
  ms_request_call call = {.requests = out, .count = 1, .is_single = true};
  ms_request_reader reader = start_reader(L, index, "request", context, &call);
  reader.is_update = true;
  ms_request_walk(&reader, read_request);
}

void ms_request_check_name(lua_State *L, const ms_request_call *call, const ms_unique *unique) {
  ms_path root = ms_path_root("unique"), path = ms_path_field(&root, "name");
  if (!unique->name.data || call->count < 2) return;
  for (size_t i = 0; i < call->count; i++) {
    if (!ms_request_is_periodic(&call->requests[i])) continue;
    ms_check_fail(L, &path, "periodic work shares its name with no other work");
  }
}

void ms_request_push_shape(lua_State *L, const ms_request_call *call) {
  if (call->is_single) {
    lua_pushnil(L);
    return;
  }
  lua_createtable(L, (int)(call->stages ? call->stage_count : call->count), 0);
  for (size_t i = 0; i < call->stage_count; i++) {
    if (!call->stages[i].is_list) continue;
    lua_createtable(L, (int)call->stages[i].count, 0);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

static void set_list(lua_State *L, const int64_t *ids, size_t count) {
  for (size_t i = 0; i < count; i++) {
    ms_lua_push_int64(L, ids[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

void ms_request_set_ids(lua_State *L, const ms_request_call *call, const int64_t *ids) {
  if (!call->stages) set_list(L, ids, call->count);
  for (size_t i = 0; i < call->stage_count; i++) {
    const ms_stage *stage = &call->stages[i];
    if (stage->is_list) {
      lua_rawgeti(L, -1, (int)i + 1);
      set_list(L, ids, stage->count);
      lua_pop(L, 1);
    } else {
      ms_lua_push_int64(L, ids[0]);
      lua_rawseti(L, -2, (int)i + 1);
    }
    ids += stage->count;
  }
}
