#include "store/waiting.h"

#include "store/private.h"

/* Texts stand behind all numbers, where nobody looks for them. */
#define NUMBERS(column) " AND " column " <= 9223372036854775807"
/* A place that is no whole number, or no work's, could be found but never left. */
#define WHOLE(due_at, id)                                                                          \
  " AND " due_at " = CAST(" due_at " AS BIGINT) AND " id " = CAST(" id " AS BIGINT) AND " id       \
  " BETWEEN 1 AND 999999999999999999"

/* A claim reads most works as they are found, by their plainer columns; whatever has more to it is
 * looked up by itself. */
static const char select_waiting[] =
    "SELECT q.due_at, q.id, q.more, " MS_PLAIN_COLUMNS
    ", CASE q.more WHEN 2 THEN (SELECT p.output FROM ms_edge e JOIN ms_done p"
    " ON p.id = e.prerequisite WHERE e.dependent = q.id LIMIT 1) END"
    " FROM ms_waiting q LEFT JOIN ms_work w ON w.id = q.id"
    " WHERE q.lane = ? AND (q.due_at, q.id) > (?, ?)" NUMBERS("q.due_at")
        WHOLE("q.due_at", "q.id") " ORDER BY q.due_at, q.id LIMIT ?";
#define FIRST_PLAIN_COLUMN 3
static const char select_head[] =
    "SELECT due_at, id FROM ms_waiting WHERE lane = ? AND (due_at, id) > (?, ?)" NUMBERS("due_at")
        WHOLE("due_at", "id") " ORDER BY due_at, id LIMIT 1";
/* Most works that stand in a row are due together, so that no row is compared by two columns. */
static const char delete_due_together[] =
    "DELETE FROM ms_waiting WHERE lane = ? AND due_at = ? AND id >= ? AND id <= ?" WHOLE("due_at",
                                                                                         "id");
static const char delete_stretch[] =
    "DELETE FROM ms_waiting WHERE lane = ? AND (due_at, id) >= (?, ?) AND (due_at, id) <= (?, "
    "?)" WHOLE("due_at", "id");
/* Works that came blocked and have had no other moment, with what they waited for. SQLite would put
 * a list of ids, or values that are merely joined, into a table of their own first, which costs as
 * much as to look up five works. */
#define FREED(from, where)                                                                         \
  "SELECT w.id, " MS_PLAIN_COLUMNS ", p.output FROM " from                                         \
  "ms_work w"                                                                                      \
  " LEFT JOIN ms_life l ON l.id = w.id LEFT JOIN ms_done d ON d.id = w.id"                         \
  " LEFT JOIN ms_edge e ON e.dependent = w.id LEFT JOIN ms_done p ON p.id = e.prerequisite"        \
  " WHERE w.id = " where " AND w.blocked = 1 AND l.id IS NULL AND d.id IS NULL"
static const char select_freed[] = FREED("", "?");
static const char select_all_freed[] = FREED(
    "(VALUES (CAST(? AS BIGINT)), (?), (?), (?), (?), (?), (?), (?)) v CROSS JOIN ", "v.column1");
static ms_status read_plain(ms_store *store, ms_statement *statement, ms_arena *arena,
                            ms_work *work) {
  ms_work_init(work);
  work->due_at_ms = ms_sql_column_due(statement, 0);
  work->id = ms_sql_column_int(statement, 1);
  return ms_work_read_plain(statement, FIRST_PLAIN_COLUMN, arena, work) ? MS_OK
                                                                        : ms_no_memory(&store->err);
}

/* What its life says follows from its place. */
static ms_status read_freed(ms_store *store, ms_statement *statement, ms_arena *arena,
                            ms_work *work) {
  bool failed = false;
  MS_TRY(read_plain(store, statement, arena, work));
  work->enqueued_at_ms = work->due_at_ms - work->delay_ms;
  work->born_blocked = work->has_life = work->knows_output = true;
  work->prerequisites = 1;
  work->prior_output =
      ms_sql_column_copy(statement, FIRST_PLAIN_COLUMN + MS_PLAIN_COUNT, arena, &failed);
  return failed ? ms_no_memory(&store->err) : MS_OK;
}

static ms_status read_blocked(ms_store *store, ms_statement *statement, ms_arena *arena,
                              ms_work *work) {
  bool failed = false;
  ms_work_init(work);
  work->id = ms_sql_column_int(statement, 0);
  work->state = MS_BLOCKED;
  work->born_blocked = work->knows_output = true;
  work->prerequisites = work->pending = 1;
  work->prior_output = ms_sql_column_copy(statement, 1 + MS_PLAIN_COUNT, arena, &failed);
  bool read = ms_work_read_plain(statement, 1, arena, work) && !failed;
  return read ? MS_OK : ms_no_memory(&store->err);
}

