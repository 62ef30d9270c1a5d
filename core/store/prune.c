#include "store/prune.h"

#include "store/private.h"

/* Notes are short, often of one work, so several are taken at once. */
#define MOST_NOTES 64
#define ENOUGH_IDS 256
/* So many ids fit into a row without a page of its own. */
#define NOTE_MOST 96

static const char insert_note[] =
    "INSERT INTO ms_finish (at, note, ids) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
static const char select_oldest[] =
    "SELECT at, note, ids FROM ms_finish WHERE at <= ? ORDER BY at, note";
static const char select_next[] = "SELECT min(at) FROM ms_finish WHERE at <= 9223372036854775807";
static const char delete_note[] = "DELETE FROM ms_finish WHERE at = ? AND note = ?";
static const char select_finished[] = "SELECT id FROM ms_done WHERE finished_at <= ? ORDER BY id";

/* Processes have numbers of their own, and each counts its notes. Who has not joined yet notes
 * single works, and whoever else has noted one of them at that moment has said the same. */
static int64_t number_note(ms_store *store, const int64_t *ids) {
  return store->owner ? (int64_t)((uint64_t)store->owner << 40) + ++store->notes : ids[0];
}

static ms_status write_note(ms_store *store, int64_t at_ms, const int64_t *ids, size_t count) {
  ms_buf text = {0};
  ms_status status = ms_ids_format(&text, ids, count)
                         ? ms_sql_run(store, insert_note, "iit", at_ms, number_note(store, ids),
                                      ms_buf_text(&text))
                         : ms_no_memory(&store->err);
  ms_buf_deinit(&text);
  ms_first_join(&store->finish, at_ms);
  return status;
}

ms_status ms_prune_note(ms_store *store, int64_t at_ms, const int64_t *ids, size_t count) {
  for (size_t i = 0; i < count; i += NOTE_MOST) {
    size_t left = count - i;
    MS_TRY(write_note(store, at_ms, ids + i, left < NOTE_MOST ? left : NOTE_MOST));
  }
  return MS_OK;
}

typedef struct note {
  int64_t at_ms;
  int64_t number;
} note;

/* Works of a note that does not parse stay until somebody prunes. */
static ms_status read_notes(ms_store *store, int64_t before_ms, note *notes, size_t *count,
                            ms_ids *ids) {
  ms_statement *statement;
  bool row;
  *count = 0;
  MS_TRY(ms_sql_open(store, select_oldest, &statement, "i", before_ms));
  while (*count < MOST_NOTES && ids->count < ENOUGH_IDS) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    notes[(*count)++] = (note){ms_sql_column_int(statement, 0), ms_sql_column_int(statement, 1)};
    ms_status status = ms_sql_column_ids(store, statement, 2, ids);
    if (status == MS_OK) continue;
    ms_sql_close(statement);
    return status;
  }
  ms_sql_close(statement);
  return MS_OK;
}

/* A note with numbers that are no whole ones is not found by them, and would be taken for ever. */
static ms_status delete_one(ms_store *store, const note *it, bool *taken) {
  ms_status status = ms_sql_take(store, 1, delete_note, "ii", it->at_ms, it->number);
  if (status == MS_NOTFOUND) *taken = false;
  return status == MS_NOTFOUND ? MS_OK : status;
}

ms_status ms_prune_take(ms_store *store, int64_t before_ms, ms_ids *ids, bool *more) {
  note notes[MOST_NOTES];
  int64_t next;
  size_t count;
  bool taken = true;
  *more = false;
  MS_TRY(read_notes(store, before_ms, notes, &count, ids));
  if (!count) return MS_OK;
  store->finish.known = false;
  for (size_t i = 0; i < count; i++)
    MS_TRY(delete_one(store, &notes[i], &taken));
  MS_TRY(ms_prune_next(store, &next));
  *more = taken && next <= before_ms;
  return MS_OK;
}

static const char passed_over[] = "passed_over";

ms_status ms_prune_has_passed_over(ms_store *store, bool *any) {
  if (!store->knows_passed_over) {
    MS_TRY(ms_store_counter(store, passed_over, &store->passed_over));
  }
  store->knows_passed_over = true;
  *any = store->passed_over != 0;
  return MS_OK;
}

ms_status ms_prune_pass_over(ms_store *store) {
  bool any;
  MS_TRY(ms_prune_has_passed_over(store, &any));
  if (any) return MS_OK;
  store->passed_over = 1;
  return ms_store_set_counter(store, passed_over, 1);
}

ms_status ms_prune_next(ms_store *store, int64_t *finished_at_ms) {
  ms_first *first = &store->finish;
  if (!first->known) MS_TRY(ms_sql_int(store, select_next, MS_NEVER, &first->at_ms, ""));
  first->known = true;
  if (first->at_ms > MS_FAR) first->at_ms = MS_NEVER;
  *finished_at_ms = first->at_ms;
  return MS_OK;
}

ms_status ms_prune_finished(ms_store *store, int64_t before_ms, ms_ids *ids) {
  ms_statement *statement;
  MS_TRY(ms_sql_open(store, select_finished, &statement, "i", before_ms));
  return ms_sql_collect(store, statement, ids);
}
