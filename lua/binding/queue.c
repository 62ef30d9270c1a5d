#include "binding/queue.h"

#include <stdio.h>

#define EXPECTED_RATE "a rate such as \"10/m\": a whole number of starts per s, m, h or d"

static const char *const fields[] = {"limit", "rate", "paused"};

static const struct {
  char unit;
  int64_t window_ms;
} windows[] = {{'s', 1000}, {'m', 60 * 1000}, {'h', 60 * 60 * 1000}, {'d', 24 * 60 * 60 * 1000}};

#define WINDOW_COUNT (sizeof windows / sizeof windows[0])

static int64_t window_ms(char unit) {
  for (size_t i = 0; i < WINDOW_COUNT; i++) {
    if (windows[i].unit == unit) return windows[i].window_ms;
  }
  return 0;
}

static char unit_of(int64_t window) {
  for (size_t i = 0; i < WINDOW_COUNT; i++) {
    if (windows[i].window_ms == window) return windows[i].unit;
  }
  return '?';
}

/* A rate has at most this many digits, so that it cannot overflow. */
#define RATE_DIGITS_MAX 15

static bool parse_rate(ms_text text, int64_t *starts, int64_t *per_ms) {
  size_t digits = 0;
  int64_t value = 0;
  for (; digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9'; digits++) {
    if (digits == RATE_DIGITS_MAX) return false;
    value = value * 10 + (text.data[digits] - '0');
  }
  bool has_unit = text.size == digits + 2 && text.data[digits] == '/';
  if (digits == 0 || value == 0 || !has_unit) return false;
  *starts = value;
  *per_ms = window_ms(text.data[digits + 1]);
  return *per_ms > 0;
}

static void read_rate(lua_State *L, const ms_path *path, ms_queue_settings *settings) {
  ms_text text = {0};
  if (lua_type(L, -1) == LUA_TSTRING) text.data = lua_tolstring(L, -1, &text.size);
  if (!text.data || !parse_rate(text, &settings->rate, &settings->rate_window_ms)) {
    ms_check_expected(L, -1, path, EXPECTED_RATE);
  }
}

void ms_queue_read(lua_State *L, int index, const ms_path *path, ms_queue_settings *settings) {
  index = lua_absindex(L, index);
  ms_check_table(L, index, path, "a table such as { limit = 4, rate = \"10/m\", paused = false }");
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    ms_check_key(L, -2, path, fields, sizeof fields / sizeof fields[0]);
  }
  settings->paused = -1;
  ms_path limit = ms_path_field(path, "limit");
  lua_getfield(L, index, "limit");
  if (!lua_isnil(L, -1)) settings->limit = ms_check_integer(L, -1, &limit, 1, INT64_MAX);
  ms_path rate = ms_path_field(path, "rate");
  lua_getfield(L, index, "rate");
  if (!lua_isnil(L, -1)) read_rate(L, &rate, settings);
  ms_path paused = ms_path_field(path, "paused");
  lua_getfield(L, index, "paused");
  if (!lua_isnil(L, -1)) settings->paused = ms_check_boolean(L, -1, &paused);
  lua_pop(L, 3);
}

void ms_queue_push(lua_State *L, const ms_queue_settings *settings) {
  lua_createtable(L, 0, 3);
  if (settings->limit) {
    ms_lua_push_int64(L, settings->limit);
    lua_setfield(L, -2, "limit");
  }
  if (settings->rate) {
    char rate[RATE_DIGITS_MAX + 8];
    snprintf(rate, sizeof rate, "%lld/%c", (long long)settings->rate,
             unit_of(settings->rate_window_ms));
    lua_pushstring(L, rate);
    lua_setfield(L, -2, "rate");
  }
  lua_pushboolean(L, settings->paused > 0);
  lua_setfield(L, -2, "paused");
}
