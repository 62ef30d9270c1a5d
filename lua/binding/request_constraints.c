#include "binding/request_reader.h"

#include "model/constraint.h"
#include "model/paths.h"

#include <errno.h>
#include <unistd.h>

typedef struct reader {
  lua_State *L;
  ms_own *own;
  ms_constraints *out;
} reader;

static void read_network(reader *r, int index, const ms_path *path) {
#define X(name, word) word,
  static const char *const words[] = {MS_NETWORK_NEED_LIST(X)};
#undef X
  /* The first need is that of nothing, which has no word. */
  r->out->network =
      (ms_network_need)(1 + ms_check_word(r->L, index, path, words + 1, MS_NEED_COUNT - 1));
}

static void read_custom(reader *r, int index, const ms_path *path) {
  size_t length = ms_check_list(r->L, index, path, "a list of names");
  ms_text *names = ms_own_take(r->L, r->own, length * sizeof *names);
  for (size_t i = 0; i < length; i++, lua_pop(r->L, 1)) {
    ms_path element = ms_path_element(path, (int64_t)i + 1);
    lua_rawgeti(r->L, index, (int)i + 1);
    names[i] = ms_check_text(r->L, -1, &element, MS_NAME_BYTES_MAX, "a condition's name");
    if (ms_condition_is_sensed(names[i])) {
      ms_check_expected(r->L, -1, &element, "a name of the application's own");
    }
  }
  r->out->custom = names;
  r->out->custom_count = length;
}

/* As it is seen from the folder in which the caller is now. */
ms_text ms_file_path_read(lua_State *L, int index, const ms_path *path, ms_own *own) {
  char here[4096];
  here[0] = '\0';
  ms_text text = ms_check_text(L, index, path, 0, "a path");
  if (memchr(text.data, '\0', text.size)) ms_check_fail(L, path, "a path has no zero bytes");
  if (text.data[0] != '/' && !getcwd(here, sizeof here)) {
    ms_check_fail(L, path, "a relative path, and the current folder has none: %s", strerror(errno));
  }
  ms_buf_clear(&own->buf);
  if (!ms_path_absolute(ms_text_of(here), text, &own->buf)) ms_check_memory(L);
  return ms_own_copy(L, own, ms_buf_text(&own->buf));
}

/* "path" or { path = "path", recursive = true } */
static void read_watched(reader *r, int index, const ms_path *path, ms_watched *out) {
  static const char *const names[] = {"path", "recursive"};
  if (lua_type(r->L, index) != LUA_TTABLE) {
    out->path = ms_file_path_read(r->L, index, path, r->own);
    return;
  }
  ms_path path_path = ms_path_field(path, "path");
  ms_path recursive_path = ms_path_field(path, "recursive");
  for (lua_pushnil(r->L); lua_next(r->L, index) != 0; lua_pop(r->L, 1)) {
    if (ms_check_key(r->L, -2, path, names, 2) == 0) {
      out->path = ms_file_path_read(r->L, -1, &path_path, r->own);
    } else {
      out->recursive = ms_check_boolean(r->L, -1, &recursive_path);
    }
  }
  if (!out->path.data) ms_check_fail(r->L, &path_path, "expected a path, got nil");
}

/* Paths and options stand in one table: 1..n and names. JSON, which knows no such tables, has the
 * paths under a name of their own; they are left on the stack, or nil. */
static size_t read_file_options(reader *r, int index, const ms_path *path) {
  static const char *const names[] = {"settle", "max_wait", "rearm", "paths"};
  size_t count = 0;
  for (lua_pushnil(r->L); lua_next(r->L, index) != 0; lua_pop(r->L, 1)) {
    int64_t position;
    if (ms_lua_to_int64(r->L, -2, &position)) {
      count++;
      continue;
    }
    size_t name = ms_check_key(r->L, -2, path, names, 4);
    ms_path option = ms_path_field(path, names[name]);
    if (name == 0) {
      r->out->settle_ms = ms_check_duration_ms(r->L, -1, &option, true);
    } else if (name == 1) {
      r->out->max_wait_ms = ms_check_duration_ms(r->L, -1, &option, false);
    } else if (name == 2) {
      r->out->rearm = ms_check_boolean(r->L, -1, &option);
    }
  }
  lua_getfield(r->L, index, "paths");
  return count;
}

