#include "model/paths.h"

#include "base/utf8.h"

void ms_paths_deinit(ms_paths *paths) {
  ms_buf_deinit(&paths->text);
  *paths = (ms_paths){0};
}

/* ---- Lists ---- */

static void quote(ms_buf *out, ms_text path) {
  if (ms_utf8_is_valid(path)) {
    ms_buf_add_quoted(out, path);
    return;
  }
  ms_buf repaired = {0};
  const char *end = path.data + path.size;
  for (const char *at = path.data; at < end;) {
    size_t size = ms_utf8_length(at, end);
    ms_buf_add_text(&repaired, size ? (ms_text){at, size} : MS_TEXT("\xef\xbf\xbd"));
    at += size ? size : 1;
  }
  if (repaired.failed) out->failed = true;
  ms_buf_add_quoted(out, ms_buf_text(&repaired));
  ms_buf_deinit(&repaired);
}

/* A quote inside of a string stands behind a backslash, the first of an element behind a comma. */
static bool has(const ms_buf *text, ms_text quoted) {
  if (!text->size) return false;
  const char *at = text->data, *end = text->data + text->size;
  while ((at = memmem(at, (size_t)(end - at), quoted.data, quoted.size))) {
    if (at[-1] == ',') return true;
    at++;
  }
  return false;
}

static void add_quoted(ms_paths *paths, ms_text quoted) {
  if (paths->more || has(&paths->text, quoted)) return;
  paths->more = paths->count == MS_PATHS_MOST;
  if (paths->more) return;
  paths->count++;
  ms_buf_add_char(&paths->text, ',');
  ms_buf_add_text(&paths->text, quoted);
}

void ms_paths_add(ms_paths *paths, ms_text path) {
  ms_buf quoted = {0};
  if (paths->more) return;
  quote(&quoted, path);
  if (quoted.failed) paths->text.failed = true;
  add_quoted(paths, ms_buf_text(&quoted));
  ms_buf_deinit(&quoted);
}

/* The closing quote of the string that begins at the given one. */
static const char *string_end(const char *at, const char *end) {
  for (at++; at < end && *at != '"'; at++)
    at += *at == '\\';
  return at;
}

/* One element of a list; where the next one begins, or NULL. */
static const char *add_element(ms_paths *paths, const char *at, const char *end) {
  if (end - at >= 4 && memcmp(at, "true", 4) == 0) {
    paths->more = true;
    return at + 4;
  }
  const char *close = *at == '"' ? string_end(at, end) : end;
  if (close >= end) return NULL;
  add_quoted(paths, (ms_text){at, (size_t)(close - at) + 1});
  return close + 1;
}

bool ms_paths_add_list(ms_paths *paths, ms_text list) {
  if (!list.data) return true;
  if (list.size < 2 || list.data[0] != '[' || list.data[list.size - 1] != ']') return false;
  const char *at = list.data + 1, *end = list.data + list.size - 1;
  while (at < end) {
    at = add_element(paths, at, end);
    if (!at || (at < end && *at++ != ',')) return false;
  }
  return true;
}

bool ms_paths_format(const ms_paths *paths, ms_buf *out) {
  if (paths->text.failed) out->failed = true;
  ms_buf_add_char(out, '[');
  if (paths->count) ms_buf_add(out, paths->text.data + 1, paths->text.size - 1);
  if (paths->more) ms_buf_add_text(out, paths->count ? MS_TEXT(",true") : MS_TEXT("true"));
  return ms_buf_add_char(out, ']');
}

/* ---- Paths ---- */

static void add_steps(ms_text path, ms_buf *out) {
  const char *at = path.data, *end = path.data + path.size;
  while (at < end) {
    const char *start = at;
    while (at < end && *at != '/')
      at++;
    ms_text step = {start, (size_t)(at - start)};
    at++;
    if (!step.size || ms_text_equal(step, MS_TEXT("."))) continue;
    ms_buf_add_char(out, '/');
    ms_buf_add_text(out, step);
  }
}

bool ms_path_absolute(ms_text folder, ms_text path, ms_buf *out) {
  size_t start = out->size;
  if (!path.size || path.data[0] != '/') add_steps(folder, out);
  add_steps(path, out);
  if (out->size == start) ms_buf_add_char(out, '/');
  return !out->failed;
}

bool ms_path_within(ms_text path, ms_text root, bool recursive) {
  size_t size = ms_text_equal(root, MS_TEXT("/")) ? 0 : root.size;
  if (ms_text_equal(path, root)) return true;
  if (path.size <= size || memcmp(path.data, root.data, size) != 0 || path.data[size] != '/') {
    return false;
  }
  return recursive || !memchr(path.data + size + 1, '/', path.size - size - 1);
}
