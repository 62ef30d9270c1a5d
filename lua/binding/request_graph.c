#include "binding/request_reader.h"

static size_t slot_of(const ms_keymap *map, uint64_t key) {
  /* Fibonacci hashing: the high bits of the product depend on all bits of the key. */
  size_t slot = (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & map->mask;
  while (map->keys[slot] != 0 && map->keys[slot] != key)
    slot = (slot + 1) & map->mask;
  return slot;
}

/* Room for count keys at most half of the slots full. */
static void map_init(lua_State *L, ms_own *own, ms_keymap *map, size_t count) {
  size_t slots = 4;
  while (slots < 2 * count)
    slots *= 2;
  map->keys = ms_own_take(L, own, slots * sizeof *map->keys);
  map->positions = ms_own_take(L, own, slots * sizeof *map->positions);
  map->mask = slots - 1;
}

static uint64_t key_of_table(lua_State *L, int index) {
  return (uint64_t)(uintptr_t)lua_topointer(L, index);
}

/* Stands for a table that is in the call more than once, so that naming it is ambiguous. */
#define SEVERAL SIZE_MAX

static void add_table(const ms_request_visit *visited) {
  ms_keymap *map = &visited->reader->tables;
  uint64_t key = key_of_table(visited->reader->L, visited->index);
  size_t slot = slot_of(map, key);
  map->positions[slot] = map->keys[slot] == 0 ? visited->position : SEVERAL;
  map->keys[slot] = key;
}

static ms_after find_table(const ms_request_visit *visited, int index, const ms_path *path) {
  ms_request_reader *reader = visited->reader;
  if (!reader->has_after) {
    map_init(reader->L, reader->context->own, &reader->tables, reader->call->count);
    reader->has_after = true;
    ms_request_walk(reader, add_table);
  }
  size_t slot = slot_of(&reader->tables, key_of_table(reader->L, index));
  size_t position = reader->tables.positions[slot];
  if (reader->tables.keys[slot] == 0) {
    ms_check_fail(reader->L, path, "not a request of this call");
  }
  if (position == SEVERAL) {
    ms_check_fail(reader->L, path, "this request is in the call more than once");
  }
  if (position == visited->position) {
    ms_check_fail(reader->L, path, "a request cannot come after itself");
  }
  return (ms_after){.index = position};
}

static ms_after read_prerequisite(const ms_request_visit *visited, int index, const ms_path *path) {
  lua_State *L = visited->reader->L;
  ms_after after = {0};
  if (lua_type(L, index) == LUA_TTABLE) return find_table(visited, index, path);
  if (ms_lua_to_int64(L, index, &after.id) && after.id > 0) return after;
  ms_check_expected(L, index, path, "an id or a request of the same call");
}

static ms_after read_element(const ms_request_visit *visited, int index, size_t position,
                             const ms_path *path) {
  lua_State *L = visited->reader->L;
  ms_path element = ms_path_element(path, (int64_t)position);
  lua_rawgeti(L, index, (int)position);
  ms_after after = read_prerequisite(visited, lua_gettop(L), &element);
  lua_pop(L, 1);
  return after;
}

/* Ids are positive, so that positions, inverted, never meet them. */
static uint64_t key_of_after(ms_after after) {
  return after.id > 0 ? (uint64_t)after.id : ~(uint64_t)after.index;
}

void ms_request_read_after(const ms_request_visit *visited, int index, const ms_path *path,
                           ms_request *out) {
  ms_request_reader *reader = visited->reader;
  lua_State *L = reader->L;
  size_t length = ms_check_list(L, index, path, "a list of ids or requests");
  if (length == 0) return;
  ms_prerequisites before = visited->before;
  size_t most = before.count + length;
  ms_keymap seen;
  map_init(L, reader->context->own, &seen, most);
  ms_after *list = ms_own_take(L, reader->context->own, most * sizeof *list);
  size_t count = 0;
  for (size_t i = 0; i < most; i++) {
    ms_after after = i < before.count ? before.list[i]
                                      : read_element(visited, index, i - before.count + 1, path);
    size_t slot = slot_of(&seen, key_of_after(after));
    if (seen.keys[slot] != 0) continue;
    seen.keys[slot] = key_of_after(after);
    list[count++] = after;
  }
  out->after = list;
  out->after_count = count;
}

/* Raises about the `after` of the request at that position. */
static _Noreturn void refuse_after(ms_request_reader *reader, size_t position, const char *why) {
  const ms_request_call *call = reader->call;
  ms_path root = ms_path_root(reader->root);
  ms_path outer = root;
  ms_path inner = root;
  const ms_path *request = &root;
  if (call->stages) {
    size_t stage = 0;
    for (; position >= call->stages[stage].count; stage++)
      position -= call->stages[stage].count;
    outer = ms_path_element(&root, (int64_t)stage + 1);
    inner = ms_path_element(&outer, (int64_t)position + 1);
    request = call->stages[stage].is_list ? &inner : &outer;
  } else if (!call->is_single) {
    outer = ms_path_element(&root, (int64_t)position + 1);
    request = &outer;
  }
  ms_path after = ms_path_field(request, "after");
  ms_check_fail(reader->L, &after, "%s", why);
}

static void check_periodic(ms_request_reader *reader) {
  const ms_request_call *call = reader->call;
  for (size_t i = 0; i < call->count; i++) {
    const ms_request *request = &call->requests[i];
    for (size_t j = 0; j < request->after_count; j++) {
      const ms_after *after = &request->after[j];
      bool is_periodic = after->id == 0 && ms_request_is_periodic(&call->requests[after->index]);
      if (is_periodic) refuse_after(reader, i, "periodic work cannot be a prerequisite");
    }
  }
}

/* A request on the way from the first one down its prerequisites. */
typedef struct step {
  size_t position;
  size_t next; /* the prerequisite to look at */
} step;

enum { UNSEEN, ON_THE_WAY, FINISHED };

/* Walks down all prerequisites of one request; meeting one that is on the way closes a cycle. */
static void check_cycles_from(ms_request_reader *reader, size_t position, unsigned char *marks,
                              step *way) {
  const ms_request *requests = reader->call->requests;
  size_t length = 0;
  way[length++] = (step){.position = position};
  marks[position] = ON_THE_WAY;
  while (length > 0) {
    step *last = &way[length - 1];
    const ms_request *request = &requests[last->position];
    if (last->next == request->after_count) {
      marks[last->position] = FINISHED;
      length--;
      continue;
    }
    ms_after after = request->after[last->next++];
    if (after.id > 0 || marks[after.index] == FINISHED) continue;
    if (marks[after.index] == ON_THE_WAY) refuse_after(reader, last->position, "a cycle");
    marks[after.index] = ON_THE_WAY;
    way[length++] = (step){.position = after.index};
  }
}

void ms_request_check_graph(ms_request_reader *reader) {
  /* Without a named request there are only ids and the stages of a chain, which go one way. */
  if (!reader->has_after) return;
  check_periodic(reader);
  size_t count = reader->call->count;
  unsigned char *marks = ms_own_take(reader->L, reader->context->own, count);
  step *way = ms_own_take(reader->L, reader->context->own, count * sizeof *way);
  for (size_t i = 0; i < count; i++) {
    if (marks[i] == UNSEEN) check_cycles_from(reader, i, marks, way);
  }
}
