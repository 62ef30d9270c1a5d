#include "store/query.h"

#include "store/private.h"

/* The running works, which are bound as parameter 7. */
#define RUNNING_SQLITE "w.id IN (SELECT value FROM json_each(?7))"
#define RUNNING_POSTGRES "w.id = ANY (?7::bigint[])"
/* Unfinished works that do not run are blocked or wait. */
#define IDLE(running, blocked)                                                                     \
  "(d.id IS NULL AND coalesce(l.blocked, w.blocked, 0) = " blocked " AND NOT " running ")"

/* Rows with another id are no works. */
#define WORK_IDS "w.id BETWEEN 1 AND 999999999999999999"

static const ms_dialects running = {RUNNING_SQLITE, RUNNING_POSTGRES};
static const ms_dialects waiting = {IDLE(RUNNING_SQLITE, "0"), IDLE(RUNNING_POSTGRES, "0")};
static const ms_dialects blocked = {IDLE(RUNNING_SQLITE, "1"), IDLE(RUNNING_POSTGRES, "1")};
static const ms_dialects in_texts = {"IN (SELECT value FROM json_each(?%d))",
                                     "= ANY (?%d::text[])"};
static const ms_dialects in_ids = {"IN (SELECT value FROM json_each(?%d))",
                                   "= ANY (?%d::bigint[])"};

/* A query is put together from the selector's fields; every list is bound as one text, an array as
 * the dialect writes it, so the number of parameters is fixed, and what is asked again and again is
 * the same statement. */
typedef struct question {
  ms_store *store;
  ms_buf sql;
  ms_buf lists[6];
  int list_count;
  ms_buf running;
  ms_buf from;
} question;

static void query_deinit(question *query) {
  ms_buf_deinit(&query->sql);
  ms_buf_deinit(&query->running);
  ms_buf_deinit(&query->from);
  for (int i = 0; i < 6; i++)
    ms_buf_deinit(&query->lists[i]);
}

/* ---- Lists ---- */

static void add_element(ms_buf *list, ms_text text) {
  ms_buf_add_char(list, '"');
  for (size_t i = 0; i < text.size; i++) {
    if (text.data[i] == '"' || text.data[i] == '\\') ms_buf_add_char(list, '\\');
    ms_buf_add_char(list, text.data[i]);
  }
  ms_buf_add_char(list, '"');
}

static void add_texts(question *query, const char *column, const ms_text *texts, size_t count) {
  if (!count) return;
  bool is_server = query->store->driver->is_server;
  ms_buf *list = &query->lists[query->list_count++];
  for (size_t i = 0; i < count; i++) {
    ms_buf_add_char(list, i ? ',' : is_server ? '{' : '[');
    if (is_server)
      add_element(list, texts[i]);
    else
      ms_buf_add_quoted(list, texts[i]);
  }
  ms_buf_add_char(list, is_server ? '}' : ']');
  ms_buf_addf(&query->sql, " AND w.%s ", column);
  ms_buf_addf(&query->sql, ms_sql_in(query->store, &in_texts), query->list_count);
  ms_buf_add_char(&query->sql, ')');
}

static void format_ids(question *query, ms_buf *list, const int64_t *ids, size_t count) {
  if (!ms_ids_format(list, ids, count) || !query->store->driver->is_server) return;
  list->data[0] = '{';
  list->data[list->size - 1] = '}';
}

static void add_ids(question *query, const int64_t *ids, size_t count) {
  if (!count) return;
  format_ids(query, &query->lists[query->list_count++], ids, count);
  ms_buf_addf(&query->sql, " AND w.id ");
  ms_buf_addf(&query->sql, ms_sql_in(query->store, &in_ids), query->list_count);
}

/* ---- Conditions ---- */

/* The running works are few and stand in memory; the others are told apart by their rows. */
static void add_states(question *query, unsigned states) {
  const char *const conditions[MS_STATE_COUNT] = {
      [MS_ENQUEUED] = ms_sql_in(query->store, &waiting),
      [MS_RUNNING] = ms_sql_in(query->store, &running),
      [MS_SUCCEEDED] = "d.state = 2",
      [MS_FAILED] = "d.state = 3",
      [MS_BLOCKED] = ms_sql_in(query->store, &blocked),
      [MS_CANCELLED] = "d.state = 5",
  };
  const unsigned every_state = MS_UNFINISHED_STATES | MS_FINISHED_STATES;
  if (states == every_state) return;
  const char *separator = " AND (";
  for (unsigned state = 0; state < MS_STATE_COUNT; state++) {
    if (!(states >> state & 1)) continue;
    ms_buf_addf(&query->sql, "%s%s", separator, conditions[state]);
    separator = " OR ";
  }
  ms_buf_addf(&query->sql, states ? ")" : " AND 1 = 0");
}

