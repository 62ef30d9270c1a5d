#include "store/claim.h"

#include "base/mem.h"
#include "store/private.h"

/* The ids stand behind the columns that are read each time, and are long. */
static const char select_claims[] =
    "SELECT batch, owner, at, version, voids FROM ms_claim ORDER BY batch";
static const char select_ids[] = "SELECT ids, moved FROM ms_claim WHERE batch = ?";
static const char insert_claim[] = "INSERT INTO ms_claim VALUES (?, ?, ?, ?, ?, ?, ?)";
static const ms_dialects write_claim = {
    .sqlite = "INSERT OR REPLACE INTO ms_claim VALUES (?, ?, ?, ?, ?, ?, ?)",
    .postgres =
        "INSERT INTO ms_claim VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (batch)"
        " DO UPDATE SET owner = excluded.owner, at = excluded.at, version = excluded.version,"
        " voids = excluded.voids, ids = excluded.ids, moved = excluded.moved",
};
static const char delete_claim[] = "DELETE FROM ms_claim WHERE batch = ?";

static ms_status no_memory(ms_store *store) {
  return ms_fail(&store->err, MS_NOMEM, "not enough memory");
}

bool ms_ids_format(ms_buf *buf, const int64_t *ids, size_t count) {
  ms_buf_add_char(buf, '[');
  for (size_t i = 0; i < count; i++) {
    if (i) ms_buf_add_char(buf, ',');
    ms_buf_add_integer(buf, ids[i]);
  }
  return ms_buf_add_char(buf, ']');
}

static const char *parse_id(const char *at, const char *end, int64_t *id) {
  bool negative = at < end && *at == '-';
  int64_t value = 0;
  if (negative) at++;
  const char *start = at;
  while (at < end && *at >= '0' && *at <= '9' && at - start < 18)
    value = value * 10 + (*at++ - '0');
  *id = negative ? -value : value;
  return at > start && value > 0 ? at : NULL;
}

ms_status ms_ids_parse(ms_text text, int64_t **ids, size_t *count) {
  size_t found = 0;
  if (text.size < 2 || text.data[0] != '[') return MS_CORRUPT;
  const char *at = text.data + 1, *end = text.data + text.size;
  int64_t *list = ms_mem_alloc((text.size / 2 + 1) * sizeof *list);
  if (!list) return MS_NOMEM;
  while (at < end && *at != ']') {
    at = parse_id(at, end, &list[found++]);
    if (!at || at >= end || (*at != ',' && *at != ']')) break;
    if (*at == ',') at++;
  }
  if (!at || at != end - 1 || *at != ']') {
    ms_mem_free(list);
    return MS_CORRUPT;
  }
  *ids = list;
  *count = found;
  return MS_OK;
}

static void claim_free(ms_claim *claim) {
  if (!claim) return;
  ms_mem_free(claim->ids);
  ms_ids_deinit(&claim->moved);
  ms_mem_free(claim);
}

void ms_claims_deinit(ms_claims *claims) {
  for (size_t i = 0; i < claims->count; i++)
    claim_free(claims->items[i]);
  ms_mem_free(claims->items);
  ms_map_deinit(&claims->by_id);
  ms_buf_deinit(&claims->text);
  *claims = (ms_claims){0};
}

static int64_t positive(int64_t id) {
  return id < 0 ? -id : id;
}

static bool reserve(ms_claims *claims) {
  if (claims->count < claims->capacity) return true;
  size_t capacity = claims->capacity ? claims->capacity * 2 : 16;
  ms_claim **items = ms_mem_resize(claims->items, capacity * sizeof *items);
  if (!items) return false;
  claims->items = items;
  claims->capacity = capacity;
  return true;
}

static ms_status find_by_id(ms_store *store, ms_claim *claim) {
  for (size_t i = 0; i < claim->count; i++) {
    if (!ms_map_put(&store->claims.by_id, positive(claim->ids[i]), claim)) return no_memory(store);
  }
  return MS_OK;
}

/* Takes over fields->ids, also on failure. */
static ms_status remember(ms_store *store, const ms_claim *fields) {
  ms_claims *claims = &store->claims;
  ms_claim *claim = ms_mem_alloc(sizeof *claim);
  if (!claim || !reserve(claims)) {
    ms_mem_free(fields->ids);
    ms_mem_free(claim);
    return no_memory(store);
  }
  *claim = *fields;
  claims->items[claims->count++] = claim;
  return find_by_id(store, claim);
}

/* ---- Bringing up to date ---- */

static ms_status parse_ids(const ms_statement *statement, ms_claim *claim) {
  ms_ids *moved = &claim->moved;
  MS_TRY(ms_ids_parse(ms_sql_column_text(statement, 0), &claim->ids, &claim->count));
  if (ms_sql_column_is_null(statement, 1)) return MS_OK;
  MS_TRY(ms_ids_parse(ms_sql_column_text(statement, 1), &moved->items, &moved->count));
  moved->capacity = moved->count;
  return moved->count % 2 ? MS_CORRUPT : MS_OK;
}

