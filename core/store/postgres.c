#include "store/postgres.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/dial.h"
#include "store/postgres_schema.h"
#include "store/private.h"

#include <stdlib.h>

/* Not to write, but to read one moment. */
static const char begin_read[] = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
static const char begin_write[] = "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE";
/* The lock goes with the transaction. What stands behind sees what was committed before. */
static const char lock_turn[] = "SELECT 1 FROM pg_advisory_xact_lock(" MS_LOCK_CLASS ", 0)";
static const char select_commits[] =
    "SELECT value, (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    " FROM ms_counter WHERE name = 'commits'";
static const char update_commits[] = "UPDATE ms_counter SET value = ? WHERE name = 'commits'";
static const char commit[] = "COMMIT";
static const char rollback[] = "ROLLBACK";

/* The least by which clocks must differ for it to count. */
#define CLOCK_ERROR_MS 50

static ms_postgres *postgres_of(const ms_store *store) {
  return store->connection;
}

static ms_remote *remote_of(const ms_statement *statement) {
  return statement->handle;
}

/* ---- The connection ---- */

static int64_t steady_ms(void) {
  return ms_clock_steady_ms(&(ms_clock){0});
}

/* An answer that took long, on the way or for the lock, tells nothing. Neither does a difference
 * that the way may have made. */
static void note_clock(ms_postgres *postgres, int64_t server_ms, int64_t took_ms) {
  int64_t clock_ms = server_ms - steady_ms();
  if (took_ms > postgres->clock_error_ms) return;
  if (llabs(clock_ms - postgres->clock_ms) > postgres->clock_error_ms)
    postgres->clock_ms = clock_ms;
}

/* The server's side notices a machine that is gone within the same time as ours. A lock is waited
 * for as long as another process's write. */
static ms_status configure(const ms_postgres *postgres, PGconn *link, ms_err *err) {
  char sql[320];
  snprintf(sql, sizeof sql,
           "SET search_path = moonshift; SET lock_timeout = %lld; SET statement_timeout = 0;"
           "SET idle_in_transaction_session_timeout = 0;"
           "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2;"
           "SET tcp_keepalives_count = 3",
           (long long)postgres->busy_timeout_ms);
  return ms_dial_execute(postgres->pq, link, sql, err);
}

/* A server that waits for more than its own disk is not told to wait for less. */
static ms_status set_durability(const ms_postgres *postgres, PGconn *link, ms_err *err) {
  return ms_dial_execute(postgres->pq, link,
                         postgres->full ? "SELECT set_config('synchronous_commit', 'on', false)"
                                          " WHERE current_setting('synchronous_commit') = 'off'"
                                        : "SET synchronous_commit = off",
                         err);
}

static ms_status check_encoding(const ms_libpq *pq, PGconn *link, ms_err *err) {
  long long utf8;
  MS_TRY(ms_dial_ask(pq, link,
                     "SELECT count(*) FROM pg_database WHERE datname = current_database()"
                     " AND pg_encoding_to_char(encoding) = 'UTF8'",
                     &utf8, err));
  return utf8 ? MS_OK : ms_fail(err, MS_IO, "open: the database's encoding must be UTF8");
}

/* The lock that says that the owner lives. The server may not know yet that the connection which
 * held it is gone. */
static ms_status take_owner_lock(ms_postgres *postgres, PGconn *link, ms_err *err) {
  char sql[256];
  if (!postgres->owner) return MS_OK;
  snprintf(sql, sizeof sql,
           "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
           " AND classid = " MS_LOCK_CLASS
           " AND objid = %lld AND pid = %d;"
           "SELECT pg_advisory_lock(" MS_LOCK_CLASS ", %lld)",
           (long long)postgres->owner, postgres->backend, (long long)postgres->owner);
  return ms_dial_execute(postgres->pq, link, sql, err);
}

static ms_status ask_clock(ms_postgres *postgres, PGconn *link, ms_err *err) {
  long long server_ms;
  int64_t begun_ms = steady_ms();
  MS_TRY(ms_dial_ask(postgres->pq, link,
                     "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", &server_ms,
                     err));
  postgres->clock_error_ms = 2 * (steady_ms() - begun_ms) + CLOCK_ERROR_MS;
  note_clock(postgres, server_ms, 0);
  return MS_OK;
}

static ms_status connect(ms_postgres *postgres, ms_err *err) {
  const ms_libpq *pq = postgres->pq;
  PGconn *link;
  ms_dial_hang_up(pq, postgres->link);
  postgres->link = NULL;
  ms_pipeline_reset(&postgres->pipeline, NULL);
  MS_TRY(ms_dial(pq, postgres->url, &link, err));
  ms_status status = check_encoding(pq, link, err);
  if (status == MS_OK) status = configure(postgres, link, err);
  if (status == MS_OK) status = ms_postgres_migrate(pq, link, err);
  if (status == MS_OK) status = set_durability(postgres, link, err);
  if (status == MS_OK) status = ask_clock(postgres, link, err);
  if (status == MS_OK) status = take_owner_lock(postgres, link, err);
  if (status != MS_OK) {
    ms_dial_hang_up(pq, link);
    return status;
  }
  pq->PQenterPipelineMode(link);
  postgres->link = link;
  postgres->backend = pq->PQbackendPID(link);
  postgres->renewed = postgres->owner != 0;
  ms_pipeline_reset(&postgres->pipeline, link);
  return MS_OK;
}

