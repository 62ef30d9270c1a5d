#include "store/graph.h"
#include "store/private.h"
#include "store/query.h"

static const char select_progress[] = "SELECT data FROM ms_progress WHERE id = ?";

static ms_status load_progress(ms_store *store, int64_t id, ms_arena *arena, ms_text *progress) {
  ms_statement *statement;
  bool row, failed = false;
  MS_TRY(ms_sql_open(store, select_progress, &statement, "i", id));
  MS_TRY(ms_sql_step(store, statement, &row));
  if (!row) return MS_OK;
  *progress = ms_sql_column_copy(statement, 0, arena, &failed);
  ms_sql_close(statement);
  return failed ? ms_no_memory(&store->err) : MS_OK;
}

static ms_status keep(ms_store *store, ms_arena *arena, ms_ids *ids, int64_t **list,
                      size_t *count) {
  *count = ids->count;
  if (ids->count) {
    *list = ms_arena_take(arena, ids->count * sizeof **list);
    if (!*list) return ms_no_memory(&store->err);
    memcpy(*list, ids->items, ids->count * sizeof **list);
  }
  ids->count = 0;
  return MS_OK;
}

static ms_status load_edges(ms_store *store, const ms_work *work, ms_arena *arena, ms_info *info,
                            ms_ids *ids) {
  if (work->prerequisites) {
    MS_TRY(ms_edge_prerequisites(store, work->id, ids));
    MS_TRY(keep(store, arena, ids, &info->prerequisites, &info->prerequisite_count));
  }
  MS_TRY(ms_edge_dependents(store, work->id, ids));
  return keep(store, arena, ids, &info->dependents, &info->dependent_count);
}

/* While a work runs, its attempt and run are one more than what its life holds. */
static void add_run(ms_store *store, const ms_work *work, ms_info *info) {
  bool live;
  const ms_claim *claim = ms_claims_find(store, work->id, &live);
  if (!live) return;
  info->attempt++;
  info->run++;
  info->started_at_ms = claim->at_ms;
  info->stop_reason = MS_TEXT_NONE;
}

static void fill(const ms_work *work, ms_info *info) {
  *info = (ms_info){
      .id = work->id,
      .state = work->state,
      .input = work->input.data ? work->input : MS_TEXT("{}"),
      .output = work->output,
      .tags = work->tags.data ? work->tags : MS_TEXT("[]"),
      .name = work->name,
      .attempt = work->attempt,
      .run = work->run,
      .period = work->period,
      .generation = work->generation,
      .outcome = work->outcome,
      .error = work->error,
      .stop_reason = work->stop_reason,
      .files = work->files,
      .delay_ms = work->delay_ms,
      .every_ms = work->every_ms,
      .flex_ms = work->flex_ms,
      .repeats = work->repeats,
      .cron = work->cron,
      .zone = work->zone,
      .backoff = work->backoff,
      .max_attempts = work->max_attempts,
      .timeout_ms = work->timeout_ms,
      .deadline_ms = work->deadline_ms,
      .merger = work->merger,
      .keep_results_for_ms = work->keep_ms,
      .enqueued_at_ms = work->enqueued_at_ms,
      .due_at_ms = work->state == MS_ENQUEUED ? work->due_at_ms : MS_NEVER,
      .started_at_ms = work->started_at_ms,
      .finished_at_ms = work->finished_at_ms,
      .enqueued_by = work->enqueued_by,
      .trace = work->trace,
  };
}

/* Lanes may go with a rollback, so their texts are copied. In one that somebody has deleted no
 * worker runs anything. */
static ms_status add_lane(ms_store *store, const ms_work *work, ms_arena *arena, ms_info *info) {
  const ms_lane *lane = ms_lane_find(store, work->lane);
  info->worker = info->queue = MS_TEXT("");
  if (!lane) return MS_OK;
  info->worker = ms_arena_copy(arena, lane->worker);
  info->queue = ms_arena_copy(arena, lane->queue);
  info->priority = lane->priority;
  info->expedited = lane->expedited;
  if (lane->constraints.size) info->constraints = ms_arena_copy(arena, lane->constraints);
  bool failed = !info->worker.data || !info->queue.data ||
                (lane->constraints.size && !info->constraints.data);
  return failed ? ms_no_memory(&store->err) : MS_OK;
}

ms_status ms_query_info(ms_store *store, int64_t id, ms_arena *arena, ms_info *info, bool *found) {
  ms_work work;
  ms_ids ids = {0};
  MS_TRY(ms_work_load(store, id, arena, &work, found));
  if (!*found) return MS_OK;
  fill(&work, info);
  add_run(store, &work, info);
  MS_TRY(add_lane(store, &work, arena, info));
  MS_TRY(load_progress(store, id, arena, &info->progress));
  ms_status status = load_edges(store, &work, arena, info, &ids);
  ms_ids_deinit(&ids);
  return status;
}

/* ---- Does a selector mean this work? ---- */

static bool has_text(const ms_text *texts, size_t count, ms_text text) {
  if (!count) return true;
  for (size_t i = 0; i < count; i++) {
    if (text.data && ms_text_equal(texts[i], text)) return true;
  }
  return false;
}

static bool has_id(const int64_t *ids, size_t count, int64_t id) {
  if (!count) return true;
  for (size_t i = 0; i < count; i++) {
    if (ids[i] == id) return true;
  }
  return false;
}

/* Tags stand as JSON text, so a tag is looked for in its quoted form; a quote inside a string is
 * escaped, so the form cannot occur within another tag. */
static bool has_tag(const ms_selector *selector, ms_text tags) {
  bool found = selector->tag_count == 0;
  ms_buf quoted = {0};
  for (size_t i = 0; i < selector->tag_count && !found; i++) {
    ms_buf_clear(&quoted);
    if (!ms_buf_add_quoted(&quoted, selector->tags[i])) break;
    found = memmem(tags.data, tags.size, quoted.data, quoted.size) != NULL;
  }
  ms_buf_deinit(&quoted);
  return found;
}

bool ms_selector_matches(const ms_selector *selector, const ms_info *info) {
  return (!selector->states || selector->states >> info->state & 1) &&
         has_id(selector->ids, selector->id_count, info->id) && has_tag(selector, info->tags) &&
         has_text(selector->names, selector->name_count, info->name) &&
         has_text(selector->workers, selector->worker_count, info->worker) &&
         has_text(selector->queues, selector->queue_count, info->queue);
}
