#include "store/session.h"

#include "store/postgres.h"
#include "store/private.h"

static const char take_lock[] = "SELECT 1 WHERE pg_try_advisory_lock(" MS_LOCK_CLASS ", ?::int)";
static const char drop_lock[] = "SELECT pg_advisory_unlock(" MS_LOCK_CLASS ", ?::int)";
/* A server that has just started waits for its clients to come back before it calls them dead. */
static const char select_living[] =
    "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND classid = " MS_LOCK_CLASS
    " AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " UNION SELECT id FROM ms_process"
    " WHERE clock_timestamp() < pg_postmaster_start_time() + interval '5 seconds'";
static const char notify[] = "NOTIFY moonshift";

static ms_postgres *postgres_of(const ms_store *store) {
  return store->connection;
}

ms_status ms_session_join(ms_store *store, int64_t owner) {
  ms_postgres *postgres = postgres_of(store);
  int64_t taken;
  MS_TRY(ms_sql_int(store, take_lock, 0, &taken, "i", owner));
  if (!taken) {
    return ms_fail(&store->err, MS_BUSY, "store: process %lld lives already", (long long)owner);
  }
  if (postgres->owner) MS_TRY(ms_sql_run(store, drop_lock, "i", postgres->owner));
  postgres->owner = owner;
  return MS_OK;
}

void ms_session_outlive(ms_store *store) {
  postgres_of(store)->outlives = true;
}

static ms_status read_living(ms_store *store) {
  ms_postgres *postgres = postgres_of(store);
  ms_statement *statement;
  bool row;
  postgres->living.count = 0;
  MS_TRY(ms_sql_open(store, select_living, &statement, ""));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) break;
    if (ms_ids_add(&postgres->living, ms_sql_column_int(statement, 0))) continue;
    ms_sql_close(statement);
    return ms_no_memory(&store->err);
  }
  postgres->knows_living = true;
  return MS_OK;
}

ms_status ms_session_alive(ms_store *store, int64_t owner, bool *alive) {
  ms_postgres *postgres = postgres_of(store);
  if (!postgres->knows_living) MS_TRY(read_living(store));
  *alive = false;
  for (size_t i = 0; i < postgres->living.count; i++)
    *alive = *alive || postgres->living.items[i] == owner;
  return MS_OK;
}

void ms_session_notify(ms_store *store) {
  ms_err before = store->err;
  if (!postgres_of(store)->dirty) return;
  if (ms_sql_run(store, notify, "") == MS_OK) {
    ms_pipeline_flush(&postgres_of(store)->pipeline);
  }
  store->err = before;
}

bool ms_session_renewed(const ms_store *store) {
  return postgres_of(store)->renewed;
}

void ms_session_settled(ms_store *store) {
  postgres_of(store)->renewed = false;
}

int64_t ms_session_clock_ms(const ms_store *store) {
  return postgres_of(store)->clock_ms;
}

int ms_session_number(const ms_store *store) {
  return postgres_of(store)->backend;
}
