#include "store/queue.h"

#include "base/mem.h"
#include "store/private.h"

static const char select_queues[] =
    "SELECT name, capacity, rate, rate_window, paused FROM ms_queue";
static const char write_queue[] =
    "INSERT INTO ms_queue (name, capacity, rate, rate_window, paused) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET capacity = excluded.capacity, rate = excluded.rate,"
    " rate_window = excluded.rate_window, paused = excluded.paused";
static const char select_last_start[] =
    "SELECT number, at FROM ms_start WHERE queue = ? ORDER BY number DESC LIMIT 1";
/* Passes over those that have left the window since the last start, which deletes them. */
static const char select_first_start[] =
    "SELECT number FROM ms_start WHERE queue = ? AND at > ? ORDER BY number LIMIT 1";
static const char select_start[] =
    "SELECT at FROM ms_start WHERE queue = ? AND number >= ? ORDER BY number LIMIT 1";
static const char delete_starts[] = "DELETE FROM ms_start WHERE queue = ? AND number < ?";
static const char delay_start[] =
    "UPDATE ms_start SET at = ? WHERE queue = ? AND number >= ? AND at < ?";
static const char delete_start[] = "DELETE FROM ms_start WHERE queue = ? AND number = ?";

void ms_queues_deinit(ms_queues *queues) {
  for (size_t i = 0; i < queues->count; i++)
    ms_mem_free((void *)queues->items[i].name.data);
  ms_mem_free(queues->items);
  *queues = (ms_queues){0};
}

/* Any order will do that is the same for everybody. */
static bool stands_before(ms_text a, ms_text b) {
  if (a.size != b.size) return a.size < b.size;
  return a.size && memcmp(a.data, b.data, a.size) < 0;
}

/* Where the name stands, or would stand. */
static size_t place_of(const ms_queues *queues, ms_text name) {
  size_t low = 0, high = queues->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (stands_before(queues->items[middle].name, name))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool reserve(ms_queues *queues) {
  if (queues->count < queues->capacity) return true;
  size_t capacity = queues->capacity ? queues->capacity * 2 : 8;
  ms_queue *items = ms_mem_resize(queues->items, capacity * sizeof *items);
  if (!items) return false;
  queues->items = items;
  queues->capacity = capacity;
  return true;
}

static ms_status add(ms_store *store, const ms_queue *queue) {
  ms_queues *queues = &store->queues;
  char *name = ms_mem_copy(queue->name.data, queue->name.size);
  if (!name || !reserve(queues)) {
    ms_mem_free(name);
    return ms_no_memory(&store->err);
  }
  size_t place = place_of(queues, queue->name);
  ms_queue *item = &queues->items[place];
  memmove(item + 1, item, (queues->count++ - place) * sizeof *item);
  *item = *queue;
  item->name.data = name;
  return MS_OK;
}

static bool same(const ms_queues *a, const ms_queues *b) {
  bool equal = a->count == b->count;
  for (size_t i = 0; i < a->count && equal; i++) {
    const ms_queue *x = &a->items[i], *y = &b->items[i];
    equal = ms_text_equal(x->name, y->name) && x->limit == y->limit && x->rate == y->rate &&
            x->rate_window_ms == y->rate_window_ms && x->paused == y->paused;
  }
  return equal;
}

static ms_status read_all(ms_store *store) {
  ms_statement *statement;
  bool row = true;
  MS_TRY(ms_sql_open(store, select_queues, &statement, ""));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    ms_queue queue = {
        .name = ms_sql_column_text(statement, 0),
        .limit = ms_sql_column_length(statement, 1),
        .rate = ms_sql_column_length(statement, 2),
        .rate_window_ms = ms_sql_column_length(statement, 3),
        .paused = ms_sql_column_int(statement, 4) != 0,
    };
    ms_status status = add(store, &queue);
    if (status != MS_OK) {
      ms_sql_close(statement);
      return status;
    }
  }
}

