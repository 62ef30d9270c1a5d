/* A store whose rows somebody has changed: each change is a column, a row of its table, a value. */
#include "fuzz.h"
#include "image.h"
#include "visit.h"

#include <sqlite3.h>

static const char columns_sql[] =
    "SELECT t.name, c.name, (SELECT name FROM pragma_table_info(t.name) LIMIT 1) "
    "FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' "
    "AND t.name NOT LIKE 'sqlite%' ORDER BY 1, c.cid LIMIT 1 OFFSET ?1";
static const char change_sql[] =
    "UPDATE OR IGNORE \"%w\" SET \"%w\" = ?1 "
    "WHERE \"%w\" IN (SELECT \"%w\" FROM \"%w\" LIMIT 1 OFFSET %d)";

static const char *const texts[] = {
    "",        "[]",        "[1,2,3]",       "[-1]",    "[1",   "{}",      "{\"a\"",
    "[\"x\"]", "* * * * *", "Europe/Berlin", "../../x", "work", "default", "{\"idle\":true}",
    "\xff"};
#define TEXT_COUNT (sizeof texts / sizeof texts[0])
#define COLUMNS_MOST 140
#define CHANGES_MOST 8

static void bind_value(sqlite3_stmt *statement, fuzz_bytes *bytes) {
  switch (fuzz_take(bytes, 1) % 6) {
  case 0:
    sqlite3_bind_null(statement, 1);
    break;
  case 1:
    sqlite3_bind_int64(statement, 1, (int64_t)fuzz_take(bytes, 8));
    break;
  case 2:
    sqlite3_bind_int64(statement, 1, (int8_t)fuzz_take(bytes, 1));
    break;
  case 3:
    sqlite3_bind_double(statement, 1, (double)fuzz_take(bytes, 8) / 3);
    break;
  case 4:
    sqlite3_bind_text(statement, 1, texts[fuzz_take(bytes, 1) % TEXT_COUNT], -1, SQLITE_STATIC);
    break;
  default: {
    size_t size = fuzz_take(bytes, 1) % 32;
    if (size > bytes->left) size = bytes->left;
    sqlite3_bind_text(statement, 1, (const char *)bytes->at, (int)size, SQLITE_TRANSIENT);
    fuzz_take(bytes, size);
  }
  }
}

static void change(sqlite3 *connection, fuzz_bytes *bytes, sqlite3_stmt *column) {
  sqlite3_stmt *statement = NULL;
  const char *table = (const char *)sqlite3_column_text(column, 0);
  const char *name = (const char *)sqlite3_column_text(column, 1);
  const char *key = (const char *)sqlite3_column_text(column, 2);
  char *sql =
      sqlite3_mprintf(change_sql, table, name, key, key, table, (int)(fuzz_take(bytes, 1) % 12));
  FUZZ_CHECK(sql && sqlite3_prepare_v2(connection, sql, -1, &statement, NULL) == SQLITE_OK);
  bind_value(statement, bytes);
  sqlite3_step(statement);
  sqlite3_finalize(statement);
  sqlite3_free(sql);
}

static void change_rows(fuzz_bytes *bytes) {
  sqlite3 *connection;
  sqlite3_stmt *column;
  FUZZ_CHECK(sqlite3_open(fuzz_path(), &connection) == SQLITE_OK);
  FUZZ_CHECK(sqlite3_prepare_v2(connection, columns_sql, -1, &column, NULL) == SQLITE_OK);
  for (int i = 0; i < CHANGES_MOST && bytes->left; i++) {
    sqlite3_bind_int64(column, 1, (int64_t)(fuzz_take(bytes, 1) % COLUMNS_MOST));
    if (sqlite3_step(column) == SQLITE_ROW) change(connection, bytes, column);
    sqlite3_reset(column);
  }
  sqlite3_finalize(column);
  sqlite3_close(connection);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes bytes = {data, size};
  const fuzz_image *valid = fuzz_valid_image();
  fuzz_write_image(valid->bytes, valid->size);
  change_rows(&bytes);
  fuzz_visit_store(fuzz_path());
  return 0;
}
