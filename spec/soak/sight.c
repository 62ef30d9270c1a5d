#include "sight.h"

#include <sqlite3.h>
#include <stdio.h>

/* ---- As SQL sees it ---- */

/* Ids in more places than one, or in none; rows of works that are not there; claims of nobody. */
static const char misplaced[] =
    "WITH live (id) AS (SELECT value FROM ms_claim, json_each(ms_claim.ids) WHERE value > 0)"
    " SELECT 'work ' || id || ' is in ' || places || ' places' FROM (SELECT w.id AS id,"
    "  (SELECT count(*) FROM ms_waiting WHERE id = w.id) + (SELECT count(*) FROM live WHERE id = "
    "w.id)"
    "  + (SELECT count(*) FROM ms_done WHERE id = w.id)"
    "  + coalesce((SELECT blocked <> 0 FROM ms_life WHERE id = w.id),"
    "   w.blocked AND NOT EXISTS (SELECT 1 FROM live WHERE id = w.id)"
    "   AND NOT EXISTS (SELECT 1 FROM ms_done WHERE id = w.id), 0) AS places FROM ms_work w)"
    " WHERE places <> 1"
    " UNION ALL SELECT 'a row of no work: ' || id FROM (SELECT id FROM ms_waiting UNION ALL"
    "  SELECT id FROM live UNION ALL SELECT id FROM ms_done UNION ALL SELECT id FROM ms_life UNION "
    "ALL"
    "  SELECT id FROM ms_progress UNION ALL SELECT id FROM ms_tag UNION ALL SELECT id FROM ms_name"
    "  UNION ALL SELECT id FROM ms_deadline) WHERE id NOT IN (SELECT id FROM ms_work)"
    " UNION ALL SELECT 'batch ' || batch || ' belongs to nobody' FROM ms_claim"
    "  WHERE owner NOT IN (SELECT id FROM ms_process)";

/* Fails with the statement's first row, if there is any but "ok". */
static ms_status find_none(sqlite3 *connection, const char *sql, ms_err *err) {
  sqlite3_stmt *rows = NULL;
  ms_status status = MS_OK;
  int code = sqlite3_prepare_v2(connection, sql, -1, &rows, NULL);
  if (code == SQLITE_OK) code = sqlite3_step(rows);
  const char *found = code == SQLITE_ROW ? (const char *)sqlite3_column_text(rows, 0) : NULL;
  if (found && strcmp(found, "ok") != 0) status = ms_fail(err, MS_CORRUPT, "%s", found);
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    status = ms_fail(err, MS_CORRUPT, "%s", sqlite3_errmsg(connection));
  sqlite3_finalize(rows);
  return status;
}

/* FNV-1a. */
static void mix(uint64_t *digest, const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    *digest = (*digest ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001B3);
}

static void mix_row(uint64_t *digest, sqlite3_stmt *rows) {
  for (int i = 0; i < sqlite3_column_count(rows); i++) {
    int type = sqlite3_column_type(rows, i);
    mix(digest, &type, sizeof type);
    const void *text = sqlite3_column_text(rows, i);
    mix(digest, text, (size_t)sqlite3_column_bytes(rows, i));
  }
}

static int mix_rows(sqlite3 *connection, const char *sql, uint64_t *digest) {
  sqlite3_stmt *rows = NULL;
  int code = sqlite3_prepare_v2(connection, sql, -1, &rows, NULL);
  while (code == SQLITE_OK || code == SQLITE_ROW) {
    code = sqlite3_step(rows);
    if (code == SQLITE_ROW) mix_row(digest, rows);
  }
  sqlite3_finalize(rows);
  return code;
}

static ms_status read_digest(sqlite3 *connection, uint64_t *digest, ms_err *err) {
  static const char list[] = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
  sqlite3_stmt *tables = NULL;
  int code = sqlite3_prepare_v2(connection, list, -1, &tables, NULL);
  *digest = UINT64_C(0xCBF29CE484222325);
  while (code == SQLITE_OK && sqlite3_step(tables) == SQLITE_ROW) {
    char sql[128];
    const char *name = (const char *)sqlite3_column_text(tables, 0);
    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", name);
    mix(digest, name, strlen(name));
    code = mix_rows(connection, sql, digest) == SQLITE_DONE ? SQLITE_OK : SQLITE_ERROR;
  }
  code = sqlite3_finalize(tables) == SQLITE_OK ? code : SQLITE_ERROR;
  if (code == SQLITE_OK) return MS_OK;
  return ms_fail(err, MS_CORRUPT, "reading: %s", sqlite3_errmsg(connection));
}

