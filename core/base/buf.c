#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

void ms_buf_deinit(ms_buf *buf) {
  ms_mem_free(buf->data);
  *buf = (ms_buf){0};
}

void ms_buf_clear(ms_buf *buf) {
  buf->size = 0;
  buf->failed = false;
}

bool ms_buf_reserve(ms_buf *buf, size_t size) {
  if (buf->failed) return false;
  if (buf->capacity - buf->size >= size) return true;
  size_t capacity = buf->capacity ? buf->capacity * 2 : 64;
  if (capacity - buf->size < size) capacity = buf->size + size;
  char *data = ms_mem_resize(buf->data, capacity);
  if (!data) {
    buf->failed = true;
    return false;
  }
  buf->data = data;
  buf->capacity = capacity;
  return true;
}

bool ms_buf_add(ms_buf *buf, const void *bytes, size_t size) {
  if (!ms_buf_reserve(buf, size)) return false;
  if (size) memcpy(buf->data + buf->size, bytes, size);
  buf->size += size;
  return true;
}

bool ms_buf_add_char(ms_buf *buf, char c) {
  if (!ms_buf_reserve(buf, 1)) return false;
  buf->data[buf->size++] = c;
  return true;
}

bool ms_buf_add_text(ms_buf *buf, ms_text text) {
  return ms_buf_add(buf, text.data, text.size);
}

bool ms_buf_add_integer(ms_buf *buf, int64_t value) {
  char digits[24];
  char *end = digits + sizeof digits;
  char *at = end;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do {
    *--at = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  if (value < 0) *--at = '-';
  return ms_buf_add(buf, at, (size_t)(end - at));
}

bool ms_buf_add_quoted(ms_buf *buf, ms_text text) {
  ms_buf_add_char(buf, '"');
  for (size_t i = 0; i < text.size; i++) {
    unsigned char c = (unsigned char)text.data[i];
    if (c < 0x20) {
      ms_buf_addf(buf, "\\u%04x", c);
      continue;
    }
    if (c == '"' || c == '\\') ms_buf_add_char(buf, '\\');
    ms_buf_add_char(buf, (char)c);
  }
  return ms_buf_add_char(buf, '"');
}

bool ms_buf_addf(ms_buf *buf, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (size < 0) return false;
  if ((size_t)size < sizeof text) return ms_buf_add(buf, text, (size_t)size);
  if (!ms_buf_reserve(buf, (size_t)size + 1)) return false;
  va_start(arguments, format);
  vsnprintf(buf->data + buf->size, (size_t)size + 1, format, arguments);
  va_end(arguments);
  buf->size += (size_t)size;
  return true;
}

ms_text ms_buf_text(const ms_buf *buf) {
  return (ms_text){buf->data ? buf->data : "", buf->size};
}
