#include "store/store.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/private.h"
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Between two looks at a lock that another process holds. Short against a commit, long against a
 * system call. */
#define BUSY_PAUSE_NS 300000

/* A file is made through a descriptor of our own, and closing one would drop the locks of another
 * connection of this process on the same file; so only one store at a time is being opened. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static ms_status explain_errno(const char *path, int error, ms_err *err) {
  ms_status status = error == ENOENT || error == ENOTDIR                   ? MS_NOTFOUND
                     : error == EACCES || error == EPERM || error == EROFS ? MS_PERMISSION
                     : error == ENOSPC || error == EDQUOT                  ? MS_FULL
                                                                           : MS_IO;
  return ms_fail(err, status, "open %s: %s", path, strerror(error));
}

/* Makes the file with mode 0600 if there is none; refuses what cannot be a database of ours. */
static ms_status prepare_file(const char *path, ms_err *err) {
  struct stat stat;
  if (lstat(path, &stat) != 0) {
    if (errno != ENOENT) return explain_errno(path, errno, err);
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0 && errno != EEXIST) return explain_errno(path, errno, err);
    if (file >= 0) close(file);
    return MS_OK;
  }
  if (S_ISLNK(stat.st_mode)) {
    return ms_fail(err, MS_IO, "open %s: a symbolic link is not followed", path);
  }
  if (!S_ISREG(stat.st_mode)) return ms_fail(err, MS_IO, "open %s: not a regular file", path);
  if (access(path, R_OK | W_OK) != 0) return explain_errno(path, errno, err);
  return MS_OK;
}

static int64_t steady_ms(void) {
  return ms_clock_steady_ms(&(ms_clock){0});
}

/* SQLite's own handler sleeps for up to 100 ms at a time and so starves. */
static int wait_for_writer(void *context, int tries) {
  ms_store *store = context;
  if (tries == 0) store->busy_since_ms = steady_ms();
  if (steady_ms() - store->busy_since_ms >= store->busy_timeout_ms) return 0;
  nanosleep(&(struct timespec){.tv_nsec = BUSY_PAUSE_NS}, NULL);
  return 1;
}

static int after_commit(void *context, sqlite3 *connection, const char *schema, int pages) {
  ms_store *store = context;
  (void)connection;
  (void)schema;
  store->wal_pages = pages;
  return SQLITE_OK;
}

static ms_status configure(ms_store *store, bool full, ms_err *err) {
  static const char common[] =
      "PRAGMA journal_mode = WAL; PRAGMA temp_store = MEMORY;"
      "PRAGMA secure_delete = OFF; PRAGMA wal_autocheckpoint = 0;"
      "PRAGMA journal_size_limit = 67108864;";
  const char *durability = full ? "PRAGMA synchronous = FULL;" : "PRAGMA synchronous = NORMAL;";
  int code = sqlite3_exec(store->connection, common, NULL, NULL, NULL);
  if (code == SQLITE_OK) code = sqlite3_exec(store->connection, durability, NULL, NULL, NULL);
  if (code != SQLITE_OK) return ms_sql_fail(store->connection, code, "open", err);
  sqlite3_wal_hook(store->connection, after_commit, store);
  return MS_OK;
}

static ms_status connect(ms_store *store, const ms_store_options *options, ms_err *err) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  int code = sqlite3_open_v2(options->path, &store->connection, flags, NULL);
  if (code != SQLITE_OK) return ms_sql_fail(store->connection, code, "open", err);
  sqlite3_extended_result_codes(store->connection, 1);
  sqlite3_busy_handler(store->connection, wait_for_writer, store);
  MS_TRY(ms_schema_check(store->connection, err));
  MS_TRY(configure(store, options->full, err));
  return ms_schema_migrate(store->connection, err);
}

static ms_status open_store(const ms_store_options *options, ms_store **store, ms_err *err) {
  bool in_memory = strcmp(options->path, ":memory:") == 0;
  if (!in_memory) MS_TRY(prepare_file(options->path, err));
  ms_store *fresh = ms_mem_zalloc(sizeof *fresh);
  if (!fresh) return ms_fail(err, MS_NOMEM, "not enough memory");
  fresh->in_memory = in_memory;
  fresh->busy_timeout_ms = options->busy_timeout_ms;
  ms_status status = connect(fresh, options, err);
  if (status != MS_OK) {
    ms_store_close(fresh);
    return status;
  }
  *store = fresh;
  return MS_OK;
}

