#include "binding/check.h"

#include "base/utf8.h"
#include "model/duration.h"
#include "model/instant.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* Values are quoted in messages up to this many bytes. */
#define QUOTE_BYTES_MAX 60
/* As Lua itself says it. */
#define MEMORY "not enough memory"
/* Years 0000 to 9999, in seconds since the epoch: what ISO 8601 can write. */
#define SECONDS_MIN (-62167219200.0)
#define SECONDS_MAX 253402300799.0

ms_path ms_path_root(const char *name) {
  return (ms_path){.key = ms_text_of(name)};
}

ms_path ms_path_field(const ms_path *parent, const char *name) {
  return (ms_path){.parent = parent, .key = ms_text_of(name)};
}

ms_path ms_path_key(const ms_path *parent, ms_text key) {
  return (ms_path){.parent = parent, .key = key};
}

ms_path ms_path_element(const ms_path *parent, int64_t index) {
  return (ms_path){.parent = parent, .index = index};
}

static bool is_identifier(ms_text key) {
  if (key.size == 0 || (key.data[0] >= '0' && key.data[0] <= '9')) return false;
  for (size_t i = 0; i < key.size; i++) {
    char c = key.data[i];
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!is_letter && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

/* In quotes, and so that a message stays readable whatever the bytes are. */
static void add_quoted(luaL_Buffer *buffer, ms_text text) {
  const char *end = text.data + text.size;
  luaL_addchar(buffer, '"');
  for (const char *at = text.data; at < end;) {
    size_t length = ms_utf8_length(at, end);
    unsigned char byte = (unsigned char)*at;
    if (length == 0 || byte < 0x20 || byte == 0x7F) {
      char escape[8];
      snprintf(escape, sizeof escape, "\\x%02X", byte);
      luaL_addstring(buffer, escape);
      at++;
      continue;
    }
    if (byte == '"' || byte == '\\') luaL_addchar(buffer, '\\');
    luaL_addlstring(buffer, at, length);
    at += length;
  }
  luaL_addchar(buffer, '"');
}

void ms_path_add_step(luaL_Buffer *buffer, ms_text key, int64_t index) {
  if (!key.data) {
    char digits[32];
    snprintf(digits, sizeof digits, "[%lld]", (long long)index);
    luaL_addstring(buffer, digits);
  } else if (is_identifier(key)) {
    luaL_addchar(buffer, '.');
    luaL_addlstring(buffer, key.data, key.size);
  } else {
    luaL_addchar(buffer, '[');
    add_quoted(buffer, key);
    luaL_addchar(buffer, ']');
  }
}

/* The chain runs from the field up; a path has few steps, so each is looked up anew. */
void ms_path_add(luaL_Buffer *buffer, const ms_path *path) {
  const ms_path *added = NULL;
  do {
    const ms_path *step = path;
    while (step->parent != added)
      step = step->parent;
    if (added) {
      ms_path_add_step(buffer, step->key, step->index);
    } else {
      luaL_addlstring(buffer, step->key.data, step->key.size);
    }
    added = step;
  } while (added != path);
}

void ms_check_push_where(lua_State *L) {
  lua_Debug frame;
  for (int level = 1; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline > 0) {
      lua_pushfstring(L, "%s:%d: ", frame.short_src, frame.currentline);
      return;
    }
  }
  lua_pushliteral(L, "");
}

static void push_path(lua_State *L, const ms_path *path) {
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  ms_path_add(&buffer, path);
  luaL_pushresult(&buffer);
}

_Noreturn void ms_check_fail(lua_State *L, const ms_path *path, const char *format, ...) {
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  ms_check_push_where(L);
  push_path(L, path);
  lua_pushliteral(L, ": ");
  va_list arguments;
  va_start(arguments, format);
  lua_pushvfstring(L, format, arguments);
  va_end(arguments);
  lua_concat(L, 4);
  lua_error(L);
  __builtin_unreachable();
}

static void push_number(lua_State *L, int index) {
  int64_t integer;
  double number = (double)lua_tonumber(L, index);
  char text[64];
  if (ms_lua_to_int64(L, index, &integer)) {
    snprintf(text, sizeof text, "%lld", (long long)integer);
  } else if (isnan(number)) {
    snprintf(text, sizeof text, "NaN");
  } else if (isinf(number)) {
    snprintf(text, sizeof text, "%sinfinity", number < 0 ? "-" : "");
  } else {
    snprintf(text, sizeof text, "%.14g", number);
  }
  lua_pushstring(L, text);
}

static void push_quoted(lua_State *L, int index) {
  ms_text text = {0};
  text.data = lua_tolstring(L, index, &text.size);
  bool is_cut = text.size > QUOTE_BYTES_MAX;
  if (is_cut) {
    text.size = QUOTE_BYTES_MAX;
    /* Cut between characters. */
    while (text.size > 0 && ((unsigned char)text.data[text.size] & 0xC0) == 0x80)
      text.size--;
  }
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  add_quoted(&buffer, text);
  if (is_cut) luaL_addstring(&buffer, "...");
  luaL_pushresult(&buffer);
}

/* Pushes what the value is, as it stands behind "got". */
static void push_found(lua_State *L, int index) {
  switch (lua_type(L, index)) {
  case LUA_TNONE:
  case LUA_TNIL:
    lua_pushliteral(L, "nil");
    break;
  case LUA_TNUMBER:
    push_number(L, index);
    break;
  case LUA_TSTRING:
    push_quoted(L, index);
    break;
  case LUA_TLIGHTUSERDATA:
    lua_pushstring(L, lua_touserdata(L, index) ? "a userdata" : "null");
    break;
  default:
    lua_pushfstring(L, "a %s", luaL_typename(L, index));
  }
}

/* The sentence says what was expected. */
static _Noreturn void fail_found(lua_State *L, int index, const ms_path *path,
                                 const char *sentence) {
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  push_found(L, lua_absindex(L, index));
  ms_check_fail(L, path, "%s, got %s", sentence, lua_tostring(L, -1));
}

_Noreturn void ms_check_expected(lua_State *L, int index, const ms_path *path, const char *what) {
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  index = lua_absindex(L, index);
  /* What is pushed below would else take the place of an argument that is missing. */
  if (index > lua_gettop(L)) lua_settop(L, index);
  fail_found(L, index, path, lua_pushfstring(L, "expected %s", what));
}

_Noreturn void ms_check_memory(lua_State *L) {
  lua_pushliteral(L, MEMORY);
  lua_error(L);
  __builtin_unreachable();
}

bool ms_check_is_memory(lua_State *L, int index) {
  return lua_type(L, index) == LUA_TSTRING && strcmp(lua_tostring(L, index), MEMORY) == 0;
}

/* Words are compared up to this length; the longest field name is far shorter. */
#define WORD_MAX 24

static int smaller(int a, int b) {
  return a < b ? a : b;
}

/* Optimal string alignment distance: insertions, deletions, changes and swaps of neighbours. */
static int word_distance(ms_text a, ms_text b) {
  int table[WORD_MAX + 1][WORD_MAX + 1];
  for (size_t i = 0; i <= a.size; i++) {
    for (size_t j = 0; j <= b.size; j++) {
      if (i == 0 || j == 0) {
        table[i][j] = (int)(i + j);
        continue;
      }
      int change = a.data[i - 1] != b.data[j - 1];
      int best = smaller(table[i - 1][j], table[i][j - 1]) + 1;
      best = smaller(best, table[i - 1][j - 1] + change);
      bool is_swap =
          i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1];
      if (is_swap) best = smaller(best, table[i - 2][j - 2] + 1);
      table[i][j] = best;
    }
  }
  return table[a.size][b.size];
}