static bool has_tables(sqlite3 *connection) {
  return sqlite3_exec(connection, "SELECT 1 FROM ms_work", NULL, NULL, NULL) == SQLITE_OK;
}

static ms_status inspect(sqlite3 *connection, uint64_t *digest, ms_err *err) {
  MS_TRY(find_none(connection, "PRAGMA integrity_check", err));
  if (has_tables(connection)) MS_TRY(find_none(connection, misplaced, err));
  return read_digest(connection, digest, err);
}

ms_status sight_store(const soak_disk *seen, const char *path, uint64_t *digest, ms_err *err) {
  sqlite3 *connection = NULL;
  soak_disk *copy = disk_copy(seen);
  disk_mount(copy);
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  int code = sqlite3_open_v2(path, &connection, flags, NULL);
  ms_status status = code == SQLITE_OK ? inspect(connection, digest, err)
                                       : ms_fail(err, MS_CORRUPT, "open: %s", sqlite3_errstr(code));
  sqlite3_close(connection);
  disk_free(copy);
  return status;
}

/* ---- As a manager tells it ---- */

static void add_text(ms_buf *lines, const char *title, ms_text text) {
  if (text.data) ms_buf_addf(lines, " %s=%.*s", title, (int)text.size, text.data);
}

static void add_work(ms_buf *lines, const ms_info *info) {
  ms_buf_addf(lines, "%lld %s", (long long)info->id, ms_state_word(info->state));
  add_text(lines, "name", info->name);
  add_text(lines, "input", info->input);
  add_text(lines, "tags", info->tags);
  ms_buf_addf(lines, " generation=%lld enqueued_at=%lld", (long long)info->generation,
              (long long)info->enqueued_at_ms);
  if (info->state != MS_RUNNING) {
    ms_buf_addf(lines, " attempt=%lld run=%lld period=%lld outcome=%d", (long long)info->attempt,
                (long long)info->run, (long long)info->period, (int)info->outcome);
    add_text(lines, "output", info->output);
    add_text(lines, "error", info->error);
    add_text(lines, "stop_reason", info->stop_reason);
  }
  ms_buf_add_char(lines, '\n');
}

ms_status sight_works(ms_manager *manager, ms_buf *lines, ms_err *err) {
  ms_arena arena = {0};
  ms_info *infos = NULL;
  size_t count = 0;
  ms_selector all = {.all = true};
  ms_page page = {.limit = -1};
  ms_status status = ms_query(manager, &all, &page, &arena, &infos, &count, err);
  ms_buf_clear(lines);
  for (size_t i = 0; i < count && status == MS_OK; i++)
    add_work(lines, &infos[i]);
  ms_arena_deinit(&arena);
  return status == MS_OK && lines->failed ? ms_fail(err, MS_NOMEM, "a view") : status;
}

static ms_text take_line(ms_text *rest) {
  const char *end = memchr(rest->data, '\n', rest->size);
  ms_text line = {rest->data, end ? (size_t)(end - rest->data) : rest->size};
  size_t used = line.size + (end != NULL);
  *rest = (ms_text){rest->data + used, rest->size - used};
  return line;
}

/* "7 running name=…" becomes "7 enqueued name=… attempt=…". */
static bool line_survives(ms_text before, ms_text after) {
  static const char running[] = " running", enqueued[] = " enqueued";
  const char *space = memchr(before.data, ' ', before.size);
  size_t id = space ? (size_t)(space - before.data) : before.size;
  size_t was = id + sizeof running - 1, is = id + sizeof enqueued - 1;
  if (before.size < was || memcmp(before.data + id, running, sizeof running - 1) != 0)
    return ms_text_equal(before, after);
  size_t rest = before.size - was;
  return after.size >= is + rest && memcmp(after.data, before.data, id) == 0 &&
         memcmp(after.data + id, enqueued, sizeof enqueued - 1) == 0 &&
         memcmp(after.data + is, before.data + was, rest) == 0;
}

bool sight_survives(ms_text before, ms_text after) {
  while (before.size && after.size) {
    if (!line_survives(take_line(&before), take_line(&after))) return false;
  }
  return before.size == after.size;
}
