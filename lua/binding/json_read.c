#include "binding/json.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct reader {
  lua_State *L;
  const char *start;
  const char *next;
  const char *end;
  size_t depth; /* open arrays and objects */
  size_t depth_max;
  bool is_exact; /* nothing may change or get lost on the way */
  ms_err *err;
} reader;

static bool fail(reader *r, const char *message) {
  ms_fail(r->err, MS_CORRUPT, "invalid JSON at byte %zu: %s", (size_t)(r->next - r->start) + 1,
          message);
  return false;
}

static bool fail_memory(reader *r) {
  ms_no_memory(r->err);
  return false;
}

/* The next byte, or 0 at the end; a 0 in the text is no token either. */
static char peek(const reader *r) {
  return r->next < r->end ? *r->next : '\0';
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static void skip_space(reader *r) {
  while (r->next < r->end &&
         (*r->next == ' ' || *r->next == '\n' || *r->next == '\r' || *r->next == '\t'))
    r->next++;
}

static bool take(reader *r, char c) {
  if (peek(r) != c || r->next == r->end) return false;
  r->next++;
  return true;
}

static bool read_literal(reader *r, ms_text word) {
  bool is_same =
      (size_t)(r->end - r->next) >= word.size && memcmp(r->next, word.data, word.size) == 0;
  if (!is_same) return fail(r, "expected a value");
  r->next += word.size;
  return true;
}

/* A number's text, taken apart. The value is ± digits × 10^exponent if that is exact. */
typedef struct number {
  const char *start;
  bool is_negative;
  bool is_integral; /* has neither fraction nor exponent */
  bool is_exact;    /* digits holds all of them, exponent is small */
  uint64_t digits;
  int exponent;
} number;

static void take_digits(reader *r, number *n) {
  for (; is_digit(peek(r)); r->next++) {
    unsigned digit = (unsigned)(*r->next - '0');
    if (n->digits > (UINT64_MAX - digit) / 10) n->is_exact = false;
    if (n->is_exact) n->digits = n->digits * 10 + digit;
  }
}

static bool take_exponent(reader *r, number *n) {
  r->next++;
  bool is_negative = peek(r) == '-';
  if (is_negative || peek(r) == '+') r->next++;
  if (!is_digit(peek(r))) return fail(r, "expected a digit");
  int exponent = 0;
  for (; is_digit(peek(r)); r->next++) {
    if (exponent < 10000) exponent = exponent * 10 + (*r->next - '0');
  }
  n->exponent += is_negative ? -exponent : exponent;
  return true;
}

static bool take_number(reader *r, number *n) {
  *n = (number){.start = r->next, .is_integral = true, .is_exact = true};
  n->is_negative = take(r, '-');
  if (!is_digit(peek(r))) return fail(r, n->is_negative ? "expected a digit" : "expected a value");
  if (!take(r, '0')) take_digits(r, n);
  if (take(r, '.')) {
    n->is_integral = false;
    const char *fraction = r->next;
    if (!is_digit(peek(r))) return fail(r, "expected a digit");
    take_digits(r, n);
    if (r->next - fraction > 10000) n->is_exact = false;
    if (n->is_exact) n->exponent = -(int)(r->next - fraction);
  }
  if (peek(r) != 'e' && peek(r) != 'E') return true;
  n->is_integral = false;
  return take_exponent(r, n);
}

/* Numbers of few digits are exact in a double, and so are powers of ten up to 10^22; one operation
 * on two exact numbers rounds correctly (William Clinger, "How to read floating point numbers
 * accurately"). */
static bool is_simple(const number *n) {
  return FLT_EVAL_METHOD == 0 && n->is_exact && n->digits <= (UINT64_C(1) << 53) &&
         n->exponent >= -22 && n->exponent <= 22;
}

static double simple_value(const number *n) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  double value = (double)n->digits;
  value = n->exponent < 0 ? value / powers[-n->exponent] : value * powers[n->exponent];
  return n->is_negative ? -value : value;
}

/* Copies the text with the locale's decimal separator, which is what strtod reads. */
static void put_separator(char *to, const char *from, const char *end) {
  char half[16];
  int size = snprintf(half, sizeof half, "%.1f", 0.5);
  for (; from < end; from++) {
    if (*from != '.') {
      *to++ = *from;
      continue;
    }
    for (int i = 1; i < size - 1; i++)
      *to++ = half[i];
  }
  *to = '\0';
}

