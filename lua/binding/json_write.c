#include "binding/json.h"

#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Integers up to here are exact in a double. */
#define EXACT_MAX 0x1p53
/* Up to here so are halves, by which numbers are rounded. */
#define HALVES_MAX 0x1p52
/* Longest number: sign, 17 digits, separator, exponent; the separator may be a whole character. */
#define NUMBER_SIZE 48
/* So many decimals are looked for without printing the number. */
#define DECIMALS_MAX 9

typedef struct writer {
  lua_State *L;
  ms_buf *out;
  size_t max_bytes;
  size_t limit; /* the size of out that max_bytes allow */
  ms_json_error *error;
  size_t depth;                          /* open tables */
  const void *open[MS_DATA_DEPTH_MAX];   /* their identities, to find cycles */
  ms_json_step steps[MS_DATA_DEPTH_MAX]; /* steps[i] leads into what stands in open[i] */
} writer;

/* Fills the error about the value that depth steps lead to. */
static bool fail_at(writer *w, size_t depth, const char *message) {
  w->error->status = MS_MISUSE;
  snprintf(w->error->message, sizeof w->error->message, "%s", message);
  w->error->depth = depth;
  memcpy(w->error->steps, w->steps, depth * sizeof w->steps[0]);
  return false;
}

static bool fail(writer *w, const char *message) {
  return fail_at(w, w->depth, message);
}

static bool fail_memory(writer *w) {
  fail_at(w, 0, ms_status_sentence(MS_NOMEM));
  w->error->status = MS_NOMEM;
  return false;
}

static bool fail_size(writer *w) {
  char message[64];
  snprintf(message, sizeof message, "more than %zu bytes as JSON", w->max_bytes);
  return fail_at(w, 0, message);
}

/* Bytes that stand for themselves: ASCII besides control characters, quote and backslash. */
static bool is_plain(char c) {
  unsigned char byte = (unsigned char)c;
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static bool add_escape(ms_buf *out, char c) {
  static const char letters[] = "btnvfr";
  if (c == '"' || c == '\\') {
    char pair[2] = {'\\', c};
    return ms_buf_add(out, pair, sizeof pair);
  }
  if (c >= '\b' && c <= '\r' && c != '\v') {
    char pair[2] = {'\\', letters[c - '\b']};
    return ms_buf_add(out, pair, sizeof pair);
  }
  char text[8];
  snprintf(text, sizeof text, "\\u%04X", (unsigned char)c);
  return ms_buf_add(out, text, 6);
}

/* One run of plain bytes or one other character at a time. */
static bool add_string_rest(writer *w, const char *at, const char *end) {
  while (at < end) {
    const char *run = at;
    while (at < end && is_plain(*at))
      at++;
    if (!ms_buf_add(w->out, run, (size_t)(at - run))) return fail_memory(w);
    if (at == end) break;
    size_t length = ms_utf8_length(at, end);
    if (length == 0) return fail(w, "invalid UTF-8");
    bool is_added = length == 1 ? add_escape(w->out, *at) : ms_buf_add(w->out, at, length);
    if (!is_added) return fail_memory(w);
    at += length;
  }
  return true;
}

/* Whether so many more bytes stay within the limit. */
static bool has_room(const writer *w, size_t size) {
  return w->out->size <= w->limit && size <= w->limit - w->out->size;
}

/* The string at index, which is one. Too long a string is found before it is copied. */
static bool write_string(writer *w, int index) {
  ms_text text = {0};
  text.data = lua_tolstring(w->L, index, &text.size);
  if (!has_room(w, text.size)) return fail_size(w);
  if (!ms_buf_reserve(w->out, text.size + 2)) return fail_memory(w);
  const char *end = text.data + text.size;
  const char *at = text.data;
  char *to = w->out->data + w->out->size;
  *to++ = '"';
  while (at < end && is_plain(*at))
    *to++ = *at++;
  w->out->size = (size_t)(to - w->out->data);
  if (at < end && !add_string_rest(w, at, end)) return false;
  return ms_buf_add_char(w->out, '"') || fail_memory(w);
}

/* The locale may write another decimal separator, even one of several bytes; what is neither
 * digit, sign nor exponent becomes a point. */
static size_t put_point(char *text) {
  char *to = text;
  bool is_integral = true;
  for (const char *from = text; *from; from++) {
    bool is_digit = *from >= '0' && *from <= '9';
    if (is_digit || *from == '-' || *from == '+' || *from == 'e') {
      if (*from == 'e') is_integral = false;
      *to++ = *from;
    } else if (to == text || to[-1] != '.') {
      is_integral = false;
      *to++ = '.';
    }
  }
  if (is_integral) {
    *to++ = '.';
    *to++ = '0';
  }
  return (size_t)(to - text);
}

/* How many decimals the number has, 1 at least, and all its digits as one integer; 0 = too many.
 * Where both parts of a fraction are exact its value is rounded as that of its text is. */
static int count_decimals(double number, int64_t *digits) {
  double size = fabs(number), scale = 10;
  for (int decimals = 1; decimals <= DECIMALS_MAX; decimals++, scale *= 10) {
    if (size * scale > HALVES_MAX) return 0;
    *digits = (int64_t)(size * scale + 0.5);
    if ((double)*digits / scale == size) return decimals;
  }
  return 0;
}

static bool write_decimals(writer *w, bool is_negative, int64_t digits, int decimals) {
  char text[NUMBER_SIZE];
  char *end = text + sizeof text, *at = end;
  for (int count = 0; digits > 0 || count <= decimals; count++) {
    if (count == decimals) *--at = '.';
    *--at = (char)('0' + digits % 10);
    digits /= 10;
  }
  if (is_negative) *--at = '-';
  return ms_buf_add(w->out, at, (size_t)(end - at)) || fail_memory(w);
}

/* The shortest of 15 to 17 digits that reads back as the same number. One with few decimals need
 * not be printed and read to find out. */
static bool write_float(writer *w, double number) {
  if (!isfinite(number)) return fail(w, isnan(number) ? "NaN is no data" : "infinity is no data");
  int64_t digits;
  int decimals = count_decimals(number, &digits);
  if (decimals) return write_decimals(w, signbit(number), digits, decimals);
  char text[NUMBER_SIZE];
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(text, sizeof text, "%.*g", precision, number);
    if (precision == 17 || strtod(text, NULL) == number) break;
  }
  return ms_buf_add(w->out, text, put_point(text)) || fail_memory(w);
}

