#include "store/sqlite.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/point.h"
#include "store/frames.h"
#include "store/private.h"
#include "store/schema.h"
#include "store/site.h"
#include "store/sqlite_statement.h"

#include <pthread.h>
#include <time.h>

/* Between two looks at a lock that another process holds. Short against a commit, long against a
 * system call. */
#define BUSY_PAUSE_NS 300000

/* A commit writes and sums up whole pages, of which a lone enqueue has changed a few dozen bytes on
 * two. With less than 2 KB the many pages that works in bulk need cost more than is saved. A store
 * keeps the size that it was made with. */
#define SET_PAGE_SIZE "PRAGMA page_size = 2048"

static ms_sqlite_connection *sqlite_of(const ms_store *store) {
  return store->connection;
}

static ms_status status_of(int code) {
  switch (code & 0xff) {
  case SQLITE_FULL:
    return MS_FULL;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return MS_BUSY;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return MS_CORRUPT;
  case SQLITE_PERM:
  case SQLITE_READONLY:
  case SQLITE_AUTH:
    return MS_PERMISSION;
  case SQLITE_NOMEM:
    return MS_NOMEM;
  default:
    return MS_IO;
  }
}

ms_status ms_sqlite_fail(sqlite3 *handle, int code, const char *operation, ms_err *err) {
  int extended = handle ? sqlite3_extended_errcode(handle) : code;
  const char *message = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  ms_status status = status_of(code);
  return ms_fail(err, status, "%s: %s (%s, SQLite %d)", operation, ms_status_sentence(status),
                 message, extended);
}

ms_status ms_sqlite_read(sqlite3 *handle, const char *sql, int64_t *value, ms_err *err) {
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2(handle, sql, -1, &statement, NULL);
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  if (code == SQLITE_ROW) *value = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return code == SQLITE_ROW ? MS_OK : ms_sqlite_fail(handle, code, "open", err);
}

/* ---- The connection ---- */

/* A file is made through a descriptor of our own, and closing one would drop the locks of another
 * connection of this process on the same file; so only one store at a time is being opened. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static int64_t steady_ms(void) {
  return ms_clock_steady_ms(&(ms_clock){0});
}

static bool out_of_time(const ms_sqlite_connection *connection) {
  return steady_ms() - connection->busy_since_ms >= connection->busy_timeout_ms;
}

/* SQLite's own handler sleeps for up to 100 ms at a time and so starves. Our processes stand in
 * line; this is for other programs that write, and for whoever was passed by in the line. */
static int wait_for_writer(void *context, int tries) {
  ms_sqlite_connection *connection = context;
  if (connection->only_tries) return 0;
  if (tries == 0 && !connection->in_line) connection->busy_since_ms = steady_ms();
  if (out_of_time(connection)) return 0;
  nanosleep(&(struct timespec){.tv_nsec = BUSY_PAUSE_NS}, NULL);
  return 1;
}

static int after_commit(void *context, sqlite3 *handle, const char *schema, int pages) {
  ms_sqlite_connection *connection = context;
  (void)handle;
  (void)schema;
  connection->wal_pages = pages;
  return SQLITE_OK;
}

/* Who makes a file reads it and then writes; where two do so at once SQLite cannot wait with the
 * first lock in hand, and says BUSY at once. */
static int enter_wal_mode(ms_sqlite_connection *connection) {
  int64_t until_ms = steady_ms() + connection->busy_timeout_ms;
  for (;;) {
    int code = sqlite3_exec(connection->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    if ((code & 0xff) != SQLITE_BUSY || steady_ms() >= until_ms) return code;
    nanosleep(&(struct timespec){.tv_nsec = BUSY_PAUSE_NS}, NULL);
  }
}

static ms_status configure(ms_sqlite_connection *connection, ms_err *err) {
  static const char common[] =
      "PRAGMA temp_store = MEMORY;"
      "PRAGMA secure_delete = OFF; PRAGMA wal_autocheckpoint = 0;"
      "PRAGMA journal_size_limit = 67108864;";
  const char *durability =
      connection->full ? "PRAGMA synchronous = FULL;" : "PRAGMA synchronous = NORMAL;";
  int code = sqlite3_exec(connection->handle, SET_PAGE_SIZE, NULL, NULL, NULL);
  if (code == SQLITE_OK) code = enter_wal_mode(connection);
  if (code == SQLITE_OK) code = sqlite3_exec(connection->handle, common, NULL, NULL, NULL);
  if (code == SQLITE_OK) code = sqlite3_exec(connection->handle, durability, NULL, NULL, NULL);
  if (code != SQLITE_OK) return ms_sqlite_fail(connection->handle, code, "open", err);
  sqlite3_wal_hook(connection->handle, after_commit, connection);
  return ms_sqlite_read(connection->handle, "PRAGMA page_size", &connection->page_bytes, err);
}

static ms_status dial(ms_sqlite_connection *connection, const char *database, int more_flags,
                      ms_err *err) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | more_flags;
  int code = sqlite3_open_v2(database, &connection->handle, flags, NULL);
  if (code != SQLITE_OK) return ms_sqlite_fail(connection->handle, code, "open", err);
  sqlite3_extended_result_codes(connection->handle, 1);
  sqlite3_busy_handler(connection->handle, wait_for_writer, connection);
  return MS_OK;
}

