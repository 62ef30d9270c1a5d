#include "engine/engine.h"
#include "engine/intake.h"
#include "engine/schedule.h"
#include "store/claim.h"
#include "store/queue.h"

/* Questions: each is a call that reads. One that may have to look at many works is asked of the
 * reader, beside turns, where there is one. */
typedef struct ask_call {
  ms_call call;
  ms_store *reader; /* NULL = the engine's store, in a turn */
  const ms_selector *selector;
  const ms_page *page;
  ms_arena *arena;
  ms_info *infos;
  ms_text *texts;
  size_t count;
  int64_t number;
  bool answer;
  bool tags;
  ms_stats *stats;
  ms_queue_settings *queues;
} ask_call;

static ask_call *ask_of(ms_call *call) {
  return (ask_call *)(void *)call;
}

static ms_store *store_of(ms_engine *engine, const ask_call *args) {
  return args->reader ? args->reader : engine->store;
}

static ms_status ask_reader(ms_engine *engine, ask_call *args, ms_err *err) {
  MS_TRY(ms_reader_begin(engine, &args->reader, err));
  if (!args->reader) return ms_engine_call(engine, &args->call, err);
  return ms_reader_end(engine, args->call.apply(engine, &args->call), err);
}

/* ---- Works ---- */

/* The newest progress of a run of this process may still be on its way to the store. */
static ms_status show_progress(ms_engine *engine, ms_arena *arena, ms_info *info) {
  ms_flight *flight = ms_map_get(&engine->runs, info->id);
  if (!flight || info->state != MS_RUNNING || flight->run.run != info->run) return MS_OK;
  if (!ms_flight_holds(engine, flight)) return MS_OK;
  pthread_mutex_lock(&engine->mutex);
  bool newer = flight->has_progress;
  if (newer) info->progress = ms_arena_copy(arena, ms_buf_text(&flight->progress));
  pthread_mutex_unlock(&engine->mutex);
  return newer && !info->progress.data ? ms_engine_no_memory(engine) : MS_OK;
}

/* In a turn. */
static ms_status apply_progress(ms_engine *engine, ms_call *call) {
  ask_call *args = ask_of(call);
  for (size_t i = 0; i < args->count; i++)
    MS_TRY(show_progress(engine, args->arena, &args->infos[i]));
  return MS_OK;
}

static ms_status load_infos(ms_store *store, ask_call *args, const ms_ids *ids) {
  bool found;
  args->infos = ms_arena_take(args->arena, ids->count * sizeof *args->infos);
  if (!args->infos) return ms_no_memory(ms_store_err(store));
  for (size_t i = 0; i < ids->count; i++) {
    MS_TRY(ms_query_info(store, ids->items[i], args->arena, &args->infos[args->count], &found));
    args->count += found;
  }
  return MS_OK;
}

static ms_status apply_query(ms_engine *engine, ms_call *call) {
  ask_call *args = ask_of(call);
  ms_store *store = store_of(engine, args);
  ms_ids ids = {0};
  args->count = 0;
  ms_status status = ms_query_ids(store, args->selector, 0, args->page, &ids);
  if (status == MS_OK) status = load_infos(store, args, &ids);
  ms_ids_deinit(&ids);
  MS_TRY(status);
  return args->reader ? MS_OK : apply_progress(engine, call);
}

static bool any_runs(const ask_call *args) {
  for (size_t i = 0; i < args->count; i++) {
    if (args->infos[i].state == MS_RUNNING) return true;
  }
  return false;
}

/* Works that are named by their ids are found at once. */
static ms_status ask_for_works(ms_engine *engine, ask_call *args, ms_err *err) {
  if (args->selector->id_count) return ms_engine_call(engine, &args->call, err);
  MS_TRY(ask_reader(engine, args, err));
  if (!args->reader || !any_runs(args)) return MS_OK;
  args->call = (ms_call){.apply = apply_progress, .reads = true};
  return ms_engine_call(engine, &args->call, err);
}