static bool hard_value(reader *r, const number *n, double *value) {
  char small[64];
  size_t size = (size_t)(r->next - n->start) + sizeof(char[16]);
  char *text = size <= sizeof small ? small : ms_mem_alloc(size);
  if (!text) return fail_memory(r);
  put_separator(text, n->start, r->next);
  *value = strtod(text, NULL);
  if (text != small) ms_mem_free(text);
  return true;
}

/* Without integers a Lua has only those that a double holds. */
static bool is_held(const number *n) {
#if LUA_VERSION_NUM >= 503
  return n->is_exact && n->digits <= (uint64_t)INT64_MAX + n->is_negative;
#else
  return n->is_exact && n->digits <= (UINT64_C(1) << 53);
#endif
}

static bool fail_number(reader *r, const number *n, const char *message) {
  r->next = n->start;
  return fail(r, message);
}

static bool read_number(reader *r) {
  number n;
  if (!take_number(r, &n)) return false;
  if (r->is_exact && n.is_integral && !is_held(&n)) {
    return fail_number(r, &n, "an integer that this Lua cannot hold");
  }
  bool is_zero = n.is_exact && n.digits == 0;
  uint64_t bound = (uint64_t)INT64_MAX + n.is_negative;
  if (n.is_integral && n.is_exact && n.digits <= bound && !(is_zero && n.is_negative)) {
    uint64_t bits = n.is_negative ? 0 - n.digits : n.digits;
    ms_lua_push_int64(r->L, (int64_t)bits);
    return true;
  }
  double value;
  if (is_simple(&n)) {
    value = simple_value(&n);
  } else if (!hard_value(r, &n, &value)) {
    return false;
  }
  if (!isfinite(value)) return fail_number(r, &n, "a number out of range");
  lua_pushnumber(r->L, value);
  return true;
}