ms_status ms_store_open(const ms_store_options *options, ms_store **store, ms_err *err) {
  pthread_mutex_lock(&opening);
  ms_status status = open_store(options, store, err);
  pthread_mutex_unlock(&opening);
  return status;
}

void ms_store_close(ms_store *store) {
  if (!store) return;
  for (size_t i = 0; i < MS_STATEMENTS_MAX; i++) {
    sqlite3_finalize(store->statements[i].statement);
  }
  sqlite3_close(store->connection);
  ms_lanes_deinit(&store->lanes);
  ms_claims_deinit(&store->claims);
  ms_queues_deinit(&store->queues);
  ms_mem_free(store);
}

ms_err *ms_store_err(ms_store *store) {
  return &store->err;
}

bool ms_store_in_memory(const ms_store *store) {
  return store->in_memory;
}

static void forget(ms_store *store) {
  store->data_version = 0;
  store->lanes.stale = true;
  store->claims.stale = true;
  store->queues.stale = true;
}

/* The highest id is that of the newest work, or of one that has been deleted since. A process never
 * goes back in its own batches; those of others are told apart by their owner. */
static ms_status read_ids(ms_store *store) {
  int64_t newest, batch;
  MS_TRY(ms_store_counter(store, "id", &store->deleted_id));
  MS_TRY(ms_sql_int(store, "SELECT max(id) FROM work", 0, &newest, ""));
  MS_TRY(ms_sql_int(store, "SELECT max(batch) FROM claim", 0, &batch, ""));
  store->last_id = newest > store->deleted_id ? newest : store->deleted_id;
  if (batch > store->last_batch) store->last_batch = batch;
  return MS_OK;
}

/* What is remembered must match the store before anything is decided from it. */
static ms_status refresh(ms_store *store, bool *changed) {
  int64_t version;
  MS_TRY(ms_sql_int(store, "PRAGMA data_version", 0, &version, ""));
  *changed = version != store->data_version;
  if (!*changed) return MS_OK;
  forget(store);
  MS_TRY(read_ids(store));
  MS_TRY(ms_lanes_load(store));
  MS_TRY(ms_claims_load(store));
  MS_TRY(ms_queues_load(store));
  store->data_version = version;
  return MS_OK;
}

ms_status ms_store_begin(ms_store *store, bool *changed) {
  MS_TRY(ms_sql_run(store, "BEGIN IMMEDIATE", ""));
  ms_status status = refresh(store, changed);
  if (status != MS_OK) ms_store_rollback(store);
  return status;
}

ms_status ms_store_begin_read(ms_store *store, bool *changed) {
  MS_TRY(ms_sql_run(store, "BEGIN", ""));
  ms_status status = refresh(store, changed);
  if (status != MS_OK) ms_store_rollback(store);
  return status;
}

ms_status ms_store_commit(ms_store *store) {
  return ms_sql_run(store, "COMMIT", "");
}

void ms_store_rollback(ms_store *store) {
  if (!sqlite3_get_autocommit(store->connection)) {
    sqlite3_exec(store->connection, "ROLLBACK", NULL, NULL, NULL);
  }
  forget(store);
}

ms_status ms_store_counter(ms_store *store, const char *name, int64_t *value) {
  return ms_sql_int(store, "SELECT value FROM counter WHERE name = ?", 0, value, "t",
                    ms_text_of(name));
}

ms_status ms_store_set_counter(ms_store *store, const char *name, int64_t value) {
  return ms_sql_run(store, "INSERT OR REPLACE INTO counter VALUES (?, ?)", "ti", ms_text_of(name),
                    value);
}

int64_t ms_store_take_ids(ms_store *store, int64_t count) {
  store->last_id += count;
  return store->last_id - count + 1;
}

int64_t ms_store_take_batch(ms_store *store) {
  return ++store->last_batch;
}

ms_status ms_store_keep_id(ms_store *store, int64_t id) {
  if (id <= store->deleted_id) return MS_OK;
  store->deleted_id = store->last_id;
  return ms_store_set_counter(store, "id", store->last_id);
}

int ms_store_wal_pages(const ms_store *store) {
  return store->wal_pages;
}

ms_status ms_store_checkpoint(ms_store *store) {
  int pages = 0;
  int code =
      sqlite3_wal_checkpoint_v2(store->connection, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, &pages);
  if ((code & 0xff) == SQLITE_BUSY) return MS_OK;
  if (code != SQLITE_OK) return ms_sql_fail(store->connection, code, "checkpoint", &store->err);
  store->wal_pages = 0;
  return MS_OK;
}
