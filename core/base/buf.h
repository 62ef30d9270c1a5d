/* A growable run of bytes.
 *
 * The caller owns the struct; a zeroed one is an empty buffer. ms_buf_deinit frees the bytes.
 *
 * One thread at a time.
 *
 * Appending returns false when memory is out, and from then on the buffer is marked failed:
 * further appends return false too, so a writer may check once at the end. */
#ifndef MS_BASE_BUF_H
#define MS_BASE_BUF_H

#include "base/text.h"

#include <stdint.h>

typedef struct ms_buf {
  char *data;
  size_t size;
  size_t capacity;
  bool failed;
} ms_buf;

void ms_buf_deinit(ms_buf *buf);
/* Keeps the memory, forgets the bytes and the failure. */
void ms_buf_clear(ms_buf *buf);
/* Makes room for size more bytes behind the present ones. */
bool ms_buf_reserve(ms_buf *buf, size_t size);
bool ms_buf_add(ms_buf *buf, const void *bytes, size_t size);
bool ms_buf_add_char(ms_buf *buf, char c);
bool ms_buf_add_text(ms_buf *buf, ms_text text);
/* In decimal. */
bool ms_buf_add_integer(ms_buf *buf, int64_t value);
/* As a JSON string, quoted and escaped; the text is valid UTF-8. */
bool ms_buf_add_quoted(ms_buf *buf, ms_text text);
__attribute__((format(printf, 2, 3))) bool ms_buf_addf(ms_buf *buf, const char *format, ...);
/* The bytes, not owned; valid until the next append. */
ms_text ms_buf_text(const ms_buf *buf);

#endif
