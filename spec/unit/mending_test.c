/* A disk whose sync fails once, and which afterwards takes for written what it never got. */
#include "unit.h"

#include "store/board.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/mending_test.XXXXXX";
static char path[sizeof folder + 16], log_path[sizeof path + 8];
static ms_err err;

/* More than a frame of the log. */
#define PAGE_BYTES 4096

/* ---- What is on the medium ---- */

typedef struct file_image {
  char *bytes;
  size_t size;
} file_image;

/* Of one file: what syncs have brought to the medium, and what waits for the next one. */
typedef struct file_medium {
  file_image safe;
  file_image next;
  int failing; /* so many syncs fail from now on */
} file_medium;

static file_medium database, log_file;

static void set_size(file_image *image, size_t size) {
  image->bytes = realloc(image->bytes, size + 1);
  if (size > image->size) memset(image->bytes + image->size, 0, size - image->size);
  image->size = size;
}

static void copy_image(file_image *to, const file_image *from) {
  set_size(to, from->size);
  memcpy(to->bytes, from->bytes, from->size);
}

static void write_medium(file_medium *medium, const void *bytes, size_t size, size_t at) {
  if (at + size > medium->next.size) set_size(&medium->next, at + size);
  memcpy(medium->next.bytes + at, bytes, size);
}

static void forget(file_medium *medium) {
  copy_image(&medium->next, &medium->safe);
}

static bool sync_medium(file_medium *medium) {
  bool fails = medium->failing > 0;
  if (fails)
    forget(medium);
  else
    copy_image(&medium->safe, &medium->next);
  medium->failing -= fails;
  return !fails;
}

/* ---- The disk, as SQLite sees it ---- */

static const sqlite3_io_methods *beneath;
static sqlite3_io_methods methods[2];
static sqlite3_vfs vfs;

static int write_log(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at) {
  write_medium(&log_file, bytes, (size_t)size, (size_t)at);
  return beneath->xWrite(file, bytes, size, at);
}

static int write_database(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at) {
  write_medium(&database, bytes, (size_t)size, (size_t)at);
  return beneath->xWrite(file, bytes, size, at);
}