/* After a failure nothing is known, and whatever is read then counts as altered. */
ms_status ms_queues_load(ms_store *store) {
  ms_queues before = store->queues;
  store->queues = (ms_queues){.altered = before.altered};
  ms_status status = read_all(store);
  if (status != MS_OK || !same(&before, &store->queues)) store->queues.altered = true;
  ms_queues_deinit(&before);
  return status;
}

bool ms_queues_take_altered(ms_store *store) {
  bool altered = store->queues.altered;
  store->queues.altered = false;
  return altered;
}

static ms_queue *find(const ms_store *store, ms_text name) {
  const ms_queues *queues = &store->queues;
  size_t place = place_of(queues, name);
  if (place == queues->count || !ms_text_equal(queues->items[place].name, name)) return NULL;
  return &queues->items[place];
}

const ms_queue *ms_queue_find(const ms_store *store, ms_text name) {
  return find(store, name);
}

const ms_queues *ms_queues_all(const ms_store *store) {
  return &store->queues;
}

ms_status ms_queue_write(ms_store *store, const ms_queue *queue) {
  MS_TRY(ms_sql_run(store, write_queue, "tiiii", queue->name, queue->limit, queue->rate,
                    queue->rate_window_ms, (int64_t)queue->paused));
  ms_queue *known = find(store, queue->name);
  if (!known) return add(store, queue);
  ms_text name = known->name;
  *known = *queue;
  known->name = name;
  return MS_OK;
}

static ms_status read_last(ms_store *store, const ms_queue *queue, ms_starts *starts) {
  ms_statement *statement;
  bool row;
  MS_TRY(ms_sql_open(store, select_last_start, &statement, "t", queue->name));
  MS_TRY(ms_sql_step(store, statement, &row));
  if (!row) return MS_OK;
  starts->last = ms_sql_column_within(statement, 0, -MS_FAR, MS_FAR);
  starts->last_at_ms = ms_sql_column_within(statement, 1, -MS_FAR, MS_FAR);
  ms_sql_close(statement);
  return MS_OK;
}

static ms_status read_start(ms_store *store, const char *sql, const ms_queue *queue, int64_t from,
                            int64_t otherwise, int64_t *number) {
  MS_TRY(ms_sql_int(store, sql, otherwise, number, "ti", queue->name, from));
  if (*number < -MS_FAR) *number = -MS_FAR;
  if (*number > MS_FAR) *number = MS_FAR;
  return MS_OK;
}

/* Starts are numbered in the order of their moments, so nobody counts them. */
ms_status ms_queue_read_starts(ms_store *store, const ms_queue *queue, int64_t now_ms,
                               ms_starts *starts) {
  int64_t freeing, window_start = now_ms - queue->rate_window_ms;
  *starts = (ms_starts){.known = true, .last_at_ms = INT64_MIN, .room_at_ms = MS_NEVER};
  MS_TRY(read_last(store, queue, starts));
  MS_TRY(
      read_start(store, select_first_start, queue, window_start, starts->last + 1, &starts->first));
  starts->room = queue->rate - (starts->last + 1 - starts->first);
  if (starts->room > 0) return MS_OK;
  starts->room = 0;
  MS_TRY(read_start(store, select_start, queue, starts->last + 1 - queue->rate, now_ms, &freeing));
  starts->room_at_ms = freeing + queue->rate_window_ms;
  return MS_OK;
}

ms_status ms_queue_note_start(ms_store *store, const ms_queue *queue, int64_t at_ms,
                              ms_starts *starts) {
  if (!starts->noted) MS_TRY(ms_sql_run(store, delete_starts, "ti", queue->name, starts->first));
  starts->noted = true;
  starts->last++;
  if (at_ms > starts->last_at_ms) starts->last_at_ms = at_ms;
  if (starts->room > 0) starts->room--;
  return ms_rows_add(store, MS_ROWS_START, queue->name, starts->last, starts->last_at_ms);
}

ms_status ms_queue_delay_start(ms_store *store, ms_text queue, int64_t number, int64_t at_ms) {
  return ms_sql_run(store, delay_start, "itii", at_ms, queue, number, at_ms);
}

ms_status ms_queue_forget_start(ms_store *store, ms_text queue, int64_t number) {
  return ms_sql_run(store, delete_start, "ti", queue, number);
}
