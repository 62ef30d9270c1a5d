/* The size of a store's pages, and of its log, which is told in bytes whatever they are. */
#include "unit.h"

#include "store/private.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* By the format of the log. */
#define LOG_HEADER_BYTES 32
#define FRAME_HEADER_BYTES 24

static char folder[] = "/tmp/moonshift-pages-XXXXXX";
static char path[sizeof folder + 16];

static ms_store *open_store(void) {
  ms_store_options options = {.database = path, .busy_timeout_ms = 1000};
  ms_store *store;
  ms_err err = {0};
  UNIT_INT(MS_OK, ms_store_open(&options, &store, &err));
  return store;
}

static int64_t file_bytes(const char *ending) {
  char name[sizeof path + 8];
  struct stat file = {0};
  snprintf(name, sizeof name, "%s%s", path, ending);
  UNIT_INT(0, stat(name, &file));
  return file.st_size;
}

static int64_t page_bytes(ms_store *store) {
  int64_t bytes;
  UNIT_INT(MS_OK, ms_sql_int(store, "PRAGMA page_size", 0, &bytes, ""));
  return bytes;
}

static void commit(ms_store *store) {
  bool changed;
  UNIT_INT(MS_OK, ms_store_begin(store, &changed));
  UNIT_INT(MS_OK, ms_store_set_counter(store, "a", 1));
  UNIT_INT(MS_OK, ms_store_commit(store));
}

/* The log has been written from its beginning. */
static void tells_bytes(ms_store *store) {
  int64_t page = page_bytes(store);
  commit(store);
  int64_t frames = (file_bytes("-wal") - LOG_HEADER_BYTES) / (FRAME_HEADER_BYTES + page);
  UNIT_CHECK(frames > 0);
  UNIT_INT(frames * page, ms_store_wal_bytes(store));
}

static void a_new_store_has_small_ones(void) {
  ms_store *store = open_store();
  UNIT_INT(2048, page_bytes(store));
  tells_bytes(store);
  ms_store_close(store);
  unlink(path);
}

static void what_was_made_with_others_keeps_them(void) {
  sqlite3 *connection;
  UNIT_INT(SQLITE_OK, sqlite3_open(path, &connection));
  UNIT_INT(SQLITE_OK,
           sqlite3_exec(connection, "PRAGMA page_size = 8192; VACUUM", NULL, NULL, NULL));
  sqlite3_close(connection);
  ms_store *store = open_store();
  UNIT_INT(8192, page_bytes(store));
  tells_bytes(store);
  ms_store_close(store);
  unlink(path);
}

int main(void) {
  UNIT_CHECK(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/store.db", folder);
  UNIT_RUN(a_new_store_has_small_ones);
  UNIT_RUN(what_was_made_with_others_keeps_them);
  rmdir(folder);
  return unit_end();
}