ms_status ms_query(ms_manager *engine, const ms_selector *selector, const ms_page *page,
                   ms_arena *arena, ms_info **infos, size_t *count, ms_err *err) {
  ask_call args = {
      .call = {.apply = apply_query, .reads = true},
      .selector = selector,
      .page = page,
      .arena = arena,
  };
  MS_TRY(ask_for_works(engine, &args, err));
  *infos = args.infos;
  *count = args.count;
  return MS_OK;
}

static ms_status apply_count(ms_engine *engine, ms_call *call) {
  ask_call *args = ask_of(call);
  return ms_query_count(store_of(engine, args), args->selector, &args->number);
}

ms_status ms_count(ms_manager *engine, const ms_selector *selector, int64_t *count, ms_err *err) {
  ask_call args = {.call = {.apply = apply_count, .reads = true}, .selector = selector};
  MS_TRY(ask_reader(engine, &args, err));
  *count = args.number;
  return MS_OK;
}

/* What has not been read yet may become selected works, but none whose id is known already. */
static ms_status apply_unfinished(ms_engine *engine, ms_call *call) {
  ask_call *args = ask_of(call);
  MS_TRY(ms_query_unfinished(engine->store, args->selector, args->number, &args->number));
  args->answer = args->number != 0;
  if (args->answer || args->selector->id_count) return MS_OK;
  return ms_intake_waits(engine, &args->answer);
}

ms_status ms_unfinished(ms_manager *engine, const ms_selector *selector, int64_t *from, bool *any,
                        ms_err *err) {
  ask_call args = {
      .call = {.apply = apply_unfinished, .reads = true}, .selector = selector, .number = *from};
  MS_TRY(ms_engine_call(engine, &args.call, err));
  *any = args.answer;
  *from = args.number;
  return MS_OK;
}

static ms_status apply_texts(ms_engine *engine, ms_call *call) {
  ask_call *args = ask_of(call);
  ms_store *store = store_of(engine, args);
  return args->tags ? ms_query_tags(store, args->arena, &args->texts, &args->count)
                    : ms_query_names(store, args->arena, &args->texts, &args->count);
}

static ms_status ask_texts(ms_engine *engine, bool tags, ms_arena *arena, ms_text **texts,
                           size_t *count, ms_err *err) {
  ask_call args = {.call = {.apply = apply_texts, .reads = true}, .arena = arena, .tags = tags};
  MS_TRY(ask_reader(engine, &args, err));
  *texts = args.texts;
  *count = args.count;
  return MS_OK;
}

ms_status ms_names(ms_manager *engine, ms_arena *arena, ms_text **names, size_t *count,
                   ms_err *err) {
  return ask_texts(engine, false, arena, names, count, err);
}

ms_status ms_tags(ms_manager *engine, ms_arena *arena, ms_text **tags, size_t *count, ms_err *err) {
  return ask_texts(engine, true, arena, tags, count, err);
}

static ms_status apply_last_cancel_all(ms_engine *engine, ms_call *call) {
  return ms_store_counter(engine->store, "last_cancel_all", &ask_of(call)->number);
}

ms_status ms_last_cancel_all(ms_manager *engine, int64_t *at_ms, ms_err *err) {
  ask_call args = {.call = {.apply = apply_last_cancel_all, .reads = true}};
  MS_TRY(ms_engine_call(engine, &args.call, err));
  *at_ms = args.number ? args.number : MS_NEVER;
  return MS_OK;
}

static ms_status apply_tally(ms_engine *engine, ms_call *call) {
  ask_call *args = ask_of(call);
  return ms_query_tally(store_of(engine, args), MS_UNFINISHED_STATES | MS_FINISHED_STATES,
                        args->stats->counts);
}

static ms_status apply_stats(ms_engine *engine, ms_call *call) {
  ms_stats *stats = ask_of(call)->stats;
  *stats = engine->stats;
  stats->processes = (int64_t)engine->others.count + 1;
  if (!engine->executor) return MS_OK;
  stats->threads = ms_executor_threads(engine->executor);
  stats->threads_busy = stats->threads - ms_executor_free(engine->executor);
  return MS_OK;
}