static ms_status read_ids(ms_store *store, ms_claim *claim) {
  ms_statement *statement;
  bool row;
  MS_TRY(ms_sql_open(store, select_ids, &statement, "i", claim->batch));
  MS_TRY(ms_sql_step(store, statement, &row));
  if (!row) return MS_OK;
  ms_status status = parse_ids(statement, claim);
  ms_sql_close(statement);
  if (status == MS_NOMEM) return no_memory(store);
  if (status != MS_OK) {
    return ms_fail(&store->err, MS_CORRUPT, "table ms_claim: the ids of batch %lld do not parse",
                   (long long)claim->batch);
  }
  claim->unread = false;
  return find_by_id(store, claim);
}

ms_status ms_claims_read(ms_store *store) {
  ms_claims *claims = &store->claims;
  for (size_t i = 0; i < claims->count && claims->unread; i++) {
    if (claims->items[i]->unread) MS_TRY(read_ids(store, claims->items[i]));
  }
  claims->unread = false;
  return MS_OK;
}

/* What was known is known again, and void runs always are. */
static ms_status read_needed(ms_store *store) {
  const ms_claims *claims = &store->claims;
  for (size_t i = 0; i < claims->count; i++) {
    ms_claim *claim = claims->items[i];
    if (claim->unread && (claim->voids || claim->altered)) MS_TRY(read_ids(store, claim));
  }
  return MS_OK;
}

/* Leaves nothing of what was known of the claim. */
static void empty(ms_claims *claims, ms_claim *claim) {
  for (size_t i = 0; i < claim->count; i++)
    ms_map_remove(&claims->by_id, positive(claim->ids[i]));
  if (!claim->unread) claims->altered = true;
  ms_mem_free(claim->ids);
  ms_ids_deinit(&claim->moved);
}

/* One row beside what stands here, both in the order of their batches: a batch that is new was
 * numbered while all that are still there were, and one that was altered keeps its place. */
static ms_status meet(ms_store *store, const ms_claim *row, size_t *at, size_t known) {
  ms_claims *claims = &store->claims;
  while (*at < known && claims->items[*at]->batch < row->batch)
    ++*at;
  ms_claim *claim =
      *at < known && claims->items[*at]->batch == row->batch ? claims->items[*at] : NULL;
  if (claim && claim->owner == row->owner && claim->version == row->version) {
    claim->met = true;
    return MS_OK;
  }
  ms_claim fields = *row;
  fields.met = fields.unread = claims->unread = true;
  if (!claim) return remember(store, &fields);
  fields.altered = !claim->unread;
  empty(claims, claim);
  *claim = fields;
  return MS_OK;
}

static ms_status meet_all(ms_store *store) {
  ms_statement *statement;
  bool row = true;
  size_t at = 0, known = store->claims.count;
  MS_TRY(ms_sql_open(store, select_claims, &statement, ""));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    ms_claim claim = {
        .batch = ms_sql_column_int(statement, 0),
        .owner = ms_sql_column_int(statement, 1),
        .at_ms = ms_sql_column_moment(statement, 2),
        .version = ms_sql_column_within(statement, 3, -MS_FAR, MS_FAR),
        .voids = ms_sql_column_int(statement, 4),
    };
    if (claim.batch < 0 || claim.batch > MS_FAR) continue;
    if (claim.batch > store->last_batch) store->last_batch = claim.batch;
    ms_status status = meet(store, &claim, &at, known);
    if (status != MS_OK) {
      ms_sql_close(statement);
      return status;
    }
  }
}

static void forget(ms_claims *claims, ms_claim *claim) {
  empty(claims, claim);
  ms_mem_free(claim);
}

static void forget_unmet(ms_claims *claims) {
  size_t kept = 0;
  for (size_t i = 0; i < claims->count; i++) {
    ms_claim *claim = claims->items[i];
    bool met = claim->met;
    claim->met = false;
    if (met)
      claims->items[kept++] = claim;
    else
      forget(claims, claim);
  }
  claims->count = kept;
}

/* Nobody can tell what others have written since it was known. */
static ms_status read_anew(ms_store *store) {
  ms_claims *claims = &store->claims;
  claims->altered = true;
  for (size_t i = 0; i < claims->count; i++)
    claims->items[i]->altered = true;
  return ms_claims_read(store);
}

ms_status ms_claims_load(ms_store *store) {
  ms_claims *claims = &store->claims;
  bool stale = claims->stale;
  if (stale) ms_claims_deinit(claims);
  /* Until all of it is done nothing is relied on. */
  claims->stale = true;
  MS_TRY(meet_all(store));
  forget_unmet(claims);
  MS_TRY(stale ? read_anew(store) : read_needed(store));
  claims->stale = false;
  return MS_OK;
}

bool ms_claims_take_altered(ms_store *store) {
  bool altered = store->claims.altered;
  store->claims.altered = false;
  return altered;
}