/* The name that was probably meant, or NULL: at most two slips, and fewer in short words. */
static const char *find_similar(ms_text word, const char *const *names, size_t count) {
  if (word.size > WORD_MAX) return NULL;
  const char *similar = NULL;
  int bound = word.size < 5 ? 2 : 3;
  for (size_t i = 0; i < count; i++) {
    ms_text name = ms_text_of(names[i]);
    if (name.size > WORD_MAX) continue;
    int distance = word_distance(word, name);
    if (distance >= bound || (size_t)distance >= name.size) continue;
    bound = distance;
    similar = names[i];
  }
  return similar;
}

static _Noreturn void fail_unknown(lua_State *L, int key_index, const ms_path *path,
                                   const char *const *names, size_t count) {
  int64_t position;
  if (lua_type(L, key_index) == LUA_TSTRING) {
    ms_text key = {0};
    key.data = lua_tolstring(L, key_index, &key.size);
    ms_path field = ms_path_key(path, key);
    const char *similar = find_similar(key, names, count);
    if (similar) ms_check_fail(L, &field, "unknown field (did you mean \"%s\"?)", similar);
    ms_check_fail(L, &field, "unknown field");
  }
  if (ms_lua_to_int64(L, key_index, &position)) {
    ms_path element = ms_path_element(path, position);
    ms_check_fail(L, &element, "unknown field");
  }
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  push_found(L, lua_absindex(L, key_index));
  ms_check_fail(L, path, "expected names of fields as keys, got %s", lua_tostring(L, -1));
}

size_t ms_check_key(lua_State *L, int key_index, const ms_path *path, const char *const *names,
                    size_t count) {
  if (lua_type(L, key_index) == LUA_TSTRING) {
    size_t size;
    const char *key = lua_tolstring(L, key_index, &size);
    for (size_t i = 0; i < count; i++) {
      if (strcmp(key, names[i]) == 0 && size == strlen(names[i])) return i;
    }
  }
  fail_unknown(L, key_index, path, names, count);
}

void ms_check_table(lua_State *L, int index, const ms_path *path, const char *what) {
  if (lua_type(L, index) != LUA_TTABLE) ms_check_expected(L, index, path, what);
}

