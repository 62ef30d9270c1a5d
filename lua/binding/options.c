#include "binding/options.h"

#include "binding/answer.h"
#include "binding/call.h"
#include "binding/check.h"
#include "binding/entries.h"
#include "binding/queue.h"
#include "binding/sensors.h"

#include <limits.h>
#include <stdio.h>
#include <uv.h>

/* A store's cells hold no more than a billion bytes. */
#define DATA_BYTES_MAX 1000000000
#define THREADS_MAX 4096

/* 2026-01-01T00:00:00Z, where a test's clock begins unless it says otherwise. */
#define STEPPED_NOW_MS INT64_C(1767225600000)

/* `now` comes last: it is an option of tests only. */
static const char *const fields[] = {"database",   "workers",    "threads",      "setup",
                                     "queues",     "durability", "retention",    "max_data_bytes",
                                     "stop_grace", "on_error",   "busy_timeout", "sensors",
                                     "now"};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

typedef struct reader {
  lua_State *L;
  ms_own *own;
  ms_open_spec *spec;
  int index; /* of the options' table */
  ms_path root;
} reader;

static void check_fields(reader *in) {
  lua_State *L = in->L;
  size_t known = in->spec->stepped ? FIELD_COUNT : FIELD_COUNT - 1;
  for (lua_pushnil(L); lua_next(L, in->index) != 0; lua_pop(L, 1)) {
    ms_check_key(L, -2, &in->root, fields, known);
  }
}

/* Pushes the option; false, and nothing, if it is not given. */
static bool push_option(reader *in, const char *name, ms_path *path) {
  *path = ms_path_field(&in->root, name);
  lua_getfield(in->L, in->index, name);
  if (!lua_isnil(in->L, -1)) return true;
  lua_pop(in->L, 1);
  return false;
}

static void read_duration(reader *in, const char *name, bool zero_allowed, int64_t *ms) {
  ms_path path;
  if (!push_option(in, name, &path)) return;
  *ms = ms_check_duration_ms(in->L, -1, &path, zero_allowed);
  lua_pop(in->L, 1);
}

static int default_threads(void) {
  unsigned int count = uv_available_parallelism();
  return count < THREADS_MAX ? (int)count : THREADS_MAX;
}

static void read_numbers(reader *in) {
  lua_State *L = in->L;
  ms_options *options = &in->spec->options;
  ms_path path;
  options->threads = default_threads();
  if (push_option(in, "threads", &path)) {
    options->threads = (int)ms_check_integer(L, -1, &path, 0, THREADS_MAX);
    lua_pop(L, 1);
  }
  if (push_option(in, "max_data_bytes", &path)) {
    options->max_data_bytes = (size_t)ms_check_integer(L, -1, &path, 1, DATA_BYTES_MAX);
    lua_pop(L, 1);
  }
  read_duration(in, "retention", true, &options->retention_ms);
  read_duration(in, "stop_grace", false, &options->stop_grace_ms);
  read_duration(in, "busy_timeout", false, &options->busy_timeout_ms);
}

static void read_durability(reader *in) {
  static const char *const words[] = {"full", "normal"};
  ms_path path;
  if (!push_option(in, "durability", &path)) return;
  size_t word = ms_check_word(in->L, -1, &path, words, 2);
  in->spec->options.durability = word == 0 ? MS_DURABILITY_FULL : MS_DURABILITY_NORMAL;
  lua_pop(in->L, 1);
}

static void read_now(reader *in) {
  ms_path path;
  if (!in->spec->stepped) return;
  in->spec->options.stepped = true;
  in->spec->options.now_ms = STEPPED_NOW_MS;
  if (!push_option(in, "now", &path)) return;
  in->spec->options.now_ms = ms_check_time_ms(in->L, -1, &path);
  lua_pop(in->L, 1);
}

/* Tests live in memory, so that another place would be a misunderstanding. Our own specs run on a
 * server as well. */
static void check_stepped_database(reader *in) {
  ms_path path;
  in->spec->options.database = ":memory:";
  if (!push_option(in, "database", &path)) return;
  const char *database = lua_type(in->L, -1) == LUA_TSTRING ? lua_tostring(in->L, -1) : "";
  bool is_memory = strcmp(database, ":memory:") == 0;
  bool is_server = strncmp(database, "postgres://", 11) == 0;
  if (!is_memory && !is_server) {
    ms_check_expected(in->L, -1, &path, "\":memory:\", where tests live");
  }
  in->spec->options.database = database;
  lua_pop(in->L, 1);
}

