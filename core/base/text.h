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

#endif