static void add_running(question *query) {
  const ms_claims *claims = ms_claims_all(query->store);
  ms_ids ids = {0};
  bool complete = true;
  for (size_t i = 0; i < claims->count; i++) {
    for (size_t k = 0; k < claims->items[i]->count && complete; k++) {
      int64_t id = claims->items[i]->ids[k];
      complete = id < 0 || ms_ids_add(&ids, id);
    }
  }
  if (complete) format_ids(query, &query->running, ids.items, ids.count);
  query->running.failed = query->running.failed || !complete;
  ms_ids_deinit(&ids);
}

static void add_selector(question *query, const ms_selector *selector, unsigned states) {
  ms_buf_addf(&query->sql,
              " FROM ms_work w LEFT JOIN ms_done d ON d.id = w.id"
              " LEFT JOIN ms_life l ON l.id = w.id WHERE " WORK_IDS);
  add_ids(query, selector->ids, selector->id_count);
  add_texts(query, "id IN (SELECT id FROM ms_tag WHERE tag", selector->tags, selector->tag_count);
  add_texts(query, "id IN (SELECT id FROM ms_name WHERE name", selector->names,
            selector->name_count);
  add_texts(query, "lane IN (SELECT id FROM ms_lane WHERE worker", selector->workers,
            selector->worker_count);
  add_texts(query, "lane IN (SELECT id FROM ms_lane WHERE queue", selector->queues,
            selector->queue_count);
  const unsigned every_state = MS_UNFINISHED_STATES | MS_FINISHED_STATES;
  add_states(query,
             (selector->states ? selector->states : every_state) & (states ? states : every_state));
  add_running(query);
}

static ms_status open_question(ms_store *store, const question *query, ms_statement *statement) {
  ms_text lists[8] = {[6] = ms_buf_text(&query->running), [7] = ms_buf_text(&query->from)};
  bool failed = query->sql.failed || query->running.failed || query->from.failed;
  for (int i = 0; i < query->list_count; i++) {
    failed = failed || query->lists[i].failed;
    lists[i] = ms_buf_text(&query->lists[i]);
  }
  if (failed) return ms_no_memory(&store->err);
  return ms_sql_open_once(store, ms_buf_text(&query->sql), lists, 8, statement);
}

static ms_status collect(ms_store *store, ms_statement *statement, ms_ids *ids) {
  bool row = true;
  while (row) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (row && !ms_ids_add(ids, ms_sql_column_int(statement, 0))) return ms_no_memory(&store->err);
  }
  return MS_OK;
}

static ms_status run(ms_store *store, question *query, ms_ids *ids) {
  ms_statement statement = {0};
  ms_status status = open_question(store, query, &statement);
  if (status == MS_OK) status = collect(store, &statement, ids);
  ms_sql_end_once(store, &statement);
  query_deinit(query);
  return status;
}

static void add_page(question *query, const ms_page *page) {
  ms_order order = page ? page->order : MS_ORDER_ID;
  if (order == MS_ORDER_DUE) {
    ms_buf_addf(&query->sql,
                " ORDER BY CASE WHEN %s THEN coalesce(l.due_at, w.due_at) END NULLS LAST, w.id",
                ms_sql_in(query->store, &waiting));
  } else {
    ms_buf_addf(&query->sql, " ORDER BY w.id%s", order == MS_ORDER_ID ? "" : " DESC");
  }
  if (page) {
    ms_buf_addf(&query->sql, " LIMIT %lld OFFSET %lld",
                (long long)(page->limit < 0 ? INT64_MAX : page->limit), (long long)page->offset);
  }
}

/* ---- One work by its id ---- */

static const char select_one[] = "SELECT id FROM ms_work WHERE id = ?";
static const char select_one_unfinished[] =
    "SELECT w.id FROM ms_work w LEFT JOIN ms_done d ON d.id = w.id WHERE w.id = ? AND d.id IS NULL";

static bool has_texts(const ms_selector *selector) {
  return selector->tag_count || selector->name_count || selector->worker_count ||
         selector->queue_count;
}

/* It is asked most, and costs a tenth of a question that is put together; NULL = this has to be. */
static const char *question_of_one(const ms_selector *selector, unsigned states) {
  if (selector->id_count != 1 || selector->states || has_texts(selector)) return NULL;
  if (!states) return select_one;
  return states == MS_UNFINISHED_STATES ? select_one_unfinished : NULL;
}