static int sync_log(sqlite3_file *file, int flags) {
  (void)file;
  (void)flags;
  return sync_medium(&log_file) ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int sync_database(sqlite3_file *file, int flags) {
  (void)file;
  (void)flags;
  return sync_medium(&database) ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int open_file(sqlite3_vfs *self, sqlite3_filename name, sqlite3_file *file, int flags,
                     int *out) {
  bool is_log = flags & SQLITE_OPEN_WAL;
  int code = sqlite3_vfs_find("unix")->xOpen(self, name, file, flags, out);
  if (code != SQLITE_OK || !(flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB))) return code;
  beneath = file->pMethods;
  methods[is_log] = *beneath;
  methods[is_log].xWrite = is_log ? write_log : write_database;
  methods[is_log].xSync = is_log ? sync_log : sync_database;
  file->pMethods = &methods[is_log];
  return code;
}

static void put_disk_in_place(void) {
  vfs = *sqlite3_vfs_find("unix");
  vfs.zName = "forgetful";
  vfs.xOpen = open_file;
  UNIT_INT(SQLITE_OK, sqlite3_vfs_register(&vfs, 1));
}

static void keep(const file_image *image, const char *name) {
  FILE *file = fopen(name, "wb");
  UNIT_INT((int64_t)image->size, (int64_t)fwrite(image->bytes, 1, image->size, file));
  fclose(file);
}

/* ---- Stores ---- */

static ms_board *board;

static ms_store *open_store(void) {
  ms_store *store = NULL;
  ms_store_options options = {.database = path, .full = true, .busy_timeout_ms = 2000};
  UNIT_INT(MS_OK, ms_store_open(&options, &store, &err));
  if (store && board) ms_store_share(store, board);
  return store;
}

static ms_store *begin_alone(void) {
  database = log_file = (file_medium){0};
  board = NULL;
  return open_store();
}

static ms_store *begin(void) {
  FILE *page = tmpfile();
  database = log_file = (file_medium){0};
  UNIT_INT(MS_OK, ms_board_open(fileno(page), &board, &err));
  fclose(page);
  return open_store();
}

static void end(void) {
  ms_board_close(board);
  unlink(path);
  unlink(log_path);
  file_medium *both[] = {&database, &log_file};
  for (int i = 0; i < 2; i++) {
    free(both[i]->safe.bytes);
    free(both[i]->next.bytes);
  }
}

static ms_status note(ms_store *store, const char *name) {
  bool changed;
  ms_status status = ms_store_begin(store, &changed);
  if (status == MS_OK) status = ms_store_set_counter(store, name, 1);
  if (status == MS_OK) status = ms_store_commit(store);
  if (status != MS_OK) ms_store_rollback(store);
  return status;
}

/* A row on another page than those before. */
static ms_status note_page(ms_store *store, int number) {
  char name[1500];
  snprintf(name, sizeof name, "%0*d", (int)sizeof name - 1, number);
  return note(store, name);
}

/* Somebody waits behind that commit, so that others see it before the disk has it. */
static void commit_first(ms_store *store, const char *name) {
  bool changed;
  UNIT_INT(MS_OK, ms_store_begin(store, &changed));
  uint32_t ticket = ms_line_join(board);
  UNIT_INT(MS_OK, ms_store_set_counter(store, name, 1));
  UNIT_INT(MS_OK, ms_store_commit_first(store));
  ms_line_leave(board, ticket);
}

static ms_status checkpoint(ms_store *store) {
  bool whole;
  ms_status status = ms_store_checkpoint(store, &whole);
  return status == MS_OK ? ms_store_sync(store) : status;
}

static int64_t ask(sqlite3 *connection, const char *sql) {
  sqlite3_stmt *statement = NULL;
  sqlite3_prepare_v2(connection, sql, -1, &statement, NULL);
  int64_t answer = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
  sqlite3_finalize(statement);
  return answer;
}

/* How many of the names a, b, c are left when the power goes now; -1 if the rest is damaged. */
static int64_t left_by_the_medium(void) {
  char copy[sizeof path + 8], copied_log[sizeof copy + 8];
  sqlite3 *connection = NULL;
  snprintf(copy, sizeof copy, "%s-copy", path);
  snprintf(copied_log, sizeof copied_log, "%s-wal", copy);
  keep(&database.safe, copy);
  keep(&log_file.safe, copied_log);
  sqlite3_open_v2(copy, &connection, SQLITE_OPEN_READWRITE, "unix");
  bool whole = ask(connection,
                   "SELECT count(*) FROM pragma_integrity_check "
                   "WHERE integrity_check = 'ok'") == 1;
  int64_t names = ask(connection, "SELECT count(*) FROM ms_counter WHERE length(name) = 1");
  sqlite3_close(connection);
  unlink(copy);
  unlink(copied_log);
  return whole ? names : -1;
}

/* ---- The log ---- */

static void what_a_sync_has_lost_is_written_again_before_the_next_one_counts(void) {
  ms_store *store = begin();
  commit_first(store, "a");
  log_file.failing = 1;
  UNIT_INT(MS_IO, ms_store_secure(store));
  UNIT_INT(0, left_by_the_medium());
  UNIT_INT(MS_OK, ms_store_secure(store));
  UNIT_INT(1, left_by_the_medium());
  ms_store_close(store);
  end();
}

static void no_sync_of_others_counts_before_that(void) {
  ms_store *store = begin(), *other = open_store();
  commit_first(store, "a");
  commit_first(other, "b");
  log_file.failing = 1;
  UNIT_INT(MS_IO, ms_store_secure(store));
  UNIT_INT(MS_IO, checkpoint(other));
  UNIT_INT(MS_OK, ms_store_secure(other));
  UNIT_INT(2, left_by_the_medium());
  UNIT_INT(MS_OK, ms_store_secure(store));
  ms_store_close(other);
  ms_store_close(store);
  end();
}

static void whoever_writes_next_brings_along_what_others_have_lost(void) {
  ms_store *store = begin(), *other = open_store();
  commit_first(store, "a");
  log_file.failing = 1;
  UNIT_INT(MS_IO, ms_store_secure(store));
  UNIT_INT(MS_OK, note(other, "b"));
  UNIT_INT(2, left_by_the_medium());
  ms_store_close(other);
  ms_store_close(store);
  end();
}

static void a_commit_that_nobody_else_sees_is_rolled_back_and_leaves_no_hole(void) {
  ms_store *store = begin();
  UNIT_INT(MS_OK, note(store, "a"));
  log_file.failing = 1;
  UNIT_INT(MS_IO, note(store, "b"));
  UNIT_INT(1, left_by_the_medium());
  UNIT_INT(MS_OK, note(store, "c"));
  UNIT_INT(2, left_by_the_medium());
  ms_store_close(store);
  end();
}

/* It ends with frames that look like a commit, so whoever opens the store takes them for one. */
static void a_commit_that_failed_last_is_found_and_brought_to_the_disk(void) {
  for (int alone = 0; alone < 2; alone++) {
    ms_store *store = alone ? begin_alone() : begin();
    UNIT_INT(MS_OK, note(store, "a"));
    log_file.failing = 1;
    UNIT_INT(MS_IO, note(store, "b"));
    ms_store_close(store);
    store = open_store();
    UNIT_INT(MS_OK, note(store, "c"));
    UNIT_INT(3, left_by_the_medium());
    ms_store_close(store);
    end();
  }
}

static void a_log_that_cannot_be_read_back_is_not_believed(void) {
  ms_store *store = begin();
  UNIT_INT(MS_OK, note(store, "a"));
  commit_first(store, "b");
  log_file.failing = 1;
  UNIT_INT(MS_IO, ms_store_secure(store));
  /* Read anew, that has no more than the medium, and nothing where the rest was. */
  size_t size = log_file.safe.size;
  set_size(&log_file.safe, size + PAGE_BYTES);
  keep(&log_file.safe, log_path);
  set_size(&log_file.safe, size);
  for (int i = 0; i < 2; i++) {
    UNIT_INT(MS_IO, ms_store_secure(store));
    UNIT_INT(MS_IO, note(store, "c"));
  }
  ms_store_close(store);
  UNIT_INT(1, left_by_the_medium());
  store = open_store();
  UNIT_INT(MS_OK, note(store, "c"));
  UNIT_INT(2, left_by_the_medium());
  ms_store_close(store);
  end();
}

/* ---- The database ---- */

static sqlite3 *begin_to_read(void) {
  sqlite3 *reader = NULL;
  UNIT_INT(SQLITE_OK, sqlite3_open(path, &reader));
  sqlite3_exec(reader, "BEGIN", NULL, NULL, NULL);
  UNIT_INT(1, ask(reader, "SELECT count(*) FROM ms_counter WHERE name = 'a'"));
  return reader;
}

/* SQLite counts a part of the log as copied before any sync, if a reader keeps it from the rest. */
static void what_a_database_has_lost_is_copied_again_before_the_log_begins_anew(void) {
  ms_store *store = begin(), *copier = NULL;
  UNIT_INT(MS_OK, ms_store_open_beside(store, &copier));
  UNIT_INT(MS_OK, note(store, "a"));
  sqlite3 *reader = begin_to_read();
  for (int i = 0; i < 100; i++)
    UNIT_INT(MS_OK, note_page(store, i));
  database.failing = 1;
  UNIT_INT(MS_IO, checkpoint(copier));
  sqlite3_close(reader);
  UNIT_INT(MS_IO, checkpoint(copier));
  UNIT_INT(MS_OK, note(store, "b"));
  UNIT_INT(MS_OK, checkpoint(copier));
  UNIT_INT(MS_OK, note(store, "c"));
  UNIT_INT(3, left_by_the_medium());
  ms_store_close(copier);
  ms_store_close(store);
  end();
}

int main(void) {
  UNIT_CHECK(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/store.db", folder);
  snprintf(log_path, sizeof log_path, "%s-wal", path);
  put_disk_in_place();
  UNIT_RUN(what_a_sync_has_lost_is_written_again_before_the_next_one_counts);
  UNIT_RUN(no_sync_of_others_counts_before_that);
  UNIT_RUN(whoever_writes_next_brings_along_what_others_have_lost);
  UNIT_RUN(a_commit_that_nobody_else_sees_is_rolled_back_and_leaves_no_hole);
  UNIT_RUN(a_commit_that_failed_last_is_found_and_brought_to_the_disk);
  UNIT_RUN(a_log_that_cannot_be_read_back_is_not_believed);
  UNIT_RUN(what_a_database_has_lost_is_copied_again_before_the_log_begins_anew);
  rmdir(folder);
  return unit_end();
}