ms_status ms_get_stats(ms_manager *engine, ms_stats *stats, ms_err *err) {
  ask_call args = {.call = {.apply = apply_stats, .reads = true}, .stats = stats};
  MS_TRY(ms_engine_call(engine, &args.call, err));
  args.call = (ms_call){.apply = apply_tally, .reads = true};
  return ask_reader(engine, &args, err);
}

static ms_status apply_queues(ms_engine *engine, ms_call *call) {
  ask_call *args = ask_of(call);
  const ms_queues *queues = ms_queues_all(engine->store);
  args->count = queues->count;
  args->queues = ms_arena_take(args->arena, queues->count * sizeof *args->queues);
  if (!args->queues) return ms_engine_no_memory(engine);
  for (size_t i = 0; i < queues->count; i++) {
    const ms_queue *queue = &queues->items[i];
    args->queues[i] = (ms_queue_settings){
        .name = ms_arena_copy(args->arena, queue->name),
        .limit = queue->limit,
        .rate = queue->rate,
        .rate_window_ms = queue->rate_window_ms,
        .paused = queue->paused,
    };
    if (!args->queues[i].name.data) return ms_engine_no_memory(engine);
  }
  return MS_OK;
}

ms_status ms_get_queues(ms_manager *engine, ms_arena *arena, ms_queue_settings **queues,
                        size_t *count, ms_err *err) {
  ask_call args = {.call = {.apply = apply_queues, .reads = true}, .arena = arena};
  MS_TRY(ms_engine_call(engine, &args.call, err));
  *queues = args.queues;
  *count = args.count;
  return MS_OK;
}

/* ---- Is anything left to do? ---- */

static ms_status apply_idle(ms_engine *engine, ms_call *call) {
  ask_call *args = ask_of(call);
  const ms_claims *claims = ms_claims_all(engine->store);
  MS_TRY(ms_claims_read(engine->store));
  args->answer = engine->runs.count == 0;
  for (size_t i = 0; i < claims->count; i++) {
    args->answer = args->answer && claims->items[i]->count == 0;
  }
  if (!args->answer) return MS_OK;
  bool ready, waits;
  MS_TRY(ms_schedule_ready(engine, &ready));
  MS_TRY(ms_intake_waits(engine, &waits));
  args->answer = !ready && !waits;
  return MS_OK;
}

/* Whoever waits for rest need not look at the store while something runs here. */
static bool is_set(ms_engine *engine, const bool *flag) {
  pthread_mutex_lock(&engine->mutex);
  bool set = *flag;
  pthread_mutex_unlock(&engine->mutex);
  return set;
}

ms_status ms_idle(ms_manager *engine, bool *idle, ms_err *err) {
  ask_call args = {.call = {.apply = apply_idle, .reads = true}};
  MS_TRY(ms_usable(engine, err));
  *idle = false;
  if (is_set(engine, &engine->running)) return MS_OK;
  MS_TRY(ms_engine_call(engine, &args.call, err));
  *idle = args.answer;
  return MS_OK;
}

static ms_status apply_done(ms_engine *engine, ms_call *call) {
  ask_call *args = ask_of(call);
  bool any, waits;
  MS_TRY(ms_query_once(engine->store, &any));
  MS_TRY(ms_intake_waits(engine, &waits));
  args->answer = !any && !waits;
  return MS_OK;
}

ms_status ms_done(ms_manager *engine, bool *done, ms_err *err) {
  ask_call args = {.call = {.apply = apply_done, .reads = true}};
  MS_TRY(ms_usable(engine, err));
  *done = false;
  if (is_set(engine, &engine->running_once)) return MS_OK;
  MS_TRY(ms_engine_call(engine, &args.call, err));
  *done = args.answer;
  return MS_OK;
}