static void read_paths(reader *r, int index, const ms_path *path, size_t count) {
  if (count == 0) ms_check_fail(r->L, path, "expected at least one path");
  ms_watched *files = ms_own_take(r->L, r->own, count * sizeof *files);
  for (size_t i = 0; i < count; i++, lua_pop(r->L, 1)) {
    ms_path element = ms_path_element(path, (int64_t)i + 1);
    lua_rawgeti(r->L, index, (int)i + 1);
    read_watched(r, lua_gettop(r->L), &element, &files[i]);
  }
  r->out->files = files;
  r->out->file_count = count;
}

static void read_files(reader *r, int index, const ms_path *path) {
  ms_check_table(r->L, index, path, "a list of paths");
  size_t count = read_file_options(r, index, path);
  if (lua_isnil(r->L, -1)) {
    read_paths(r, index, path, count);
  } else {
    ms_path paths = ms_path_field(path, "paths");
    if (count) ms_check_fail(r->L, &paths, "the list around it has paths already");
    int list = lua_gettop(r->L);
    read_paths(r, list, &paths, ms_check_list(r->L, list, &paths, "a list of paths"));
  }
  lua_pop(r->L, 1);
  if (r->out->max_wait_ms < r->out->settle_ms) {
    ms_path max_wait = ms_path_field(path, "max_wait");
    ms_check_fail(r->L, &max_wait, "shorter than settle");
  }
}

/* The names that take true or false, with the place of their value. */
#define FLAG_LIST(X) MS_CONDITION_LIST(X) X(at_start_only)

static bool *find_flag(ms_constraints *constraints, const char *name) {
#define X(flag)                                                                                    \
  if (strcmp(name, #flag) == 0) return &constraints->flag;
  FLAG_LIST(X)
#undef X
  return NULL;
}

static void read_constraint(reader *r, const ms_path *path) {
#define X(flag) #flag,
  static const char *const names[] = {"network", "files", "custom", FLAG_LIST(X)};
#undef X
  size_t name = ms_check_key(r->L, -2, path, names, sizeof names / sizeof names[0]);
  ms_path field = ms_path_field(path, names[name]);
  int index = lua_gettop(r->L);
  if (name == 0) {
    read_network(r, index, &field);
  } else if (name == 1) {
    read_files(r, index, &field);
  } else if (name == 2) {
    read_custom(r, index, &field);
  } else {
    *find_flag(r->out, names[name]) = ms_check_boolean(r->L, index, &field);
  }
}

/* A table that asks for nothing is the same as none. */
static ms_text format(reader *r, const ms_constraints *constraints, const ms_path *path) {
  ms_err err;
  ms_buf *buf = &r->own->buf;
  ms_buf_clear(buf);
  ms_status status = ms_constraints_format(constraints, buf, &err);
  if (status == MS_NOMEM) ms_check_memory(r->L);
  if (status != MS_OK) ms_check_fail(r->L, path, "%s", err.message);
  ms_text text = ms_buf_text(buf);
  return ms_text_equal(text, MS_TEXT("{}")) ? MS_TEXT_NONE : ms_own_copy(r->L, r->own, text);
}

/* Files are a matter of the work, everything else one of its lane. */
static void split(reader *r, const ms_path *path, ms_request *out) {
  ms_constraints lane = *r->out, files;
  ms_constraints_init(&files);
  files.files = lane.files;
  files.file_count = lane.file_count;
  files.settle_ms = lane.settle_ms;
  files.max_wait_ms = lane.max_wait_ms;
  files.rearm = out->rearms = lane.rearm;
  lane.file_count = 0;
  out->constraints = format(r, &lane, path);
  out->files = format(r, &files, path);
}

void ms_constraints_read(lua_State *L, int index, const ms_path *path, ms_own *own,
                         ms_request *out) {
  ms_constraints constraints;
  ms_constraints_init(&constraints);
  reader r = {.L = L, .own = own, .out = &constraints};
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  ms_check_table(L, index, path, "a table of constraints");
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    read_constraint(&r, path);
  }
  split(&r, path, out);
}