static ms_status prepare_rollback(ms_sqlite_connection *connection, ms_err *err) {
  int code = sqlite3_prepare_v3(connection->handle, "ROLLBACK", -1, SQLITE_PREPARE_PERSISTENT,
                                &connection->rollback, NULL);
  return code == SQLITE_OK ? MS_OK : ms_sqlite_fail(connection->handle, code, "open", err);
}

/* In the log may stand what an earlier process has failed to bring to the disk, and what it knew of
 * that is gone with it, unless it stands on a board. */
static ms_status open_frames(ms_sqlite_connection *connection, ms_err *err) {
  MS_TRY(ms_frames_open(connection->handle, true, &connection->frames, err));
  if (connection->frames) ms_frames_doubt(connection->frames);
  return MS_OK;
}

static ms_status connect(ms_sqlite_connection *connection, const char *database, ms_err *err) {
  MS_TRY(dial(connection, database, SQLITE_OPEN_CREATE, err));
  MS_TRY(ms_schema_check(connection->handle, err));
  MS_TRY(configure(connection, err));
  MS_TRY(ms_schema_migrate(connection->handle, err));
  MS_TRY(open_frames(connection, err));
  return prepare_rollback(connection, err);
}

static ms_status sqlite_open(ms_store *store, const ms_store_options *options, ms_err *err) {
  ms_sqlite_connection *connection = store->connection = ms_mem_zalloc(sizeof *connection);
  if (!connection) return ms_no_memory(err);
  connection->busy_timeout_ms = options->busy_timeout_ms;
  connection->full = options->full;
  pthread_mutex_lock(&opening);
  ms_status status = store->in_memory ? MS_OK : ms_site_prepare(options->database, err);
  if (status == MS_OK) status = connect(connection, options->database, err);
  pthread_mutex_unlock(&opening);
  return status;
}

/* By now the file's name may belong to another file. */
static ms_status sqlite_open_beside(ms_store *store, const ms_store *other, ms_err *err) {
  const ms_sqlite_connection *theirs = sqlite_of(other);
  int moved = 0;
  sqlite3_file_control(theirs->handle, NULL, SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved) return ms_fail(err, MS_IO, "the database's file has been moved or deleted");
  ms_sqlite_connection *connection = store->connection = ms_mem_zalloc(sizeof *connection);
  if (!connection) return ms_no_memory(err);
  connection->busy_timeout_ms = theirs->busy_timeout_ms;
  connection->full = theirs->full;
  MS_TRY(dial(connection, sqlite3_db_filename(theirs->handle, NULL), 0, err));
  MS_TRY(configure(connection, err));
  MS_TRY(ms_frames_open(connection->handle, false, &connection->frames, err));
  if (connection->frames && other->board) ms_frames_share(connection->frames, other->board);
  return prepare_rollback(connection, err);
}

static void sqlite_share(ms_store *store) {
  if (sqlite_of(store)->frames) ms_frames_share(sqlite_of(store)->frames, store->board);
}

static void sqlite_close(ms_store *store) {
  if (!store->connection) return;
  sqlite3_finalize(sqlite_of(store)->rollback);
  ms_sqlite_drop_kept(sqlite_of(store));
  sqlite3_close(sqlite_of(store)->handle);
  ms_frames_free(sqlite_of(store)->frames);
  ms_mem_free(store->connection);
}

/* ---- Transactions ---- */

static ms_status begin_write(ms_store *store) {
  return ms_sql_run(store, "BEGIN IMMEDIATE", "");
}

static ms_status try_write(ms_store *store) {
  sqlite_of(store)->only_tries = true;
  ms_status status = begin_write(store);
  sqlite_of(store)->only_tries = false;
  return status;
}