static ms_status postgres_open(ms_store *store, const ms_store_options *options, ms_err *err) {
  ms_postgres *postgres = store->connection = ms_mem_zalloc(sizeof *postgres);
  if (!postgres) return ms_no_memory(err);
  postgres->url = ms_mem_copy(options->database, strlen(options->database));
  if (!postgres->url) return ms_no_memory(err);
  postgres->full = options->full;
  /* The server cannot count further, which is 24 days. */
  postgres->busy_timeout_ms =
      options->busy_timeout_ms < INT32_MAX ? options->busy_timeout_ms : INT32_MAX;
  MS_TRY(ms_libpq_load(&postgres->pq, err));
  postgres->pipeline.pq = postgres->pq;
  return connect(postgres, err);
}

static void postgres_close(ms_store *store) {
  ms_postgres *postgres = store->connection;
  if (!postgres) return;
  if (postgres->pq && !postgres->outlives) ms_dial_hang_up(postgres->pq, postgres->link);
  ms_pipeline_deinit(&postgres->pipeline);
  ms_ids_deinit(&postgres->living);
  ms_mem_free(postgres->url);
  ms_mem_free(postgres);
}

/* ---- Statements ---- */

static ms_status make(ms_store *store, ms_text sql, ms_statement *statement) {
  ms_remote *remote = ms_mem_zalloc(sizeof *remote);
  if (!remote) return ms_no_memory(&store->err);
  statement->handle = remote;
  bool complete = ms_remote_init(&postgres_of(store)->pipeline, remote, sql);
  return complete ? MS_OK : ms_no_memory(&store->err);
}

static void postgres_drop(ms_statement *statement) {
  ms_remote_deinit(remote_of(statement));
  ms_mem_free(statement->handle);
}

static ms_status postgres_prepare(ms_store *store, const char *sql, ms_statement *statement) {
  ms_status status = make(store, ms_text_of(sql), statement);
  if (status != MS_OK && statement->handle) postgres_drop(statement);
  if (status != MS_OK) statement->handle = NULL;
  return status;
}

static ms_status wait_for(ms_store *store, ms_remote *remote) {
  ms_status status = ms_pipeline_wait(&postgres_of(store)->pipeline, &store->err);
  if (status != MS_OK) ms_remote_clear(remote);
  return status;
}

static ms_status postgres_open_rows(ms_store *store, ms_statement *statement, const char *types,
                                    va_list *values) {
  ms_postgres *postgres = postgres_of(store);
  ms_remote *remote = remote_of(statement);
  ms_sending sending = {.remote = remote, .reads = true, .rows = MS_ANY_ROWS};
  postgres->dirty = postgres->dirty || remote->writes;
  MS_TRY(ms_pipeline_send(&postgres->pipeline, &sending, types, values, &store->err));
  return wait_for(store, remote);
}

static ms_status postgres_open_once(ms_store *store, ms_text sql, const ms_text *values,
                                    size_t count, ms_statement *statement) {
  ms_postgres *postgres = postgres_of(store);
  (void)count;
  MS_TRY(make(store, sql, statement));
  MS_TRY(ms_pipeline_send_once(&postgres->pipeline, remote_of(statement), values, &store->err));
  return wait_for(store, remote_of(statement));
}

static void postgres_end_once(ms_store *store, ms_statement *statement) {
  (void)store;
  postgres_drop(statement);
}

static ms_status postgres_run(ms_store *store, ms_statement *statement, int64_t rows,
                              const char *types, va_list *values) {
  ms_postgres *postgres = postgres_of(store);
  ms_sending sending = {.remote = remote_of(statement), .rows = rows};
  postgres->dirty = postgres->dirty || sending.remote->writes;
  return ms_pipeline_send(&postgres->pipeline, &sending, types, values, &store->err);
}

static ms_status postgres_run_values(ms_store *store, ms_statement *statement,
                                     const ms_value *values, size_t count) {
  ms_postgres *postgres = postgres_of(store);
  ms_remote *remote = remote_of(statement);
  postgres->dirty = postgres->dirty || remote->writes;
  return ms_pipeline_send_values(&postgres->pipeline, remote, values, count, &store->err);
}

static void postgres_reset(ms_statement *statement) {
  ms_remote_clear(remote_of(statement));
}

static ms_status postgres_step(ms_store *store, ms_statement *statement, bool *row) {
  return ms_remote_step(remote_of(statement), row, &store->err);
}

/* ---- Columns ---- */

static bool postgres_is_null(const ms_statement *statement, int column) {
  return ms_remote_is_null(remote_of(statement), column);
}

