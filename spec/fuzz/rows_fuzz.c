/* A store whose rows somebody has changed: how many changes, each of them a column, a row of its
 * table and whether a copy of it is changed, and a value; and the steps of a visit. */
#include "fuzz.h"
#include "image.h"
#include "visit.h"

#include <sqlite3.h>

static const char columns_sql[] =
    "SELECT t.name, c.name, (SELECT name FROM pragma_table_info(t.name) LIMIT 1),"
    " (SELECT group_concat(CASE name WHEN c.name THEN '?1' ELSE '\"' || name || '\"' END)"
    "  FROM pragma_table_info(t.name))"
    " FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'"
    " AND t.name NOT LIKE 'sqlite%' ORDER BY 1, c.cid";
static const char update_sql[] =
    "UPDATE OR IGNORE \"%w\" SET \"%w\" = ?1 "
    "WHERE \"%w\" IN (SELECT \"%w\" FROM \"%w\" LIMIT 1 OFFSET ?2)";
static const char copy_sql[] =
    "INSERT OR IGNORE INTO \"%w\" SELECT %s FROM \"%w\" LIMIT 1 OFFSET ?2";

static const char *const texts[] = {
    "",        "[]",        "[1,2,3]",       "[-1]",    "[1",   "{}",      "{\"a\"",
    "[\"x\"]", "* * * * *", "Europe/Berlin", "../../x", "work", "default", "{\"idle\":true}",
    "\xff"};
#define TEXT_COUNT (sizeof texts / sizeof texts[0])
/* Where numbers end, and sums of them. */
static const int64_t extremes[] = {
    INT64_MIN,        INT64_MAX,        INT64_MIN + 1, -(INT64_C(1) << 60),
    INT64_C(1) << 60, INT64_C(1) << 53, INT32_MAX};
#define EXTREME_COUNT (sizeof extremes / sizeof extremes[0])
#define COLUMNS_MOST 160
/* Of the bytes that say which row, those from here on say that a copy of it is changed. */
#define COPIES_FROM 192
#define CHANGES_MOST 8

/* What changes the n-th column of all, in a row or in a copy of it. */
typedef struct change {
  uint64_t rows; /* that stand in its table */
  sqlite3_stmt *update;
  sqlite3_stmt *copy;
} change;

/* The valid store, on a connection that takes back each change of it. */
static sqlite3 *store;
static change changes[COLUMNS_MOST];
static size_t change_count;

static void copy_store(const fuzz_image *valid) {
  sqlite3 *source;
  FUZZ_CHECK(sqlite3_open(fuzz_put_image(valid->bytes, valid->size, FUZZ_FRESH), &source) ==
             SQLITE_OK);
  FUZZ_CHECK(sqlite3_open(":memory:", &store) == SQLITE_OK);
  sqlite3_backup *backup = sqlite3_backup_init(store, "main", source, "main");
  FUZZ_CHECK(backup && sqlite3_backup_step(backup, -1) == SQLITE_DONE);
  FUZZ_CHECK(sqlite3_backup_finish(backup) == SQLITE_OK);
  FUZZ_CHECK(sqlite3_close(source) == SQLITE_OK);
}

static sqlite3_stmt *prepare(char *sql) {
  sqlite3_stmt *statement = NULL;
  FUZZ_CHECK(sql && sqlite3_prepare_v2(store, sql, -1, &statement, NULL) == SQLITE_OK);
  sqlite3_free(sql);
  return statement;
}

static uint64_t count_rows(const char *table) {
  char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\"", table);
  sqlite3_stmt *statement = prepare(sql);
  FUZZ_CHECK(sqlite3_step(statement) == SQLITE_ROW);
  uint64_t count = (uint64_t)sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  FUZZ_CHECK(count > 0);
  return count;
}

static void read_columns(void) {
  sqlite3_stmt *columns;
  FUZZ_CHECK(sqlite3_prepare_v2(store, columns_sql, -1, &columns, NULL) == SQLITE_OK);
  while (sqlite3_step(columns) == SQLITE_ROW) {
    const char *table = (const char *)sqlite3_column_text(columns, 0);
    const char *name = (const char *)sqlite3_column_text(columns, 1);
    const char *key = (const char *)sqlite3_column_text(columns, 2);
    const char *copied = (const char *)sqlite3_column_text(columns, 3);
    FUZZ_CHECK(change_count < COLUMNS_MOST);
    changes[change_count++] = (change){
        .rows = count_rows(table),
        .update = prepare(sqlite3_mprintf(update_sql, table, name, key, key, table)),
        .copy = prepare(sqlite3_mprintf(copy_sql, table, copied, table)),
    };
  }
  sqlite3_finalize(columns);
}

static void bind_value(sqlite3_stmt *statement, fuzz_bytes *bytes) {
  switch (fuzz_take(bytes, 1) % 7) {
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
  case 5:
    sqlite3_bind_int64(statement, 1, extremes[fuzz_take(bytes, 1) % EXTREME_COUNT]);
    break;
  default: {
    size_t size = fuzz_take(bytes, 1) % 32;
    if (size > bytes->left) size = bytes->left;
    sqlite3_bind_text(statement, 1, (const char *)bytes->at, (int)size, SQLITE_STATIC);
    fuzz_take(bytes, size);
  }
  }
}

static void change_row(fuzz_bytes *bytes) {
  const change *column = &changes[fuzz_take(bytes, 1) % change_count];
  uint64_t row = fuzz_take(bytes, 1);
  sqlite3_stmt *statement = row < COPIES_FROM ? column->update : column->copy;
  bind_value(statement, bytes);
  sqlite3_bind_int64(statement, 2, (int64_t)(row % column->rows));
  sqlite3_step(statement);
  sqlite3_reset(statement);
}

static void execute(const char *sql) {
  FUZZ_CHECK(sqlite3_exec(store, sql, NULL, NULL, NULL) == SQLITE_OK);
}

/* The image of the store with the changes. The header of a copy in memory says that it has no log.
 */
static uint8_t *change_image(fuzz_bytes *bytes, size_t *size) {
  sqlite3_int64 length;
  execute("BEGIN");
  for (uint64_t i = fuzz_take(bytes, 1) % (CHANGES_MOST + 1); i > 0; i--)
    change_row(bytes);
  uint8_t *image = sqlite3_serialize(store, "main", &length, 0);
  execute("ROLLBACK");
  FUZZ_CHECK(image);
  image[18] = image[19] = 2;
  *size = (size_t)length;
  return image;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes bytes = {data, size};
  fuzz_store changed = {.is_whole = true,
                        .place = fuzz_draws(data, size, 64) ? FUZZ_REAL : FUZZ_KEPT};
  if (!store) {
    copy_store(fuzz_valid_image());
    read_columns();
  }
  uint8_t *image = change_image(&bytes, &changed.size);
  changed.bytes = image;
  fuzz_visit_store(&changed, &bytes);
  sqlite3_free(image);
  return 0;
}
