#include "store/store.h"

#include "base/mem.h"
#include "base/point.h"
#include "store/dial.h"
#include "store/postgres.h"
#include "store/private.h"
#include "store/sqlite.h"

ms_status ms_store_open(const ms_store_options *options, ms_store **store, ms_err *err) {
  ms_store *fresh = ms_mem_zalloc(sizeof *fresh);
  if (!fresh) return ms_no_memory(err);
  fresh->driver = ms_dial_is_url(options->database) ? &ms_postgres_driver : &ms_sqlite;
  fresh->in_memory = strcmp(options->database, ":memory:") == 0;
  ms_status status = fresh->driver->open(fresh, options, err);
  if (status != MS_OK) {
    ms_store_close(fresh);
    return status;
  }
  *store = fresh;
  return MS_OK;
}

ms_status ms_store_open_beside(ms_store *store, ms_store **beside) {
  ms_store *fresh = ms_mem_zalloc(sizeof *fresh);
  if (!fresh) return ms_no_memory(&store->err);
  fresh->driver = store->driver;
  ms_status status = fresh->driver->open_beside(fresh, store, &store->err);
  if (status != MS_OK) {
    ms_store_close(fresh);
    return status;
  }
  fresh->board = store->board;
  *beside = fresh;
  return MS_OK;
}

void ms_store_close(ms_store *store) {
  if (!store) return;
  for (size_t i = 0; i < MS_STATEMENTS_MAX; i++)
    ms_sql_drop(&store->statements[i]);
  store->driver->close(store);
  ms_lanes_deinit(&store->lanes);
  ms_claims_deinit(&store->claims);
  ms_queues_deinit(&store->queues);
  ms_sources_deinit(&store->sources);
  ms_rows_deinit(store);
  ms_mem_free(store);
}

void ms_store_share(ms_store *store, ms_board *board) {
  store->board = board;
  if (store->driver->share) store->driver->share(store);
}

ms_err *ms_store_err(ms_store *store) {
  return &store->err;
}

bool ms_store_in_memory(const ms_store *store) {
  return store->in_memory;
}

bool ms_store_on_server(const ms_store *store) {
  return store->driver->is_server;
}

bool ms_store_in_file(const ms_store *store) {
  return !store->in_memory && !store->driver->is_server;
}

static const char select_newest[] =
    "SELECT max(id) FROM ms_work WHERE id BETWEEN 1 AND 999999999999999999";
static const char set_counter[] =
    "INSERT INTO ms_counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/* What was rolled back may stand in memory. */
static void forget(ms_store *store) {
  store->data_version = 0;
  store->lanes.stale = true;
  store->claims.stale = true;
  ms_sources_forget(&store->sources);
}

/* The highest id is that of the newest work, or of one that has been deleted since. Who neither
 * enqueues nor deletes does without it. */
static ms_status know_ids(ms_store *store) {
  int64_t newest;
  if (store->knows_ids) return MS_OK;
  MS_TRY(ms_store_counter(store, "id", &store->deleted_id));
  MS_TRY(ms_sql_int(store, select_newest, 0, &newest, ""));
  if (!ms_is_id(store->deleted_id)) store->deleted_id = 0;
  store->last_id = newest > store->deleted_id ? newest : store->deleted_id;
  store->knows_ids = true;
  return MS_OK;
}

/* What is remembered must match the store before anything is decided from it. */
static ms_status refresh(ms_store *store, int64_t version, bool *changed) {
  *changed = version != store->data_version;
  if (!*changed) return MS_OK;
  store->deadline.known = store->finish.known = false;
  store->knows_ids = store->knows_passed_over = false;
  MS_TRY(ms_lanes_load(store));
  MS_TRY(ms_claims_load(store));
  MS_TRY(ms_queues_load(store));
  store->data_version = version;
  return MS_OK;
}

static ms_status begin(ms_store *store, bool writes, bool *changed) {
  int64_t version;
  ms_status status = store->driver->begin(store, writes, &version);
  if (status == MS_OK) status = refresh(store, version, changed);
  if (status != MS_OK) ms_store_rollback(store);
  return status;
}

ms_status ms_store_begin(ms_store *store, bool *changed) {
  return begin(store, true, changed);
}

ms_status ms_store_begin_read(ms_store *store, bool *changed) {
  return begin(store, false, changed);
}

ms_status ms_store_begin_if_free(ms_store *store) {
  return store->driver->begin_if_free(store);
}

ms_status ms_store_commit_first(ms_store *store) {
  MS_TRY(ms_rows_write(store));
  MS_POINT("commit");
  ms_status status = store->driver->commit(store);
  MS_POINT("committed");
  return status;
}

ms_status ms_store_secure(ms_store *store) {
  return store->driver->secure ? store->driver->secure(store) : MS_OK;
}

ms_status ms_store_commit(ms_store *store) {
  MS_TRY(ms_store_commit_first(store));
  return ms_store_secure(store);
}

void ms_store_rollback(ms_store *store) {
  store->driver->rollback(store);
  ms_rows_drop(store);
  forget(store);
}

ms_status ms_store_counter(ms_store *store, const char *name, int64_t *value) {
  MS_TRY(ms_sql_int(store, "SELECT value FROM ms_counter WHERE name = ?", 0, value, "t",
                    ms_text_of(name)));
  if (*value < -MS_FAR || *value > MS_FAR) *value = 0;
  return MS_OK;
}

ms_status ms_store_set_counter(ms_store *store, const char *name, int64_t value) {
  return ms_sql_run(store, set_counter, "ti", ms_text_of(name), value);
}

ms_status ms_store_take_ids(ms_store *store, int64_t count, int64_t *first) {
  MS_TRY(know_ids(store));
  if (store->last_id > MS_ID_MAX - count) {
    return ms_fail(&store->err, MS_CORRUPT, "table ms_work: no ids are left above %lld",
                   (long long)store->last_id);
  }
  *first = store->last_id + 1;
  store->last_id += count;
  return MS_OK;
}

int64_t ms_store_take_batch(ms_store *store) {
  return ++store->last_batch;
}

ms_status ms_store_keep_id(ms_store *store, int64_t id) {
  MS_TRY(know_ids(store));
  if (id <= store->deleted_id) return MS_OK;
  store->deleted_id = store->last_id;
  return ms_store_set_counter(store, "id", store->last_id);
}

int64_t ms_store_wal_bytes(const ms_store *store) {
  return store->driver->wal_bytes(store);
}

ms_status ms_store_widen(ms_store *store, bool wide) {
  return store->driver->widen ? store->driver->widen(store, wide) : MS_OK;
}

ms_status ms_store_checkpoint(ms_store *store, bool *whole) {
  return store->driver->checkpoint(store, whole);
}

ms_status ms_store_sync(ms_store *store) {
  return store->driver->sync(store);
}