static ms_status open_freed(ms_store *store, const int64_t *ids, size_t count,
                            ms_statement **statement) {
  int64_t all[MS_FREED_MOST];
  if (count == 1) return ms_sql_open(store, select_freed, statement, "i", ids[0]);
  for (size_t i = 0; i < MS_FREED_MOST; i++)
    all[i] = i < count ? ids[i] : 0;
  return ms_sql_open(store, select_all_freed, statement, "iiiiiiii", all[0], all[1], all[2], all[3],
                     all[4], all[5], all[6], all[7]);
}

/* Edges that somebody has added to those of a work give it once more. */
static bool is_among(const ms_work *works, size_t count, int64_t id) {
  for (size_t i = 0; i < count; i++) {
    if (works[i].id == id) return true;
  }
  return false;
}

ms_status ms_works_freed(ms_store *store, const int64_t *ids, size_t count, ms_arena *arena,
                         ms_work *works, size_t *found) {
  ms_statement *statement;
  bool row;
  *found = 0;
  MS_TRY(open_freed(store, ids, count, &statement));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    if (is_among(works, *found, ms_sql_column_int(statement, 0))) continue;
    ms_status status = read_blocked(store, statement, arena, &works[*found]);
    if (status != MS_OK) {
      ms_sql_close(statement);
      return status;
    }
    ++*found;
  }
}

static ms_spot read_spot(const ms_statement *statement) {
  return (ms_spot){ms_sql_column_due(statement, 0),
                   ms_sql_column_within(statement, 1, -MS_FAR, MS_FAR)};
}

static ms_status read_found(ms_store *store, ms_statement *statement, ms_arena *arena,
                            ms_work *work, bool *found) {
  int64_t id = ms_sql_column_int(statement, 1), how = ms_sql_column_int(statement, 2);
  *found = ms_is_id(id) && !ms_sql_column_is_null(statement, FIRST_PLAIN_COLUMN);
  if (*found && how == MS_READ_PLAIN) return read_plain(store, statement, arena, work);
  if (*found && how == MS_READ_FREED) return read_freed(store, statement, arena, work);
  return *found ? ms_work_read(store, id, arena, work, found) : MS_OK;
}

/* A place that its work knows nothing of is passed over. */
static ms_status read_work(ms_store *store, ms_statement *statement, ms_arena *arena,
                           ms_work *work) {
  bool found;
  ms_spot spot = read_spot(statement);
  MS_TRY(read_found(store, statement, arena, work, &found));
  if (found && work->due_at_ms == spot.due_at_ms) return MS_OK;
  ms_work_init(work);
  work->due_at_ms = spot.due_at_ms;
  work->id = spot.id;
  work->state = MS_CANCELLED;
  return MS_OK;
}

ms_status ms_waiting_read(ms_store *store, const ms_stretch *stretch, ms_arena *arena,
                          ms_work *works, size_t *count) {
  ms_statement *statement;
  bool row;
  *count = 0;
  MS_TRY(ms_sql_open(store, select_waiting, &statement, "iiii", stretch->lane,
                     stretch->after.due_at_ms, stretch->after.id, (int64_t)stretch->limit));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    ms_status status = read_work(store, statement, arena, &works[*count]);
    if (status != MS_OK) {
      ms_sql_close(statement);
      return status;
    }
    ++*count;
  }
}

ms_status ms_waiting_head(ms_store *store, int64_t lane, ms_spot after, ms_spot *head) {
  ms_statement *statement;
  bool row;
  *head = (ms_spot){.due_at_ms = MS_NEVER};
  MS_TRY(ms_sql_open(store, select_head, &statement, "iii", lane, after.due_at_ms, after.id));
  MS_TRY(ms_sql_step(store, statement, &row));
  if (!row) return MS_OK;
  *head = read_spot(statement);
  ms_sql_close(statement);
  return MS_OK;
}

static ms_status delete_all(ms_store *store, int64_t lane, ms_spot first, ms_spot last,
                            int64_t count) {
  if (first.due_at_ms == last.due_at_ms) {
    return ms_sql_take(store, count, delete_due_together, "iiii", lane, first.due_at_ms, first.id,
                       last.id);
  }
  return ms_sql_take(store, count, delete_stretch, "iiiii", lane, first.due_at_ms, first.id,
                     last.due_at_ms, last.id);
}

ms_status ms_waiting_take(ms_store *store, int64_t lane, ms_spot first, ms_spot last,
                          int64_t count) {
  ms_status status = delete_all(store, lane, first, last, count);
  if (status != MS_NOTFOUND) return status;
  return ms_fail(&store->err, MS_CORRUPT, "table ms_waiting: lane %lld has lost work %lld",
                 (long long)lane, (long long)first.id);
}