/* ---- Works, some or all of them ---- */

ms_status ms_query_ids(ms_store *store, const ms_selector *selector, unsigned states,
                       const ms_page *page, ms_ids *ids) {
  question query = {.store = store};
  ms_statement *statement;
  bool whole = !page || (page->limit < 0 && !page->offset);
  const char *one = whole ? question_of_one(selector, states) : NULL;
  if (one) {
    MS_TRY(ms_sql_open(store, one, &statement, "i", selector->ids[0]));
    return ms_sql_collect(store, statement, ids);
  }
  MS_TRY(ms_claims_read(store));
  ms_buf_addf(&query.sql, "SELECT w.id");
  add_selector(&query, selector, states);
  add_page(&query, page);
  return run(store, &query, ids);
}

static ms_status run_for_one(ms_store *store, question *query, int64_t *value) {
  ms_ids ids = {0};
  ms_status status = run(store, query, &ids);
  if (status == MS_OK) *value = ids.count ? ids.items[0] : 0;
  ms_ids_deinit(&ids);
  return status;
}

static ms_status count_running(ms_store *store, int64_t *count) {
  const ms_claims *claims = ms_claims_all(store);
  MS_TRY(ms_claims_read(store));
  for (size_t i = 0; i < claims->count; i++) {
    for (size_t k = 0; k < claims->items[i]->count; k++)
      *count += claims->items[i]->ids[k] > 0;
  }
  return MS_OK;
}

static ms_status tally_finished(ms_store *store, int64_t counts[MS_STATE_COUNT]) {
  static const char count_finished[] =
      "SELECT count(*), count(CASE WHEN state = 3 THEN 1 END),"
      " count(CASE WHEN state = 5 THEN 1 END) FROM ms_done";
  ms_statement *statement;
  bool row;
  MS_TRY(ms_sql_open(store, count_finished, &statement, ""));
  MS_TRY(ms_sql_step(store, statement, &row));
  counts[MS_FAILED] = ms_sql_column_int(statement, 1);
  counts[MS_CANCELLED] = ms_sql_column_int(statement, 2);
  counts[MS_SUCCEEDED] = ms_sql_column_int(statement, 0) - counts[MS_FAILED] - counts[MS_CANCELLED];
  ms_sql_close(statement);
  return MS_OK;
}

/* Works that came blocked have one edge each, by which they are found. */
#define BLOCKED_WITHOUT_LIFE(claimed)                                                              \
  "SELECT count(*) FROM ms_edge e JOIN ms_work w ON w.id = e.dependent WHERE w.blocked = 1"        \
  " AND NOT EXISTS (SELECT 1 FROM ms_done d WHERE d.id = w.id)"                                    \
  " AND NOT EXISTS (SELECT 1 FROM ms_life l WHERE l.id = w.id)"                                    \
  " AND w.id NOT IN (SELECT " claimed ")"
static const ms_dialects count_lifeless = {
    .sqlite = BLOCKED_WITHOUT_LIFE("j.value FROM ms_claim c, json_each(c.ids) j"),
    .postgres = BLOCKED_WITHOUT_LIFE("CAST(j.value AS bigint) FROM ms_claim c,"
                                     " jsonb_array_elements_text(c.ids::jsonb) j (value)"),
};

static ms_status count_blocked(ms_store *store, int64_t *count) {
  static const char count_living[] = "SELECT count(*) FROM ms_life WHERE blocked = 1";
  int64_t lifeless;
  MS_TRY(ms_sql_int(store, count_living, 0, count, ""));
  MS_TRY(ms_sql_int(store, ms_sql_in(store, &count_lifeless), 0, &lifeless, ""));
  *count += lifeless;
  return MS_OK;
}

/* State is where the id is, so each place is counted by itself. */
ms_status ms_query_tally(ms_store *store, unsigned states, int64_t counts[MS_STATE_COUNT]) {
  static const char count_waiting[] = "SELECT count(*) FROM ms_waiting";
  memset(counts, 0, MS_STATE_COUNT * sizeof *counts);
  if (states >> MS_ENQUEUED & 1)
    MS_TRY(ms_sql_int(store, count_waiting, 0, &counts[MS_ENQUEUED], ""));
  if (states >> MS_BLOCKED & 1) MS_TRY(count_blocked(store, &counts[MS_BLOCKED]));
  if (states & MS_FINISHED_STATES) MS_TRY(tally_finished(store, counts));
  if (states >> MS_RUNNING & 1) MS_TRY(count_running(store, &counts[MS_RUNNING]));
  for (unsigned state = 0; state < MS_STATE_COUNT; state++)
    counts[state] *= states >> state & 1;
  return MS_OK;
}

