#include "binding/request.h"

#include "model/work.h"

static void read_name(lua_State *L, const ms_path *path, ms_unique *out) {
  out->name = ms_check_text(L, -1, path, MS_NAME_BYTES_MAX, "a name");
}

static void read_existing(lua_State *L, int index, const ms_path *path, ms_unique *out) {
  static const char *const words[] = {"keep", "replace", "append", "append_or_replace", "update"};
  static const ms_existing values[] = {MS_EXISTING_KEEP, MS_EXISTING_REPLACE, MS_EXISTING_APPEND,
                                       MS_EXISTING_APPEND_OR_REPLACE, MS_EXISTING_UPDATE};
  out->existing = values[ms_check_word(L, index, path, words, sizeof words / sizeof words[0])];
}

void ms_unique_read(lua_State *L, int index, ms_unique *out) {
  static const char *const names[] = {"name", "existing"};
  ms_path path = ms_path_root("unique");
  ms_path name_path = ms_path_field(&path, "name");
  ms_path existing_path = ms_path_field(&path, "existing");
  *out = (ms_unique){0};
  if (lua_isnoneornil(L, index)) return;
  bool has_existing = false;
  index = lua_absindex(L, index);
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  ms_check_table(L, index, &path, "a table { name, existing }");
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    if (ms_check_key(L, -2, &path, names, 2) == 0) {
      read_name(L, &name_path, out);
    } else {
      read_existing(L, -1, &existing_path, out);
      has_existing = true;
    }
  }
  lua_pushnil(L);
  if (!out->name.data) ms_check_expected(L, -1, &name_path, "a name");
  /* There is no default: nil gives the message that lists the words. */
  if (!has_existing) read_existing(L, -1, &existing_path, out);
  lua_pop(L, 1);
}

typedef struct reader {
  lua_State *L;
  ms_own *own;
  ms_selector *out;
  const ms_path *path; /* of the field */
  int index;           /* of its value, absolute */
} reader;

/* How many values the field has: one by itself counts as a list of one. */
static size_t count_values(const reader *r) {
  if (lua_type(r->L, r->index) != LUA_TTABLE) return 1;
  size_t count = ms_check_list(r->L, r->index, r->path, "one value or a list of values");
  if (count == 0) ms_check_fail(r->L, r->path, "expected at least one value, got an empty list");
  return count;
}

/* Pushes the value at that position of the field and returns its path. */
static ms_path push_value(const reader *r, size_t position) {
  if (lua_type(r->L, r->index) != LUA_TTABLE) {
    lua_pushvalue(r->L, r->index);
    return *r->path;
  }
  lua_rawgeti(r->L, r->index, (int)position + 1);
  return ms_path_element(r->path, (int64_t)position + 1);
}

static void read_ids(const reader *r) {
  size_t count = count_values(r);
  int64_t *ids = ms_own_take(r->L, r->own, count * sizeof *ids);
  for (size_t i = 0; i < count; i++, lua_pop(r->L, 1)) {
    ms_path path = push_value(r, i);
    ids[i] = ms_check_id(r->L, -1, &path);
  }
  r->out->ids = ids;
  r->out->id_count = count;
}

static void read_states(const reader *r) {
  const char *words[MS_STATE_COUNT];
  for (int state = 0; state < MS_STATE_COUNT; state++) {
    words[state] = ms_state_word((ms_state)state);
  }
  size_t count = count_values(r);
  for (size_t i = 0; i < count; i++, lua_pop(r->L, 1)) {
    ms_path path = push_value(r, i);
    r->out->states |= 1u << ms_check_word(r->L, -1, &path, words, MS_STATE_COUNT);
  }
}

static void read_texts(const reader *r, const ms_text **texts, size_t *text_count) {
  size_t count = count_values(r);
  ms_text *list = ms_own_take(r->L, r->own, count * sizeof *list);
  for (size_t i = 0; i < count; i++, lua_pop(r->L, 1)) {
    ms_path path = push_value(r, i);
    list[i] = ms_check_text(r->L, -1, &path, MS_NAME_BYTES_MAX, "a string or a list of strings");
  }
  *texts = list;
  *text_count = count;
}

static void read_all(const reader *r) {
  if (!ms_check_boolean(r->L, r->index, r->path)) {
    ms_check_fail(r->L, r->path, "expected true");
  }
  r->out->all = true;
}

static void read_field(reader *r, const char *name) {
  ms_selector *out = r->out;
  switch (name[0]) {
  case 'a':
    read_all(r);
    break;
  case 'i':
    read_ids(r);
    break;
  case 's':
    read_states(r);
    break;
  case 't':
    read_texts(r, &out->tags, &out->tag_count);
    break;
  case 'n':
    read_texts(r, &out->names, &out->name_count);
    break;
  case 'w':
    read_texts(r, &out->workers, &out->worker_count);
    break;
  default:
    read_texts(r, &out->queues, &out->queue_count);
  }
}

static void read_fields(reader *r, const ms_path *path, int index) {
  /* All begin with different letters, which read_field relies on. */
  static const char *const names[] = {"all", "id", "state", "tag", "name", "worker", "queue"};
  size_t count = 0;
  for (lua_pushnil(r->L); lua_next(r->L, index) != 0; lua_pop(r->L, 1), count++) {
    const char *name = names[ms_check_key(r->L, -2, path, names, sizeof names / sizeof names[0])];
    ms_path field = ms_path_field(path, name);
    r->path = &field;
    r->index = lua_gettop(r->L);
    read_field(r, name);
  }
  if (count == 0) {
    ms_check_fail(r->L, path, "empty; { all = true } selects everything");
  }
  if (r->out->all && count > 1) ms_check_fail(r->L, path, "all = true stands alone");
}

void ms_selector_read(lua_State *L, int index, ms_own *own, ms_selector *out) {
  ms_path path = ms_path_root("selector");
  index = lua_absindex(L, index);
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  reader r = {.L = L, .own = own, .out = out, .path = &path, .index = index};
  *out = (ms_selector){0};
  if (lua_type(L, index) == LUA_TNUMBER) {
    read_ids(&r);
    return;
  }
  ms_check_table(L, index, &path,
                 "an id, a list of ids, or a table such as { state = \"failed\" }");
  lua_rawgeti(L, index, 1);
  bool is_list = !lua_isnil(L, -1);
  lua_pop(L, 1);
  if (is_list) {
    read_ids(&r);
  } else {
    read_fields(&r, &path, index);
  }
}
