#include "store/foreign.h"

#include "base/utf8.h"

/* U+FDD0 is a character that Unicode promises never to use. Here two hexadecimal digits follow it,
 * which stand for one byte. */
static const char mark[] = "\xef\xb7\x90";
#define MARK_BYTES 3
#define CODE_BYTES (MARK_BYTES + 2)

/* The bytes at at that can stay as they are, 0 if the first of them cannot. */
static size_t plain_length(const char *at, const char *end) {
  if (*at == '\0') return 0;
  size_t length = ms_utf8_length(at, end);
  return length == MARK_BYTES && memcmp(at, mark, MARK_BYTES) == 0 ? 0 : length;
}

static size_t count_coded(ms_text text) {
  const char *end = text.data + text.size;
  size_t count = 0;
  for (const char *at = text.data; at < end;) {
    size_t length = plain_length(at, end);
    count += length == 0;
    at += length ? length : 1;
  }
  return count;
}

static char *write_code(char *to, unsigned char byte) {
  static const char digits[] = "0123456789abcdef";
  memcpy(to, mark, MARK_BYTES);
  to[MARK_BYTES] = digits[byte >> 4];
  to[MARK_BYTES + 1] = digits[byte & 15];
  return to + CODE_BYTES;
}

ms_text ms_foreign_encode(ms_text text, ms_arena *arena) {
  size_t coded = text.data ? count_coded(text) : 0;
  if (!coded) return text;
  size_t size = text.size + coded * (CODE_BYTES - 1);
  const char *at = text.data, *end = text.data + text.size;
  char *bytes = ms_arena_take(arena, size + 1), *to = bytes;
  if (!bytes) return MS_TEXT_NONE;
  while (at < end) {
    size_t length = plain_length(at, end);
    if (length) {
      memcpy(to, at, length);
      to += length;
      at += length;
    } else {
      to = write_code(to, (unsigned char)*at++);
    }
  }
  return (ms_text){bytes, size};
}

static int digit_of(char c) {
  return c >= 'a' ? c - 'a' + 10 : c - '0';
}

static char byte_of(const char *digits) {
  return (char)(digit_of(digits[0]) << 4 | digit_of(digits[1]));
}

ms_text ms_foreign_decode(ms_text text, ms_arena *arena) {
  const char *at = text.data, *end = text.data + text.size;
  if (!text.data || !memmem(at, text.size, mark, MARK_BYTES)) return text;
  char *bytes = ms_arena_take(arena, text.size + 1), *to = bytes;
  if (!bytes) return MS_TEXT_NONE;
  while (at < end) {
    bool coded = end - at >= CODE_BYTES && memcmp(at, mark, MARK_BYTES) == 0;
    *to++ = *at;
    if (coded) to[-1] = byte_of(at + MARK_BYTES);
    at += coded ? CODE_BYTES : 1;
  }
  return (ms_text){bytes, (size_t)(to - bytes)};
}