static void join_line(ms_store *store) {
  ms_sqlite_connection *connection = sqlite_of(store);
  connection->ticket = ms_line_join(store->board);
  connection->in_line = true;
  MS_POINT("line");
}

static void leave_line(ms_store *store) {
  ms_sqlite_connection *connection = sqlite_of(store);
  if (connection->in_line) ms_line_leave(store->board, connection->ticket);
  connection->in_line = false;
}

/* While the line is stuck the lock tells whether somebody still works under it, or whether whoever
 * the line waits for is gone. */
static ms_status wait_in_line(ms_store *store) {
  const ms_sqlite_connection *connection = sqlite_of(store);
  ms_line line;
  while ((line = ms_line_wait(store->board, connection->ticket)) != MS_LINE_REACHED) {
    bool late = out_of_time(connection);
    if (line == MS_LINE_PASSED) join_line(store);
    if (line != MS_LINE_STUCK && !late) continue;
    ms_status status = try_write(store);
    if (status != MS_BUSY || late) return status;
  }
  return begin_write(store);
}

/* Whoever comes meanwhile waits in the line, as for any other writer. Where somebody is in it
 * already the lock alone tells: it may be the ticket of one who is gone. */
static ms_status begin_if_free(ms_store *store) {
  ms_sqlite_connection *connection = sqlite_of(store);
  connection->in_line = store->board && ms_line_join_if_empty(store->board, &connection->ticket);
  ms_status status = try_write(store);
  if (status != MS_OK) leave_line(store);
  return status;
}

/* A ticket whose turn has not come is left for the others to pass by. */
static ms_status begin_write_in_turn(ms_store *store) {
  if (!store->board) return begin_write(store);
  sqlite_of(store)->busy_since_ms = steady_ms();
  join_line(store);
  ms_status status = wait_in_line(store);
  MS_POINT("begun");
  if (status != MS_OK) sqlite_of(store)->in_line = false;
  return status;
}

static void sqlite_rollback(ms_store *store) {
  const ms_sqlite_connection *connection = sqlite_of(store);
  if (!sqlite3_get_autocommit(connection->handle)) {
    sqlite3_step(connection->rollback);
    sqlite3_reset(connection->rollback);
  }
  leave_line(store);
}

static bool in_doubt(const ms_store *store) {
  const ms_frames *frames = sqlite_of(store)->frames;
  return frames && ms_frames_in_doubt(frames);
}

/* A checkpoint that is under way ends soon, since its own syncs fail as well. */
static ms_status write_log_again(ms_store *store) {
  ms_sqlite_connection *connection = sqlite_of(store);
  int code, tries = 0;
  connection->busy_since_ms = steady_ms();
  do {
    code = ms_frames_mend(connection->frames, connection->handle);
  } while (code == SQLITE_BUSY && wait_for_writer(connection, tries++));
  return code == SQLITE_OK ? MS_OK : ms_sqlite_fail(NULL, code, "sync", &store->err);
}

/* In a transaction of its own, since what is read before may be what a database has that lost
 * something. */
static ms_status mend(ms_store *store) {
  ms_status status = begin_write_in_turn(store);
  if (status == MS_OK) status = write_log_again(store);
  sqlite_rollback(store);
  return status;
}

static ms_status begin_to_write(ms_store *store) {
  if (in_doubt(store)) MS_TRY(mend(store));
  return begin_write_in_turn(store);
}

static ms_status sqlite_begin(ms_store *store, bool writes, int64_t *version) {
  MS_TRY(writes ? begin_to_write(store) : ms_sql_run(store, "BEGIN", ""));
  return ms_sql_int(store, "PRAGMA data_version", 0, version, "");
}

static int sync_file(sqlite3 *handle, int which) {
  sqlite3_file *file = NULL;
  int code = sqlite3_file_control(handle, NULL, which, &file);
  if (code != SQLITE_OK || !file || !file->pMethods) return code;
  return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
}

/* Whoever waits in the line need not wait for the disk as well: while it is busy others commit, and
 * one more sync is enough for all of them. */
static bool puts_off(const ms_store *store) {
  const ms_sqlite_connection *connection = sqlite_of(store);
  if (!connection->full || !connection->in_line || !connection->frames) return false;
  return ms_line_is_awaited(store->board, connection->ticket) || ms_sync_is_under_way(store->board);
}