size_t ms_check_list(lua_State *L, int index, const ms_path *path, const char *what) {
  ms_check_table(L, index, path, what);
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  index = lua_absindex(L, index);
  size_t length = lua_rawlen(L, index);
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    int64_t key;
    bool is_position = ms_lua_to_int64(L, -2, &key) && key >= 1 && (uint64_t)key <= length;
    if (!is_position) ms_check_fail(L, path, "expected %s, got a table with other keys", what);
    count++;
  }
  if (count != length) ms_check_fail(L, path, "expected %s, got a table with holes", what);
  return length;
}

ms_text ms_check_text(lua_State *L, int index, const ms_path *path, size_t max, const char *what) {
  if (lua_type(L, index) != LUA_TSTRING) ms_check_expected(L, index, path, what);
  ms_text text = {0};
  text.data = lua_tolstring(L, index, &text.size);
  if (text.size == 0) ms_check_expected(L, index, path, what);
  if (max > 0 && text.size > max) ms_check_fail(L, path, "longer than %d bytes", (int)max);
  if (!ms_utf8_is_valid(text)) ms_check_fail(L, path, "invalid UTF-8");
  return text;
}

bool ms_check_boolean(lua_State *L, int index, const ms_path *path) {
  if (lua_type(L, index) != LUA_TBOOLEAN) ms_check_expected(L, index, path, "true or false");
  return lua_toboolean(L, index);
}

int64_t ms_check_integer(lua_State *L, int index, const ms_path *path, int64_t min, int64_t max) {
  int64_t value;
  if (ms_lua_to_int64(L, index, &value) && value >= min && value <= max) return value;
  char what[96];
  if (max == INT64_MAX) {
    snprintf(what, sizeof what, "an integer of at least %lld", (long long)min);
  } else {
    snprintf(what, sizeof what, "an integer from %lld to %lld", (long long)min, (long long)max);
  }
  ms_check_expected(L, index, path, what);
}

double ms_check_number(lua_State *L, int index, const ms_path *path, double min, double max) {
  if (lua_type(L, index) == LUA_TNUMBER) {
    double value = (double)lua_tonumber(L, index);
    if (value >= min && value <= max) return value;
  }
  char what[96];
  snprintf(what, sizeof what, "a number from %.14g to %.14g", min, max);
  ms_check_expected(L, index, path, what);
}

static void add_words(luaL_Buffer *buffer, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (i > 0) luaL_addstring(buffer, i + 1 == count ? " or " : ", ");
    add_quoted(buffer, ms_text_of(words[i]));
  }
}

size_t ms_check_word(lua_State *L, int index, const ms_path *path, const char *const *words,
                     size_t count) {
  index = lua_absindex(L, index);
  if (lua_type(L, index) == LUA_TSTRING) {
    ms_text word = {0};
    word.data = lua_tolstring(L, index, &word.size);
    for (size_t i = 0; i < count; i++) {
      if (ms_text_equal(word, ms_text_of(words[i]))) return i;
    }
  }
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  add_words(&buffer, words, count);
  luaL_pushresult(&buffer);
  ms_check_expected(L, index, path, lua_tostring(L, -1));
}

int64_t ms_check_id(lua_State *L, int index, const ms_path *path) {
  int64_t id;
  if (ms_lua_to_int64(L, index, &id) && id > 0) return id;
  ms_check_expected(L, index, path, "an id, which is a positive integer");
}

int64_t ms_check_duration_ms(lua_State *L, int index, const ms_path *path, bool zero_allowed) {
  int64_t ms = 0;
  ms_err err;
  ms_status status;
  if (lua_type(L, index) == LUA_TNUMBER) {
    status = ms_duration_of_seconds((double)lua_tonumber(L, index), &ms, &err);
  } else {
    /* What is no string is refused with the same words as the empty one. */
    ms_text text = MS_TEXT("");
    if (lua_type(L, index) == LUA_TSTRING) text.data = lua_tolstring(L, index, &text.size);
    status = ms_duration_parse(text, &ms, &err);
  }
  if (status != MS_OK) fail_found(L, index, path, err.message);
  if (ms == 0 && !zero_allowed) ms_check_expected(L, index, path, "a duration of at least 1 ms");
  return ms;
}

int64_t ms_check_time_ms(lua_State *L, int index, const ms_path *path) {
  if (lua_type(L, index) == LUA_TNUMBER) {
    double seconds = (double)lua_tonumber(L, index);
    if (seconds >= SECONDS_MIN && seconds <= SECONDS_MAX) return (int64_t)round(seconds * 1000);
  } else if (lua_type(L, index) == LUA_TSTRING) {
    ms_text text = {0};
    text.data = lua_tolstring(L, index, &text.size);
    int64_t ms;
    ms_err err;
    if (ms_instant_parse(text, &ms, &err) == MS_OK) return ms;
    fail_found(L, index, path, err.message);
  }
  ms_check_expected(L, index, path,
                    "a time such as 1767225600 or \"2026-01-01T00:00:00Z\" (years 0 to 9999)");
}
