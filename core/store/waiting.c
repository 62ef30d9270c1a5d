#include "store/waiting.h"

#include "store/private.h"

/* Texts stand behind all numbers, where nobody looks for them. */
#define NUMBERS(column) " AND " column " <= 9223372036854775807"
/* A place that is no whole number, or no work's, could be found but never left. */
#define WHOLE(column) " AND " column " = CAST(" column " AS BIGINT)"
#define WORK_IDS " AND id BETWEEN 1 AND 999999999999999999"

static const char select_waiting[] =
    "SELECT due_at, id, more FROM ms_waiting WHERE lane = ? AND (due_at, id) > (?, ?)" NUMBERS(
        "due_at") WHOLE("due_at") WHOLE("id") WORK_IDS " ORDER BY due_at, id LIMIT ?";
/* A claim reads most works by their plainer columns, and the output of what one that came blocked
 * waited for. Each row begins where the one before it ends, as long as ids follow each other. */
#define PLAIN(from, where)                                                                         \
  "SELECT w.id, " MS_PLAIN_COLUMNS                                                                 \
  ", CASE w.blocked WHEN 1 THEN (SELECT p.output FROM ms_edge e JOIN ms_done p"                    \
  " ON p.id = e.prerequisite WHERE e.dependent = w.id LIMIT 1) END"                                \
  " FROM " from "ms_work w WHERE w.id = " where
#define EIGHT_MORE ",(?),(?),(?),(?),(?),(?),(?),(?)"
static const char select_plain[] = PLAIN("", "?");
static const char select_all_plain[] =
    PLAIN("(VALUES (CAST(? AS BIGINT)),(?),(?),(?),(?),(?),(?),(?)" EIGHT_MORE ") v CROSS JOIN ",
          "v.column1");
/* Most works that stand in a row are due together, so that no row is compared by two columns. With
 * other bounds beside these SQLite would look through all that are due then. */
static const char delete_due_together[] =
    "DELETE FROM ms_waiting WHERE lane = ? AND due_at = ? AND id >= ? AND id <= ?" WHOLE("id");
static const char delete_stretch[] =
    "DELETE FROM ms_waiting WHERE lane = ? AND (due_at, id) >= (?, ?) AND (due_at, id) <= (?, "
    "?)" WHOLE("due_at") WHOLE("id");
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
  return ms_sql_open(store, select_all_freed, statement, "izzzzzzz", all[0], all[1], all[2], all[3],
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

/* ---- Places ---- */

ms_status ms_waiting_list(ms_store *store, const ms_stretch *stretch, ms_waiting *list,
                          size_t *count) {
  ms_statement *statement;
  bool row;
  *count = 0;
  MS_TRY(ms_sql_open(store, select_waiting, &statement, "iiii", stretch->lane,
                     stretch->after.due_at_ms, stretch->after.id, (int64_t)stretch->limit));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    list[(*count)++] = (ms_waiting){
        .spot.due_at_ms = ms_sql_column_due(statement, 0),
        .spot.id = ms_sql_column_within(statement, 1, -MS_FAR, MS_FAR),
        .more = ms_sql_column_int(statement, 2),
    };
  }
}

/* ---- Works that wait there ---- */

/* A place that its work knows nothing of is passed over. */
static void set_aside(const ms_waiting *waiting, ms_work *work) {
  ms_work_init(work);
  work->due_at_ms = waiting->spot.due_at_ms;
  work->id = waiting->spot.id;
  work->state = MS_CANCELLED;
}

/* What its life says follows from its place. */
static void be_freed(const ms_statement *statement, ms_arena *arena, ms_work *work, bool *failed) {
  work->enqueued_at_ms = work->due_at_ms - work->delay_ms;
  work->born_blocked = work->has_life = work->knows_output = true;
  work->prerequisites = 1;
  work->prior_output = ms_sql_column_copy(statement, 1 + MS_PLAIN_COUNT, arena, failed);
}

static ms_status read_plain(ms_store *store, const ms_statement *statement, int64_t more,
                            ms_arena *arena, ms_work *work) {
  bool failed = false;
  work->state = MS_ENQUEUED;
  bool read = ms_work_read_plain(statement, 1, arena, work);
  if (more == MS_READ_FREED) be_freed(statement, arena, work, &failed);
  return read && !failed ? MS_OK : ms_no_memory(&store->err);
}

static ms_status read_whole(ms_store *store, const ms_waiting *waiting, ms_arena *arena,
                            ms_work *work) {
  bool found;
  MS_TRY(ms_work_read(store, waiting->spot.id, arena, work, &found));
  if (!found || work->due_at_ms != waiting->spot.due_at_ms) set_aside(waiting, work);
  return MS_OK;
}

static bool is_plain(const ms_waiting *waiting) {
  return waiting->more == MS_READ_PLAIN || waiting->more == MS_READ_FREED;
}

/* Their ids, and 0 where there are fewer. */
static size_t list_plain(const ms_waiting *waiting, size_t count, int64_t *ids) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    if (is_plain(&waiting[i])) ids[found++] = waiting[i].spot.id;
  }
  for (size_t i = found; i < MS_WAITING_MOST; i++)
    ids[i] = 0;
  return found;
}

static ms_status open_plain(ms_store *store, const int64_t *ids, size_t count,
                            ms_statement **statement) {
  if (count == 1) return ms_sql_open(store, select_plain, statement, "i", ids[0]);
  return ms_sql_open(store, select_all_plain, statement, "izzzzzzzzzzzzzzz", ids[0], ids[1], ids[2],
                     ids[3], ids[4], ids[5], ids[6], ids[7], ids[8], ids[9], ids[10], ids[11],
                     ids[12], ids[13], ids[14], ids[15]);
}

/* Rows come in the order of the ids, as a rule. */
static size_t index_of(const ms_waiting *waiting, size_t count, int64_t id, size_t from) {
  size_t at = from % count;
  while (waiting[at].spot.id != id || !is_plain(&waiting[at]))
    at = (at + 1) % count;
  return at;
}

static ms_status read_all_plain(ms_store *store, const ms_waiting *waiting, size_t count,
                                ms_arena *arena, ms_work *works) {
  int64_t ids[MS_WAITING_MOST];
  ms_statement *statement;
  bool row;
  size_t plain = list_plain(waiting, count, ids);
  if (!plain) return MS_OK;
  MS_TRY(open_plain(store, ids, plain, &statement));
  for (size_t at = 0;; at++) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    at = index_of(waiting, count, ms_sql_column_int(statement, 0), at);
    ms_status status = read_plain(store, statement, waiting[at].more, arena, &works[at]);
    if (status == MS_OK) continue;
    ms_sql_close(statement);
    return status;
  }
}

ms_status ms_waiting_read(ms_store *store, const ms_waiting *waiting, size_t count, ms_arena *arena,
                          ms_work *works) {
  for (size_t i = 0; i < count; i++) {
    set_aside(&waiting[i], &works[i]);
    if (!is_plain(&waiting[i])) MS_TRY(read_whole(store, &waiting[i], arena, &works[i]));
  }
  return read_all_plain(store, waiting, count, arena, works);
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