static bool write_number(writer *w) {
#if LUA_VERSION_NUM >= 503
  bool is_integer = lua_isinteger(w->L, -1);
  int64_t integer = is_integer ? (int64_t)lua_tointeger(w->L, -1) : 0;
#else
  double number = (double)lua_tonumber(w->L, -1);
  bool is_near = number >= -EXACT_MAX && number <= EXACT_MAX;
  int64_t integer = is_near ? (int64_t)number : 0;
  bool is_integer = is_near && (double)integer == number && !(integer == 0 && signbit(number));
#endif
  if (!is_integer) return write_float(w, (double)lua_tonumber(w->L, -1));
  return ms_buf_add_integer(w->out, integer) || fail_memory(w);
}

static bool write_literal(writer *w, const char *word) {
  return ms_buf_add(w->out, word, strlen(word)) || fail_memory(w);
}

static bool write_table(writer *w);

/* The value on top of the stack, which stays. */
static bool write_value(writer *w) {
  char message[64];
  int type = lua_type(w->L, -1);
  if (type == LUA_TSTRING) return write_string(w, -1);
  if (type == LUA_TNUMBER) return write_number(w);
  if (type == LUA_TTABLE) return write_table(w);
  if (type == LUA_TBOOLEAN) return write_literal(w, lua_toboolean(w->L, -1) ? "true" : "false");
  if (ms_json_is_null(w->L, -1)) return write_literal(w, "null");
  snprintf(message, sizeof message, "expected data, got a %s", lua_typename(w->L, type));
  return fail(w, message);
}

/* One member of the innermost open table, its value on top of the stack. */
static bool write_member(writer *w, ms_json_step step, char before) {
  if (!has_room(w, 0)) return fail_size(w);
  w->steps[w->depth - 1] = step;
  if (!ms_buf_add_char(w->out, before)) return fail_memory(w);
  if (step.key.data) {
    if (!write_string(w, -2)) return false;
    if (!ms_buf_add_char(w->out, ':')) return fail_memory(w);
  }
  return write_value(w);
}

/* About the innermost open table, whose key at index fits neither a list nor names. */
static bool fail_key(writer *w, int index, bool is_list) {
  char message[96];
  int type = lua_type(w->L, index);
  int64_t position;
  bool is_position = ms_lua_to_int64(w->L, index, &position) && position >= 1;
  if (type == LUA_TSTRING || (!is_list && is_position)) {
    snprintf(message, sizeof message, "mixed keys: expected either 1 to n or strings");
  } else if (type == LUA_TNUMBER) {
    snprintf(message, sizeof message, "the key %.14g is neither a string nor a place in a list",
             (double)lua_tonumber(w->L, index));
  } else {
    snprintf(message, sizeof message, "expected keys that are 1 to n or strings, got a %s",
             lua_typename(w->L, type));
  }
  return fail_at(w, w->depth - 1, message);
}

