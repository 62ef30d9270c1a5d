#include "binding/sensors.h"

#include <math.h>

static const char *const fields[] = {"metered", "storage", "idle",  "poll",
                                     "bus",     "sysfs",   "procfs"};
static const char *const storage_fields[] = {"percent", "bytes"};
static const char *const idle_fields[] = {"load"};

#define COUNT(names) (sizeof(names) / sizeof(names)[0])

static void check_keys(lua_State *L, int index, const ms_path *path, const char *const *names,
                       size_t count) {
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    ms_check_key(L, -2, path, names, count);
  }
}

/* Pushes the field, also if it is nil; false then. */
static bool push_field(lua_State *L, int index, const char *name, const ms_path *table,
                       ms_path *path) {
  *path = ms_path_field(table, name);
  lua_getfield(L, index, name);
  return !lua_isnil(L, -1);
}

static void read_number(lua_State *L, int index, const char *name, const ms_path *table, double max,
                        double *number) {
  ms_path path;
  if (push_field(L, index, name, table, &path)) *number = ms_check_number(L, -1, &path, 0, max);
  lua_pop(L, 1);
}

static void read_storage(lua_State *L, const ms_path *path, ms_sensor_options *options) {
  int index = lua_gettop(L);
  ms_check_table(L, index, path, "a table such as { percent = 5, bytes = 500e6 }");
  check_keys(L, index, path, storage_fields, COUNT(storage_fields));
  read_number(L, index, "percent", path, 100, &options->storage_percent);
  read_number(L, index, "bytes", path, HUGE_VAL, &options->storage_bytes);
}

static void read_idle(lua_State *L, const ms_path *path, ms_sensor_options *options) {
  int index = lua_gettop(L);
  ms_check_table(L, index, path, "a table such as { load = 0.3 }");
  check_keys(L, index, path, idle_fields, COUNT(idle_fields));
  read_number(L, index, "load", path, HUGE_VAL, &options->idle_load);
}

static void read_folder(lua_State *L, int index, const char *name, const ms_path *table,
                        const char **folder) {
  ms_path path;
  if (push_field(L, index, name, table, &path)) {
    ms_text text = ms_check_text(L, -1, &path, 0, "the path of a folder");
    if (strlen(text.data) != text.size) ms_check_fail(L, &path, "a path has no NUL byte");
    *folder = text.data;
  }
  lua_pop(L, 1);
}

static void read_choices(lua_State *L, int index, const ms_path *table,
                         ms_sensor_options *options) {
  ms_path path;
  if (push_field(L, index, "metered", table, &path)) {
    options->metered = ms_check_boolean(L, -1, &path) ? MS_TRUE : MS_FALSE;
  }
  if (push_field(L, index, "bus", table, &path)) options->no_bus = !ms_check_boolean(L, -1, &path);
  if (push_field(L, index, "poll", table, &path)) {
    options->poll_ms = ms_check_duration_ms(L, -1, &path, false);
  }
  lua_pop(L, 3);
}

void ms_sensors_read(lua_State *L, int index, const ms_path *path, ms_sensor_options *options) {
  ms_path field;
  index = lua_absindex(L, index);
  options->manual = lua_isboolean(L, index) && !lua_toboolean(L, index);
  if (options->manual) return;
  ms_check_table(L, index, path, "false, or a table such as { metered = false }");
  check_keys(L, index, path, fields, COUNT(fields));
  read_choices(L, index, path, options);
  if (push_field(L, index, "storage", path, &field)) read_storage(L, &field, options);
  if (push_field(L, index, "idle", path, &field)) read_idle(L, &field, options);
  lua_pop(L, 2);
  read_folder(L, index, "sysfs", path, &options->sysfs);
  read_folder(L, index, "procfs", path, &options->procfs);
}
