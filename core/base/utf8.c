#include "base/utf8.h"

static bool is_tail(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

/* The well-formed sequences are those of table 3-7 of the Unicode Standard: only the second byte
 * has bounds that depend on the first. */
static bool is_second(unsigned char first, unsigned char second) {
  switch (first) {
  case 0xE0:
    return second >= 0xA0 && second <= 0xBF;
  case 0xED:
    return second >= 0x80 && second <= 0x9F;
  case 0xF0:
    return second >= 0x90 && second <= 0xBF;
  case 0xF4:
    return second >= 0x80 && second <= 0x8F;
  default:
    return is_tail(second);
  }
}

size_t ms_utf8_length(const char *bytes, const char *end) {
  const unsigned char *at = (const unsigned char *)bytes;
  size_t left = (size_t)(end - bytes);
  if (left == 0) return 0;
  unsigned char first = at[0];
  if (first < 0x80) return 1;
  size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || left < length || !is_second(first, at[1])) return 0;
  for (size_t i = 2; i < length; i++) {
    if (!is_tail(at[i])) return 0;
  }
  return length;
}

bool ms_utf8_is_valid(ms_text text) {
  const char *at = text.data;
  const char *end = text.data + text.size;
  while (at < end) {
    size_t length = ms_utf8_length(at, end);
    if (length == 0) return false;
    at += length;
  }
  return true;
}