/* Numbers come with their most significant byte first. */
static int64_t postgres_get_int(const ms_statement *statement, int column) {
  if (postgres_is_null(statement, column)) return 0;
  ms_text bytes = ms_remote_bytes(remote_of(statement), column);
  int64_t value = (signed char)bytes.data[0];
  for (size_t i = 1; i < bytes.size; i++)
    value = (int64_t)((uint64_t)value << 8 | (unsigned char)bytes.data[i]);
  return value;
}

static double postgres_get_double(const ms_statement *statement, int column) {
  int64_t bits = postgres_get_int(statement, column);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static ms_text postgres_get_text(const ms_statement *statement, int column) {
  const ms_remote *remote = remote_of(statement);
  if (postgres_is_null(statement, column)) return MS_TEXT_NONE;
  if (remote->texts && remote->texts[column].data) return remote->texts[column];
  return ms_remote_bytes(remote, column);
}

/* ---- Transactions ---- */

static ms_status start(ms_store *store, bool writes) {
  ms_postgres *postgres = postgres_of(store);
  ms_statement *statement;
  bool row;
  int64_t begun_ms = steady_ms();
  MS_TRY(ms_sql_run(store, writes ? begin_write : begin_read, ""));
  if (writes) MS_TRY(ms_sql_run(store, lock_turn, ""));
  MS_TRY(ms_sql_open(store, select_commits, &statement, ""));
  MS_TRY(ms_sql_step(store, statement, &row));
  if (!row)
    return ms_fail(&store->err, MS_CORRUPT, "table ms_counter: the commits are not counted");
  postgres->version = ms_sql_column_int(statement, 0);
  note_clock(postgres, ms_sql_column_int(statement, 1), steady_ms() - begun_ms);
  ms_sql_close(statement);
  return MS_OK;
}

/* Nothing of the transaction has happened yet, so a connection that was lost since the last one
 * costs nothing but the time to make another. */
static ms_status postgres_begin(ms_store *store, bool writes, int64_t *version) {
  ms_postgres *postgres = postgres_of(store);
  if (postgres->pipeline.count) ms_pipeline_wait(&postgres->pipeline, NULL);
  bool stood = ms_pipeline_stands(&postgres->pipeline);
  if (!stood) MS_TRY(connect(postgres, &store->err));
  postgres->dirty = false;
  postgres->knows_living = false;
  ms_status status = start(store, writes);
  if (status != MS_OK && stood && !ms_pipeline_stands(&postgres->pipeline)) {
    MS_TRY(connect(postgres, &store->err));
    status = start(store, writes);
  }
  *version = postgres->version;
  return status;
}

/* A transaction in which something failed ends with the word ROLLBACK, and no error. */
static ms_status check_commit(ms_store *store, ms_statement *statement) {
  const ms_remote *remote = remote_of(statement);
  bool committed = strcmp(remote->pq->PQcmdStatus(remote->result), "COMMIT") == 0;
  ms_sql_close(statement);
  return committed ? MS_OK : ms_fail(&store->err, MS_IO, "store: the server did not commit");
}

static ms_status postgres_commit(ms_store *store) {
  ms_postgres *postgres = postgres_of(store);
  ms_statement *statement;
  if (!postgres->dirty) {
    MS_TRY(ms_sql_run(store, commit, ""));
    ms_pipeline_flush(&postgres->pipeline);
    return MS_OK;
  }
  MS_TRY(ms_sql_run(store, update_commits, "i", postgres->version + 1));
  MS_TRY(ms_sql_open(store, commit, &statement, ""));
  MS_TRY(check_commit(store, statement));
  store->data_version = ++postgres->version;
  return MS_OK;
}

static void postgres_rollback(ms_store *store) {
  ms_postgres *postgres = postgres_of(store);
  ms_pipeline *pipeline = &postgres->pipeline;
  ms_err before = store->err;
  if (pipeline->count) ms_pipeline_wait(pipeline, NULL);
  bool open = ms_pipeline_stands(pipeline) &&
              postgres->pq->PQtransactionStatus(postgres->link) != MS_TRANSACTION_NONE;
  if (open && ms_sql_run(store, rollback, "") == MS_OK) ms_pipeline_wait(pipeline, NULL);
  store->err = before;
}

/* The server looks after its log by itself. */
static int64_t postgres_wal_bytes(const ms_store *store) {
  (void)store;
  return 0;
}

const ms_driver ms_postgres_driver = {
    .is_server = true,
    .open = postgres_open,
    .close = postgres_close,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .prepare = postgres_prepare,
    .open_rows = postgres_open_rows,
    .open_once = postgres_open_once,
    .end_once = postgres_end_once,
    .run = postgres_run,
    .run_values = postgres_run_values,
    .step = postgres_step,
    .reset = postgres_reset,
    .drop = postgres_drop,
    .is_null = postgres_is_null,
    .get_int = postgres_get_int,
    .get_double = postgres_get_double,
    .get_text = postgres_get_text,
    .wal_bytes = postgres_wal_bytes,
};