/* ---- Changes ---- */

ms_status ms_claims_add(ms_store *store, int64_t owner, int64_t at_ms, const int64_t *ids,
                        size_t count, int64_t *batch) {
  ms_claim claim = {.batch = ms_store_take_batch(store),
                    .owner = owner,
                    .at_ms = at_ms,
                    .count = count,
                    .dirty = true};
  claim.ids = ms_mem_alloc(count * sizeof *ids);
  if (!claim.ids) return no_memory(store);
  for (size_t i = 0; i < count; i++)
    claim.ids[i] = ids[count - 1 - i];
  *batch = claim.batch;
  return remember(store, &claim);
}

/* Runs end in the order in which they were claimed, as a rule, so that stands back to front: who
 * ends next is found at once, and leaves without a gap. */
static size_t index_of(const ms_claim *claim, int64_t id) {
  size_t i = claim->count - 1;
  while (positive(claim->ids[i]) != id)
    i--;
  return i;
}

const ms_claim *ms_claims_find(const ms_store *store, int64_t id, bool *live) {
  const ms_claim *claim = ms_map_get(&store->claims.by_id, id);
  *live = claim && claim->ids[index_of(claim, id)] > 0;
  return claim;
}

void ms_claims_void(ms_store *store, int64_t id) {
  ms_claim *claim = ms_map_get(&store->claims.by_id, id);
  claim->ids[index_of(claim, id)] = -id;
  claim->dirty = true;
}

void ms_claims_touch(ms_store *store, int64_t id) {
  ms_claim *claim = ms_map_get(&store->claims.by_id, id);
  if (claim) claim->dirty = claim->altered = true;
}

int64_t ms_claims_lane(const ms_claim *claim, int64_t id) {
  const ms_ids *moved = &claim->moved;
  for (size_t i = 0; i < moved->count; i += 2) {
    if (moved->items[i] == id) return moved->items[i + 1];
  }
  return 0;
}

ms_status ms_claims_keep_lane(ms_store *store, int64_t id, int64_t lane) {
  ms_claim *claim = ms_map_get(&store->claims.by_id, id);
  if (!claim || ms_claims_lane(claim, id)) return MS_OK;
  size_t before = claim->moved.count;
  if (!ms_ids_add(&claim->moved, id) || !ms_ids_add(&claim->moved, lane)) {
    claim->moved.count = before;
    return no_memory(store);
  }
  claim->dirty = true;
  return MS_OK;
}

static void forget_lane(ms_claim *claim, int64_t id) {
  ms_ids *moved = &claim->moved;
  for (size_t i = 0; i < moved->count; i += 2) {
    if (moved->items[i] != id) continue;
    moved->items[i + 1] = moved->items[--moved->count];
    moved->items[i] = moved->items[--moved->count];
    return;
  }
}

void ms_claims_end(ms_store *store, int64_t id) {
  ms_claim *claim = ms_map_remove(&store->claims.by_id, id);
  if (!claim) return;
  forget_lane(claim, id);
  claim->ids[index_of(claim, id)] = claim->ids[claim->count - 1];
  claim->count--;
  claim->dirty = true;
}

const ms_claims *ms_claims_all(const ms_store *store) {
  return &store->claims;
}

static int64_t count_voids(const ms_claim *claim) {
  int64_t voids = 0;
  for (size_t i = 0; i < claim->count; i++)
    voids += claim->ids[i] < 0;
  return voids;
}

static ms_status write_one(ms_store *store, ms_claim *claim) {
  ms_buf *text = &store->claims.text;
  claim->dirty = false;
  if (claim->count == 0) return ms_sql_run(store, delete_claim, "i", claim->batch);
  ms_buf_clear(text);
  if (!ms_ids_format(text, claim->ids, claim->count)) return no_memory(store);
  size_t size = text->size;
  if (!ms_ids_format(text, claim->moved.items, claim->moved.count)) return no_memory(store);
  ms_text ids = {text->data, size}, moved = {text->data + size, text->size - size};
  if (!claim->moved.count) moved = MS_TEXT_NONE;
  const char *write = claim->version ? ms_sql_in(store, &write_claim) : insert_claim;
  claim->version++;
  claim->voids = count_voids(claim);
  return ms_sql_run(store, write, "iiiiitt", claim->batch, claim->owner, claim->at_ms,
                    claim->version, claim->voids, ids, moved);
}

/* All are written before any goes: a write that fails leaves what must be loaded again. */
ms_status ms_claims_write(ms_store *store) {
  ms_claims *claims = &store->claims;
  size_t kept = 0;
  for (size_t i = 0; i < claims->count; i++) {
    if (claims->items[i]->dirty) MS_TRY(write_one(store, claims->items[i]));
  }
  for (size_t i = 0; i < claims->count; i++) {
    ms_claim *claim = claims->items[i];
    if (claim->count || claim->unread)
      claims->items[kept++] = claim;
    else
      claim_free(claim);
  }
  claims->count = kept;
  return MS_OK;
}
