#include "store/lane.h"

#include "base/mem.h"
#include "model/request.h"
#include "store/front.h"
#include "store/private.h"

static const char select_new[] =
    "SELECT id, queue, priority, expedited, worker, constraints FROM ms_lane"
    " WHERE id > ? ORDER BY id";
/* A row that is not read, since somebody has given it the id of no lane, gives way. */
#define LANE_VALUES                                                                                \
  " INTO ms_lane (queue, priority, expedited, worker, constraints) VALUES (?, ?, ?, ?, ?)"         \
  " RETURNING id"
static const ms_dialects insert_lane = {
    .sqlite = "INSERT OR REPLACE" LANE_VALUES,
    .postgres = "INSERT" LANE_VALUES,
};

static uint64_t hash_bytes(uint64_t hash, ms_text text) {
  for (size_t i = 0; i < text.size; i++) {
    hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
  }
  return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

/* FNV-1a over the fields, positive so that it can be a key of the map. */
static int64_t hash_of(const ms_lane *lane) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  hash = hash_bytes(hash, lane->worker);
  hash = hash_bytes(hash, lane->queue);
  hash = hash_bytes(hash, lane->constraints);
  hash = hash * 31 + (uint64_t)(lane->priority + 1000) * 2 + lane->expedited;
  return (int64_t)(hash >> 1 | 1);
}

static bool same(const ms_lane *a, const ms_lane *b) {
  return a->priority == b->priority && a->expedited == b->expedited &&
         ms_text_equal(a->worker, b->worker) && ms_text_equal(a->queue, b->queue) &&
         ms_text_equal(a->constraints, b->constraints);
}

static void lane_free(ms_lane *lane) {
  if (!lane) return;
  ms_mem_free((void *)lane->queue.data);
  ms_mem_free((void *)lane->worker.data);
  ms_mem_free((void *)lane->constraints.data);
  ms_front_deinit(lane);
  ms_mem_free(lane);
}

void ms_lanes_deinit(ms_lanes *lanes) {
  for (size_t i = 0; i < lanes->count; i++)
    lane_free(lanes->items[i]);
  ms_mem_free(lanes->items);
  ms_map_deinit(&lanes->by_id);
  ms_map_deinit(&lanes->by_hash);
  *lanes = (ms_lanes){0};
}

static ms_text own(ms_text text, bool *failed) {
  ms_text copy = {ms_mem_copy(text.data ? text.data : "", text.size), text.size};
  if (!copy.data) *failed = true;
  return copy;
}

static ms_lane *lane_new(const ms_lane *fields) {
  bool failed = false;
  ms_lane *lane = ms_mem_zalloc(sizeof *lane);
  if (!lane) return NULL;
  *lane = *fields;
  ms_front_forget(lane);
  lane->queue = own(fields->queue, &failed);
  lane->worker = own(fields->worker, &failed);
  lane->constraints = own(fields->constraints, &failed);
  if (!failed) return lane;
  lane_free(lane);
  return NULL;
}

static bool reserve(ms_lanes *lanes) {
  if (lanes->count < lanes->capacity) return true;
  size_t capacity = lanes->capacity ? lanes->capacity * 2 : 16;
  ms_lane **items = ms_mem_resize(lanes->items, capacity * sizeof *items);
  if (!items) return false;
  lanes->items = items;
  lanes->capacity = capacity;
  return true;
}

static bool add(ms_lanes *lanes, ms_lane *lane) {
  int64_t hash = hash_of(lane);
  lane->same_hash = ms_map_get(&lanes->by_hash, hash);
  if (!reserve(lanes) || !ms_map_put(&lanes->by_id, lane->id, lane)) return false;
  if (!ms_map_put(&lanes->by_hash, hash, lane)) {
    ms_map_remove(&lanes->by_id, lane->id);
    return false;
  }
  lanes->items[lanes->count++] = lane;
  return true;
}

static ms_status remember(ms_store *store, const ms_lane *fields, ms_lane **lane) {
  *lane = lane_new(fields);
  if (*lane && add(&store->lanes, *lane)) return MS_OK;
  lane_free(*lane);
  *lane = NULL;
  return ms_fail(&store->err, MS_NOMEM, "not enough memory");
}

void ms_lanes_forget_heads(ms_store *store) {
  for (size_t i = 0; i < store->lanes.count; i++)
    ms_front_forget(store->lanes.items[i]);
}

static int read_priority(const ms_statement *statement, int column) {
  return (int)ms_sql_column_within(statement, column, -MS_PRIORITY_MAX, MS_PRIORITY_MAX);
}

ms_status ms_lanes_load(ms_store *store) {
  ms_lanes *lanes = &store->lanes;
  ms_statement *statement;
  bool row = true;
  if (lanes->stale) ms_lanes_deinit(lanes);
  ms_lanes_forget_heads(store);
  int64_t newest = lanes->count ? lanes->items[lanes->count - 1]->id : 0;
  MS_TRY(ms_sql_open(store, select_new, &statement, "i", newest));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    ms_lane *lane, fields = {
                       .id = ms_sql_column_int(statement, 0),
                       .queue = ms_sql_column_text(statement, 1),
                       .priority = read_priority(statement, 2),
                       .expedited = ms_sql_column_int(statement, 3) != 0,
                       .worker = ms_sql_column_text(statement, 4),
                       .constraints = ms_sql_column_text(statement, 5),
                   };
    ms_status status = remember(store, &fields, &lane);
    if (status != MS_OK) {
      ms_sql_close(statement);
      return status;
    }
  }
}

static ms_lane *find(ms_lanes *lanes, const ms_lane *wanted) {
  if (lanes->recent && same(lanes->recent, wanted)) return lanes->recent;
  ms_lane *lane = ms_map_get(&lanes->by_hash, hash_of(wanted));
  while (lane && !same(lane, wanted))
    lane = lane->same_hash;
  lanes->recent = lane;
  return lane;
}

ms_status ms_lane_intern(ms_store *store, const ms_lane *wanted, ms_lane **lane) {
  *lane = find(&store->lanes, wanted);
  if (*lane) return MS_OK;
  ms_lane fields = *wanted;
  if (!fields.constraints.data) fields.constraints = MS_TEXT("");
  MS_TRY(ms_sql_int(store, ms_sql_in(store, &insert_lane), 0, &fields.id, "tiitt", fields.queue,
                    (int64_t)fields.priority, (int64_t)fields.expedited, fields.worker,
                    fields.constraints));
  MS_TRY(remember(store, &fields, lane));
  ms_front_begin(*lane);
  return MS_OK;
}

ms_lane *ms_lane_find(const ms_store *store, int64_t id) {
  return ms_map_get(&store->lanes.by_id, id);
}

ms_status ms_lane_get(ms_store *store, int64_t id, ms_lane **lane) {
  *lane = ms_lane_find(store, id);
  if (*lane) return MS_OK;
  return ms_fail(&store->err, MS_CORRUPT, "table ms_lane: there is no lane %lld", (long long)id);
}

bool ms_lanes_take_offers(ms_store *store) {
  ms_lanes *lanes = &store->lanes;
  bool offers = false;
  for (size_t i = 0; i < lanes->count && lanes->offer; i++) {
    ms_lane *lane = lanes->items[i];
    offers = offers || (lane->offers && !ms_front_is_empty(lane));
    lane->offers = false;
  }
  lanes->offer = false;
  return offers;
}

const ms_lanes *ms_lanes_all(const ms_store *store) {
  return &store->lanes;
}