/* Leaves nothing on the stack: the string stays reachable through the options. */
static int read_database(reader *in) {
  lua_State *L = in->L;
  const char *what = "the path of a file, \":memory:\" or a postgres:// URL";
  ms_path path = ms_path_field(&in->root, "database");
  lua_getfield(L, in->index, "database");
  if (lua_type(L, -1) != LUA_TSTRING) ms_check_expected(L, -1, &path, what);
  ms_text text = {0};
  text.data = lua_tolstring(L, -1, &text.size);
  lua_pop(L, 1);
  if (text.size == 0) ms_check_fail(L, &path, "expected %s, got \"\"", what);
  if (strlen(text.data) != text.size) ms_check_fail(L, &path, "a path has no NUL byte");
  in->spec->options.database = text.data;
  return 0;
}

static void read_on_error(reader *in) {
  lua_State *L = in->L;
  ms_path path;
  if (!push_option(in, "on_error", &path)) return;
  if (!lua_isfunction(L, -1)) ms_check_expected(L, -1, &path, "a function");
  in->spec->on_error = lua_gettop(L);
}

/* On top of the stack. Each thread is given it as a C string. */
static ms_text check_module(reader *in, const ms_path *path, const char *what) {
  ms_text name = ms_check_text(in->L, -1, path, 0, what);
  if (strlen(name.data) != name.size) ms_check_fail(in->L, path, "a name has no NUL byte");
  return name;
}

static void read_setup(reader *in) {
  ms_path path;
  if (!push_option(in, "setup", &path)) return;
  in->spec->setup = check_module(in, &path, "the name of a module");
  lua_pop(in->L, 1);
}

static size_t count_fields(lua_State *L, int index) {
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    count++;
  }
  return count;
}

static void read_queues(reader *in) {
  lua_State *L = in->L;
  ms_path path;
  if (!push_option(in, "queues", &path)) return;
  int queues = lua_gettop(L);
  ms_check_table(L, queues, &path, "a table of queues");
  size_t count = count_fields(L, queues);
  ms_queue_settings *settings = ms_own_take(L, in->own, (count + 1) * sizeof *settings);
  size_t at = 0;
  for (lua_pushnil(L); lua_next(L, queues) != 0; lua_pop(L, 1), at++) {
    ms_text name = ms_check_text(L, -2, &path, MS_NAME_BYTES_MAX, "names of queues as keys");
    ms_path queue = ms_path_key(&path, name);
    settings[at].name = name;
    ms_queue_read(L, -1, &queue, &settings[at]);
  }
  in->spec->options.queues = settings;
  in->spec->options.queue_count = count;
  lua_pop(L, 1);
}

static void read_sensors(reader *in) {
  ms_path path;
  if (!push_option(in, "sensors", &path)) return;
  ms_sensors_read(in->L, -1, &path, &in->spec->options.sensors);
  lua_pop(in->L, 1);
}

static void add_module(reader *in, const ms_path *path) {
  ms_open_spec *spec = in->spec;
  const char *what = "the name of a module, or a table of workers";
  spec->modules[spec->module_count++] = check_module(in, path, what);
}

/* The element of `workers`, or all of it, on top of the stack. */
static void add_workers(reader *in, const ms_path *path) {
  if (lua_istable(in->L, -1)) {
    ms_entries_add(in->L, in->spec->entries, -1, path);
  } else {
    add_module(in, path);
  }
}

static void add_worker_list(reader *in, const ms_path *path) {
  lua_State *L = in->L;
  int list = lua_gettop(L);
  size_t count = ms_check_list(L, list, path, "a list of names of modules and tables of workers");
  for (size_t i = 1; i <= count; i++) {
    ms_path element = ms_path_element(path, (int64_t)i);
    lua_rawgeti(L, list, (int)i);
    add_workers(in, &element);
    lua_pop(L, 1);
  }
}

/* A table with anything at 1 is a list; else its keys are names of workers. */
static void read_workers(reader *in) {
  lua_State *L = in->L;
  ms_open_spec *spec = in->spec;
  ms_path path;
  ms_entries_push(L);
  spec->entries = lua_gettop(L);
  if (!push_option(in, "workers", &path)) return;
  size_t length = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
  spec->modules = ms_own_take(L, in->own, (length + 1) * sizeof *spec->modules);
  if (length > 0) {
    add_worker_list(in, &path);
  } else {
    add_workers(in, &path);
  }
  lua_pop(L, 1);
}

