#include "store/arrival.h"

#include "store/private.h"

#include <math.h>

#define COLUMNS "id, request, stages, name, existing, inserted_at, error"

/* The partial index holds only what has not been read, so that each of these is one seek however
 * many refused rows there are. */
static const char select_any[] = "SELECT 1 FROM moonshift_inbox WHERE error IS NULL LIMIT 1";
static const char select_first[] = "SELECT " COLUMNS
                                   " FROM moonshift_inbox"
                                   " WHERE error IS NULL ORDER BY id LIMIT 1";
static const char delete_row[] = "DELETE FROM moonshift_inbox WHERE id = ?";
static const char update_error[] = "UPDATE moonshift_inbox SET error = ? WHERE id = ?";
static const char count_refused[] = "SELECT count(*) FROM moonshift_inbox WHERE error IS NOT NULL";
static const char select_refused[] =
    "SELECT " COLUMNS " FROM moonshift_inbox WHERE error IS NOT NULL ORDER BY id";

ms_status ms_arrival_any(ms_store *store, bool *any) {
  int64_t found;
  MS_TRY(ms_sql_int(store, select_any, 0, &found, ""));
  *any = found != 0;
  return MS_OK;
}

/* Whatever is beyond all times comes from the future, like any clock that is ahead. */
static int64_t to_ms(double seconds) {
  return seconds < (double)MS_NEVER / 1000 ? (int64_t)round(seconds * 1000) : MS_NEVER;
}

static ms_status read_row(ms_store *store, ms_statement *statement, ms_arena *arena,
                          ms_arrival *arrival) {
  bool failed = false;
  *arrival = (ms_arrival){
      .id = ms_sql_column_int(statement, 0),
      .request = ms_sql_column_copy(statement, 1, arena, &failed),
      .stages = ms_sql_column_copy(statement, 2, arena, &failed),
      .name = ms_sql_column_copy(statement, 3, arena, &failed),
      .existing = ms_sql_column_copy(statement, 4, arena, &failed),
      .at_ms = to_ms(ms_sql_column_double(statement, 5)),
      .error = ms_sql_column_copy(statement, 6, arena, &failed),
  };
  return failed ? ms_no_memory(&store->err) : MS_OK;
}

ms_status ms_arrival_look(ms_store *store, bool *any) {
  MS_TRY(ms_store_begin_if_free(store));
  ms_status status = ms_arrival_any(store, any);
  if (status == MS_OK) status = ms_store_commit_first(store);
  if (status != MS_OK) ms_store_rollback(store);
  return status;
}

ms_status ms_arrival_first(ms_store *store, ms_arena *arena, ms_arrival *arrival, bool *found) {
  ms_statement *statement;
  MS_TRY(ms_sql_open(store, select_first, &statement, ""));
  MS_TRY(ms_sql_step(store, statement, found));
  if (!*found) return MS_OK;
  ms_status status = read_row(store, statement, arena, arrival);
  ms_sql_close(statement);
  return status;
}

/* Who found the row by a damaged index would find it again and again. */
static ms_status taken(ms_store *store, int64_t id, ms_status status) {
  if (status != MS_NOTFOUND) return status;
  return ms_fail(&store->err, MS_CORRUPT, "table moonshift_inbox: row %lld is not there",
                 (long long)id);
}

ms_status ms_arrival_delete(ms_store *store, int64_t id) {
  return taken(store, id, ms_sql_take(store, 1, delete_row, "i", id));
}

ms_status ms_arrival_refuse(ms_store *store, int64_t id, ms_text error) {
  return taken(store, id, ms_sql_take(store, 1, update_error, "ti", error, id));
}

ms_status ms_arrivals_refused(ms_store *store, ms_arena *arena, ms_arrival **list, size_t *count) {
  ms_statement *statement;
  int64_t most;
  bool row = true;
  MS_TRY(ms_sql_int(store, count_refused, 0, &most, ""));
  *count = 0;
  *list = ms_arena_take(arena, (size_t)most * sizeof **list);
  if (!*list) return ms_no_memory(&store->err);
  MS_TRY(ms_sql_open(store, select_refused, &statement, ""));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    ms_status status = read_row(store, statement, arena, &(*list)[*count]);
    if (status != MS_OK) ms_sql_close(statement);
    MS_TRY(status);
    (*count)++;
  }
}