/* The table below its first key and value, of which the key is a string. */
static bool write_object(writer *w) {
  char before = '{';
  do {
    if (lua_type(w->L, -2) != LUA_TSTRING) return fail_key(w, -2, false);
    ms_json_step step = {0};
    step.key.data = lua_tolstring(w->L, -2, &step.key.size);
    if (!write_member(w, step, before)) return false;
    before = ',';
    lua_pop(w->L, 1);
  } while (lua_next(w->L, -2) != 0);
  return ms_buf_add_char(w->out, '}') || fail_memory(w);
}

/* The largest of the keys 1..n of the table on top of the stack, in whatever order they come. */
static bool measure_list(writer *w, int64_t *length) {
  int64_t count = 0;
  *length = 0;
  for (lua_pushnil(w->L); lua_next(w->L, -2) != 0; lua_pop(w->L, 1)) {
    int64_t key;
    if (!ms_lua_to_int64(w->L, -2, &key) || key < 1) return fail_key(w, -2, true);
    if (key > *length) *length = key;
    count++;
  }
  if (count == *length) return true;
  int64_t hole = 1;
  for (;; hole++) {
    lua_rawgeti(w->L, -1, (int)hole);
    bool is_hole = lua_isnil(w->L, -1);
    lua_pop(w->L, 1);
    if (is_hole) break;
  }
  w->steps[w->depth - 1] = (ms_json_step){.index = hole};
  return fail(w, "missing: a list has no holes");
}

/* The table on top of the stack, whose keys do not come in order. */
static bool write_unordered_list(writer *w) {
  int64_t length;
  if (!measure_list(w, &length)) return false;
  for (int64_t i = 1; i <= length; i++) {
    lua_rawgeti(w->L, -1, (int)i);
    if (!write_member(w, (ms_json_step){.index = i}, i == 1 ? '[' : ',')) return false;
    lua_pop(w->L, 1);
  }
  return ms_buf_add_char(w->out, ']') || fail_memory(w);
}

/* The table below its first key and value, of which the key is a number. Lists nearly always come
 * in order; what does not is written anew. */
static bool write_list(writer *w) {
  size_t start = w->out->size;
  int64_t expected = 1;
  do {
    bool is_next =
        lua_type(w->L, -2) == LUA_TNUMBER && (double)lua_tonumber(w->L, -2) == (double)expected;
    if (!is_next) {
      lua_pop(w->L, 2);
      w->out->size = start;
      return write_unordered_list(w);
    }
    ms_json_step step = {.index = expected};
    if (!write_member(w, step, expected == 1 ? '[' : ',')) return false;
    expected++;
    lua_pop(w->L, 1);
  } while (lua_next(w->L, -2) != 0);
  return ms_buf_add_char(w->out, ']') || fail_memory(w);
}

static bool write_members(writer *w) {
  bool is_array = ms_json_is_array(w->L, -1);
  lua_pushnil(w->L);
  if (lua_next(w->L, -2) == 0) return write_literal(w, is_array ? "[]" : "{}");
  int type = lua_type(w->L, -2);
  if (type == LUA_TNUMBER) return write_list(w);
  if (type != LUA_TSTRING) return fail_key(w, -2, true);
  if (is_array) return fail_at(w, w->depth - 1, "an array has no string keys");
  return write_object(w);
}

/* Recursion ends at MS_DATA_DEPTH_MAX. */
static bool write_table(writer *w) {
  const void *table = lua_topointer(w->L, -1);
  for (size_t i = 0; i < w->depth; i++) {
    if (w->open[i] == table) return fail(w, "a cycle: the table contains itself");
  }
  if (w->depth == MS_DATA_DEPTH_MAX) return fail(w, "nested deeper than 64 tables");
  if (!lua_checkstack(w->L, LUA_MINSTACK)) return fail_memory(w);
  w->open[w->depth++] = table;
  if (!write_members(w)) return false;
  w->depth--;
  return true;
}

bool ms_json_write(lua_State *L, int index, size_t max_bytes, ms_buf *out, ms_json_error *error) {
  size_t start = out->size;
  int top = lua_gettop(L);
  /* Only what is open is ever read, so that the rest of the struct need not be cleared. */
  writer w;
  w.L = L;
  w.out = out;
  w.max_bytes = max_bytes;
  w.limit = max_bytes > SIZE_MAX - start ? SIZE_MAX : start + max_bytes;
  w.error = error;
  w.depth = 0;
  lua_pushvalue(L, index);
  bool is_written = false;
  if (lua_type(L, -1) == LUA_TTABLE) {
    is_written = write_table(&w) && (has_room(&w, 0) || fail_size(&w));
  } else {
    char message[64];
    const char *found = ms_json_is_null(L, -1) ? "null" : luaL_typename(L, -1);
    snprintf(message, sizeof message, "expected a table, got %s%s",
             lua_isnoneornil(L, -1) || ms_json_is_null(L, -1) ? "" : "a ", found);
    fail_at(&w, 0, message);
  }
  if (!is_written) out->size = start;
  lua_settop(L, top);
  return is_written;
}