static bool names_states_only(const ms_selector *selector) {
  return selector->states && !selector->id_count && !has_texts(selector);
}

static ms_status count_states(ms_store *store, unsigned states, int64_t *count) {
  int64_t counts[MS_STATE_COUNT];
  MS_TRY(ms_query_tally(store, states, counts));
  *count = 0;
  for (unsigned state = 0; state < MS_STATE_COUNT; state++)
    *count += counts[state];
  return MS_OK;
}

ms_status ms_query_count(ms_store *store, const ms_selector *selector, int64_t *count) {
  if (names_states_only(selector)) return count_states(store, selector->states, count);
  question query = {.store = store};
  MS_TRY(ms_claims_read(store));
  ms_buf_addf(&query.sql, "SELECT count(*)");
  add_selector(&query, selector, 0);
  return run_for_one(store, &query, count);
}

ms_status ms_query_unfinished(ms_store *store, const ms_selector *selector, int64_t from,
                              int64_t *id) {
  question query = {.store = store};
  const char *one = question_of_one(selector, MS_UNFINISHED_STATES);
  if (one) {
    MS_TRY(ms_sql_int(store, one, 0, id, "i", selector->ids[0]));
    if (*id < from) *id = 0;
    return MS_OK;
  }
  MS_TRY(ms_claims_read(store));
  ms_buf_addf(&query.sql, "SELECT w.id");
  add_selector(&query, selector, MS_UNFINISHED_STATES);
  ms_buf_addf(&query.sql, " AND w.id >= CAST(?8 AS bigint) ORDER BY w.id LIMIT 1");
  ms_buf_add_integer(&query.from, from);
  return run_for_one(store, &query, id);
}

/* Whatever is blocked has a prerequisite, at some remove, that waits or runs. */
ms_status ms_query_once(ms_store *store, bool *any) {
  static const char waits[] =
      "SELECT q.id FROM ms_waiting q JOIN ms_work w ON w.id = q.id"
      " WHERE w.every IS NULL AND w.cron IS NULL AND coalesce(w.repeats, 0) <> 2 LIMIT 1";
  static const char runs[] =
      "SELECT id FROM ms_work WHERE id = ? AND every IS NULL AND cron IS NULL"
      " AND coalesce(repeats, 0) <> 2";
  const ms_claims *claims = ms_claims_all(store);
  int64_t found = 0;
  MS_TRY(ms_claims_read(store));
  for (size_t i = 0; i < claims->count && !found; i++) {
    for (size_t k = 0; k < claims->items[i]->count && !found; k++) {
      int64_t id = claims->items[i]->ids[k];
      MS_TRY(ms_sql_int(store, runs, 0, &found, "i", id < 0 ? -id : id));
    }
  }
  if (!found) MS_TRY(ms_sql_int(store, waits, 0, &found, ""));
  *any = found != 0;
  return MS_OK;
}

static ms_status read_texts(ms_store *store, const char *sql, int64_t total, ms_arena *arena,
                            ms_text *list, size_t *count) {
  ms_statement *statement;
  bool row, failed = false;
  size_t found = 0;
  MS_TRY(ms_sql_open(store, sql, &statement, ""));
  while (found < (size_t)total) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) break;
    list[found++] = ms_sql_column_copy(statement, 0, arena, &failed);
  }
  ms_sql_close(statement);
  *count = found;
  return failed ? ms_no_memory(&store->err) : MS_OK;
}

static ms_status query_texts(ms_store *store, const char *count_sql, const char *sql,
                             ms_arena *arena, ms_text **list, size_t *count) {
  int64_t total;
  MS_TRY(ms_sql_int(store, count_sql, 0, &total, ""));
  *list = ms_arena_take(arena, (size_t)total * sizeof **list);
  if (!*list) return ms_no_memory(&store->err);
  return read_texts(store, sql, total, arena, *list, count);
}

ms_status ms_query_names(ms_store *store, ms_arena *arena, ms_text **names, size_t *count) {
  return query_texts(store, "SELECT count(DISTINCT name) FROM ms_name",
                     "SELECT DISTINCT name FROM ms_name ORDER BY name", arena, names, count);
}

ms_status ms_query_tags(ms_store *store, ms_arena *arena, ms_text **tags, size_t *count) {
  return query_texts(store, "SELECT count(DISTINCT tag) FROM ms_tag",
                     "SELECT DISTINCT tag FROM ms_tag ORDER BY tag", arena, tags, count);
}