/* Who has written nothing may have seen what others owe, and tell of it. */
static ms_status commit(ms_store *store) {
  ms_sqlite_connection *connection = sqlite_of(store);
  ms_frames *frames = connection->frames;
  bool early = puts_off(store);
  ms_reached reached = MS_REACHED_NOTHING;
  if (store->board) connection->number = ms_unsynced_last(store->board);
  if (frames) ms_frames_put_off(frames, early);
  ms_status status = ms_sql_run(store, "COMMIT", "");
  if (frames) reached = ms_frames_reached(frames, &connection->number);
  if (frames) ms_frames_put_off(frames, false);
  connection->unsynced = reached != MS_REACHED_DISK;
  return status;
}

static ms_status sqlite_commit(ms_store *store) {
  MS_TRY(commit(store));
  leave_line(store);
  return MS_OK;
}

static ms_status sqlite_secure(ms_store *store) {
  ms_sqlite_connection *connection = sqlite_of(store);
  ms_sync sync;
  if (!connection->full || !connection->unsynced || !store->board) return MS_OK;
  if (!ms_sync_begin(store->board, connection->number, &sync)) return MS_OK;
  MS_POINT("sync");
  bool doubts = in_doubt(store);
  int code = sync_file(connection->handle, SQLITE_FCNTL_JOURNAL_POINTER);
  ms_sync_end(store->board, &sync, code == SQLITE_OK);
  if (code != SQLITE_OK && doubts) return mend(store);
  return code == SQLITE_OK ? MS_OK : ms_sqlite_fail(connection->handle, code, "sync", &store->err);
}

/* SQLite's usual 2 MB, or what lets the pages of some 50,000 works be read once; it grows only as
 * they are read, and gives back at once what is too much. */
static ms_status sqlite_widen(ms_store *store, bool wide) {
  ms_sqlite_connection *connection = sqlite_of(store);
  const char *size = wide ? "PRAGMA cache_size = -8192" : "PRAGMA cache_size = -2000";
  if (connection->wide == wide) return MS_OK;
  int code = sqlite3_exec(connection->handle, size, NULL, NULL, NULL);
  if (code != SQLITE_OK) return ms_sqlite_fail(connection->handle, code, "store", &store->err);
  connection->wide = wide;
  return MS_OK;
}

static int64_t sqlite_wal_bytes(const ms_store *store) {
  return sqlite_of(store)->wal_pages * sqlite_of(store)->page_bytes;
}

/* What the database was to get may be lost. */
static void doubt(ms_store *store) {
  if (sqlite_of(store)->frames) ms_frames_doubt(sqlite_of(store)->frames);
}

static ms_status sqlite_checkpoint(ms_store *store, bool *whole) {
  sqlite3 *handle = sqlite_of(store)->handle;
  int pages = 0, copied = 0;
  int code = sqlite3_wal_checkpoint_v2(handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
  *whole = code == SQLITE_OK && copied == pages;
  if (code == SQLITE_OK) sqlite_of(store)->wal_pages = pages;
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return MS_OK;
  if (code == SQLITE_IOERR_FSYNC) doubt(store);
  return ms_sqlite_fail(handle, code, "checkpoint", &store->err);
}

static ms_status sqlite_sync(ms_store *store) {
  sqlite3 *handle = sqlite_of(store)->handle;
  int code = sync_file(handle, SQLITE_FCNTL_FILE_POINTER);
  if (code != SQLITE_OK) doubt(store);
  if (code == SQLITE_OK) code = sync_file(handle, SQLITE_FCNTL_JOURNAL_POINTER);
  return code == SQLITE_OK ? MS_OK : ms_sqlite_fail(handle, code, "sync", &store->err);
}

const ms_driver ms_sqlite = {
    .open = sqlite_open,
    .open_beside = sqlite_open_beside,
    .share = sqlite_share,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .begin_if_free = begin_if_free,
    .commit = sqlite_commit,
    .secure = sqlite_secure,
    .rollback = sqlite_rollback,
    .prepare = ms_sqlite_prepare,
    .open_rows = ms_sqlite_open_rows,
    .open_once = ms_sqlite_open_once,
    .end_once = ms_sqlite_end_once,
    .run = ms_sqlite_run,
    .run_values = ms_sqlite_run_values,
    .step = ms_sqlite_step,
    .reset = ms_sqlite_reset,
    .drop = ms_sqlite_drop,
    .is_null = ms_sqlite_is_null,
    .get_int = ms_sqlite_get_int,
    .get_double = ms_sqlite_get_double,
    .get_text = ms_sqlite_get_text,
    .widen = sqlite_widen,
    .wal_bytes = sqlite_wal_bytes,
    .checkpoint = sqlite_checkpoint,
    .sync = sqlite_sync,
};