/* Four hexadecimal digits, or −1. */
static int32_t take_hex(reader *r) {
  int32_t value = 0;
  if (r->end - r->next < 4) return -1;
  for (int i = 0; i < 4; i++, r->next++) {
    char c = *r->next;
    char lower = (char)(c | 0x20);
    if (is_digit(c)) {
      value = value * 16 + (c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + (lower - 'a' + 10);
    } else {
      return -1;
    }
  }
  return value;
}

static void add_character(luaL_Buffer *buffer, int32_t code) {
  char bytes[4];
  size_t size = 0;
  if (code < 0x80) {
    bytes[size++] = (char)code;
  } else {
    int tails = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const int leads[] = {0, 0xC0, 0xE0, 0xF0};
    bytes[size++] = (char)(leads[tails] | (code >> (6 * tails)));
    while (tails-- > 0)
      bytes[size++] = (char)(0x80 | ((code >> (6 * tails)) & 0x3F));
  }
  luaL_addlstring(buffer, bytes, size);
}

static bool read_unicode_escape(reader *r, luaL_Buffer *buffer) {
  int32_t code = take_hex(r);
  if (code < 0) return fail(r, "expected four hexadecimal digits");
  if (code >= 0xDC00 && code <= 0xDFFF) return fail(r, "a low surrogate without a high one");
  if (code >= 0xD800 && code <= 0xDBFF) {
    bool has_low = take(r, '\\') && take(r, 'u');
    int32_t low = has_low ? take_hex(r) : -1;
    if (low < 0xDC00 || low > 0xDFFF) return fail(r, "a high surrogate without a low one");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  add_character(buffer, code);
  return true;
}

static bool read_escape(reader *r, luaL_Buffer *buffer) {
  static const char letters[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  r->next++;
  if (take(r, 'u')) return read_unicode_escape(r, buffer);
  const char *letter = peek(r) ? strchr(letters, *r->next) : NULL;
  if (!letter) return fail(r, "unknown escape");
  r->next++;
  luaL_addchar(buffer, meanings[letter - letters]);
  return true;
}

/* Moves past the bytes that stand for themselves, up to a quote or a backslash. */
static bool skip_run(reader *r) {
  while (r->next < r->end && *r->next != '"' && *r->next != '\\') {
    size_t length = ms_utf8_length(r->next, r->end);
    if (length == 0) return fail(r, "invalid UTF-8");
    if (length == 1 && *r->next < 0x20) return fail(r, "a control character in a string");
    r->next += length;
  }
  return r->next < r->end || fail(r, "a string without an end");
}

/* The string that begins at start and has an escape at next. Never inlined: a luaL_Buffer may take
 * 8 KB of the C stack, which must not be counted 64 times. */
__attribute__((noinline)) static bool read_escaped_string(reader *r, const char *start) {
  luaL_Buffer buffer;
  luaL_buffinit(r->L, &buffer);
  luaL_addlstring(&buffer, start, (size_t)(r->next - start));
  while (*r->next != '"') {
    if (!read_escape(r, &buffer)) return false;
    const char *run = r->next;
    if (!skip_run(r)) return false;
    luaL_addlstring(&buffer, run, (size_t)(r->next - run));
  }
  r->next++;
  luaL_pushresult(&buffer);
  return true;
}

static bool read_string(reader *r) {
  if (!take(r, '"')) return fail(r, "expected a string");
  const char *start = r->next;
  while (r->next < r->end && *r->next >= 0x20 && *r->next < 0x7F && *r->next != '"' &&
         *r->next != '\\')
    r->next++;
  if (peek(r) != '"' && !skip_run(r)) return false;
  if (*r->next == '\\') return read_escaped_string(r, start);
  lua_pushlstring(r->L, start, (size_t)(r->next - start));
  r->next++;
  return true;
}

static bool read_value(reader *r);

/* Whether the table has the key on top of it already. */
static bool has_key(const reader *r) {
  lua_pushvalue(r->L, -1);
  lua_rawget(r->L, -3);
  bool has = !lua_isnil(r->L, -1);
  lua_pop(r->L, 1);
  return has;
}

static bool read_members(reader *r) {
  do {
    skip_space(r);
    if (!read_string(r)) return false;
    if (r->is_exact && has_key(r)) return fail(r, "a key given twice");
    skip_space(r);
    if (!take(r, ':')) return fail(r, "expected ':'");
    if (!read_value(r)) return false;
    lua_rawset(r->L, -3);
    skip_space(r);
  } while (take(r, ','));
  return take(r, '}') || fail(r, "expected ',' or '}'");
}

static bool read_elements(reader *r) {
  int position = 1;
  do {
    if (!read_value(r)) return false;
    lua_rawseti(r->L, -2, position++);
    skip_space(r);
  } while (take(r, ','));
  return take(r, ']') || fail(r, "expected ',' or ']'");
}

/* An array or object; recursion ends at depth_max. */
static bool read_table(reader *r) {
  bool is_array = *r->next == '[';
  if (r->depth == r->depth_max) return fail(r, "nested deeper than 64 tables");
  if (!lua_checkstack(r->L, LUA_MINSTACK)) return fail_memory(r);
  r->depth++;
  r->next++;
  lua_newtable(r->L);
  skip_space(r);
  if (take(r, is_array ? ']' : '}')) {
    if (is_array) ms_json_set_array(r->L, -1);
  } else if (!(is_array ? read_elements(r) : read_members(r))) {
    return false;
  }
  r->depth--;
  return true;
}

/* Pushes the next value. */
static bool read_value(reader *r) {
  skip_space(r);
  switch (peek(r)) {
  case '{':
  case '[':
    return read_table(r);
  case '"':
    return read_string(r);
  case 't':
    lua_pushboolean(r->L, true);
    return read_literal(r, MS_TEXT("true"));
  case 'f':
    lua_pushboolean(r->L, false);
    return read_literal(r, MS_TEXT("false"));
  case 'n':
    ms_json_push_null(r->L);
    return read_literal(r, MS_TEXT("null"));
  default:
    return read_number(r);
  }
}

static bool read_text(reader *r, ms_text text) {
  int top = lua_gettop(r->L);
  r->start = r->next = text.data ? text.data : "";
  r->end = r->start + text.size;
  bool is_read = lua_checkstack(r->L, LUA_MINSTACK) ? read_value(r) : fail_memory(r);
  if (is_read) {
    skip_space(r);
    if (r->next < r->end) is_read = fail(r, "expected the end");
  }
  if (!is_read) lua_settop(r->L, top);
  return is_read;
}

bool ms_json_read(lua_State *L, ms_text text, ms_err *err) {
  reader r = {.L = L, .err = err, .depth_max = MS_DATA_DEPTH_MAX};
  return read_text(&r, text);
}

bool ms_json_read_exact(lua_State *L, ms_text text, size_t levels, ms_err *err) {
  reader r = {.L = L, .err = err, .depth_max = MS_DATA_DEPTH_MAX + levels, .is_exact = true};
  return read_text(&r, text);
}