/* require, protected: (name, entries or nil) → nothing. */
static int load_module(lua_State *L) {
  const char *name = lua_tostring(L, 1);
  lua_getglobal(L, "require");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  if (lua_isnil(L, 2)) return 0;
  if (!lua_istable(L, -1)) {
    return luaL_error(L, "module '%s' returned a %s instead of a table of workers", name,
                      luaL_typename(L, -1));
  }
  ms_path path = ms_path_root(name);
  ms_entries_add(L, 2, -1, &path);
  return 0;
}

static int require_module(reader *in, ms_text name, bool has_workers) {
  lua_State *L = in->L;
  lua_pushcfunction(L, ms_call_traceback);
  int handler = lua_gettop(L);
  lua_pushcfunction(L, load_module);
  lua_pushlstring(L, name.data, name.size);
  if (has_workers) {
    lua_pushvalue(L, in->spec->entries);
  } else {
    lua_pushnil(L);
  }
  if (lua_pcall(L, 2, 0, handler) != LUA_OK) {
    lua_pushnil(L);
    lua_insert(L, -2);
    lua_pushstring(L, ms_status_word(MS_WORKERS));
    return 3;
  }
  lua_pop(L, 1);
  return 0;
}

/* In tests there is no pool: what it would require is required here. */
static int require_modules(reader *in) {
  ms_open_spec *spec = in->spec;
  int failed = 0;
  if (spec->setup.data) failed = require_module(in, spec->setup, false);
  for (size_t i = 0; i < spec->module_count && failed == 0; i++) {
    failed = require_module(in, spec->modules[i], true);
  }
  spec->module_count = 0;
  return failed;
}

static void name_host_workers(reader *in) {
  lua_State *L = in->L;
  ms_open_spec *spec = in->spec;
  size_t count = count_fields(L, spec->entries);
  ms_text *names = ms_own_take(L, in->own, (count + 1) * sizeof *names);
  int64_t *timeouts_ms = ms_own_take(L, in->own, (count + 1) * sizeof *timeouts_ms);
  size_t at = 0;
  for (lua_pushnil(L); lua_next(L, spec->entries) != 0; lua_pop(L, 1), at++) {
    names[at].data = lua_tolstring(L, -2, &names[at].size);
    timeouts_ms[at] = ms_entries_timeout_ms(L, -1);
  }
  spec->options.host_workers = names;
  spec->options.host_timeouts_ms = timeouts_ms;
  spec->options.host_worker_count = count;
}

/* A path alone becomes a table with that path. */
static int push_options_table(lua_State *L, int index, bool stepped) {
  bool is_path = lua_type(L, index) == LUA_TSTRING;
  bool is_empty = stepped && lua_isnil(L, index);
  if (!is_path && !is_empty) {
    ms_path root = ms_path_root("options");
    ms_check_table(L, index, &root, "a table of options, or the path of a database");
    lua_pushvalue(L, index);
    return lua_gettop(L);
  }
  lua_createtable(L, 0, 1);
  if (is_path) {
    lua_pushvalue(L, index);
    lua_setfield(L, -2, "database");
  }
  return lua_gettop(L);
}

int ms_options_read(lua_State *L, int index, ms_own *own, ms_open_spec *spec) {
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  reader in = {.L = L, .own = own, .spec = spec, .root = ms_path_root("options")};
  in.index = push_options_table(L, index, spec->stepped);
  ms_options_init(&spec->options);
  check_fields(&in);
  read_workers(&in);
  read_numbers(&in);
  read_durability(&in);
  read_now(&in);
  read_setup(&in);
  read_queues(&in);
  read_sensors(&in);
  read_on_error(&in);
  int failed = 0;
  if (spec->stepped) {
    check_stepped_database(&in);
    failed = require_modules(&in);
  } else {
    failed = read_database(&in);
  }
  if (failed > 0) return failed;
  if (spec->options.threads == 0) spec->module_count = 0;
  name_host_workers(&in);
  spec->options.has_workers = spec->module_count > 0 || spec->options.host_worker_count > 0;
  if (spec->module_count == 0) spec->options.threads = 0;
  return 0;
}
