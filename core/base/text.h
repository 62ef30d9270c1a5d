/* A run of bytes that somebody else owns.
 *
 * The value owns nothing: whoever made it says how long the bytes live. data NULL means absent,
 * which is not the same as empty.
 *
 * Any thread may use these functions.
 *
 * Nothing here fails. */
#ifndef MS_BASE_TEXT_H
#define MS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct ms_text {
  const char *data;
  size_t size;
} ms_text;

#define MS_TEXT_NONE ((ms_text){NULL, 0})
#define MS_TEXT(literal) ((ms_text){(literal), sizeof(literal) - 1})

static inline ms_text ms_text_of(const char *string) {
  return (ms_text){string, string ? strlen(string) : 0};
}

static inline bool ms_text_equal(ms_text a, ms_text b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* The value of a digit of a hexadecimal number, in lower case; −1 if it is none. */
static inline int ms_hex_digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
