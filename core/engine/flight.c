#include "engine/flight.h"

#include "engine/engine.h"
#include "engine/trigger.h"
#include "store/claim.h"
#include "store/graph.h"

#include <string.h>

ms_flight *ms_flight_of(ms_run *run) {
  return (ms_flight *)(void *)run;
}

/* One block of memory is enough for most. */
static ms_flight *make(const ms_lane *lane, const ms_work *work) {
  ms_arena arena = {0};
  const ms_text texts[] = {lane->worker, lane->queue, lane->constraints};
  size_t size = sizeof(ms_flight) + ms_work_bytes(work);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    size += ms_arena_bytes_of(texts[i]);
  ms_flight *flight = ms_arena_reserve(&arena, size) ? ms_arena_take(&arena, sizeof *flight) : NULL;
  if (!flight) return NULL;
  flight->arena = arena;
  ms_list_init(&flight->run.link);
  flight->stopped_at_ms = MS_NEVER;
  return flight;
}

static ms_status copy_texts(ms_engine *engine, const ms_lane *lane, const ms_work *work,
                            ms_flight *flight) {
  flight->constraints = ms_arena_copy(&flight->arena, lane->constraints);
  flight->run.worker = ms_arena_copy(&flight->arena, lane->worker);
  flight->run.queue = ms_arena_copy(&flight->arena, lane->queue);
  MS_TRY(ms_work_copy(engine->store, work, &flight->arena, &flight->work));
  if (flight->run.worker.data && flight->run.queue.data && flight->constraints.data) return MS_OK;
  return ms_engine_no_memory(engine);
}

static ms_status fill_run(ms_engine *engine, ms_flight *flight) {
  const ms_work *work = &flight->work;
  ms_run *run = &flight->run;
  run->id = work->id;
  run->attempt = work->attempt + 1;
  run->run = work->run + 1;
  run->period = work->period;
  run->generation = work->generation;
  run->input = work->input.data ? work->input : MS_TEXT("{}");
  run->merger = work->merger;
  run->merges = !ms_work_is_periodic(work);
  run->tags = work->tags.data ? work->tags : MS_TEXT("[]");
  run->name = work->name;
  run->trace = work->trace;
  run->max_data_bytes = engine->options.max_data_bytes;
  run->retry_after_ms = -1;
  run->engine = engine;
  MS_TRY(ms_trigger_paths(engine, work, &flight->arena, &run->files));
  if (!work->prerequisites) return MS_OK;
  if (work->knows_output) {
    run->outputs = &flight->work.prior_output;
    run->output_count = 1;
    return MS_OK;
  }
  return ms_edge_outputs(engine->store, work->id, &flight->arena, &run->outputs,
                         &run->output_count);
}

static ms_status load(ms_engine *engine, const ms_lane *lane, const ms_work *work,
                      ms_flight *flight) {
  MS_TRY(copy_texts(engine, lane, work, flight));
  flight->host = flight->worker->place == MS_PLACE_HOST;
  flight->fresh = true;
  flight->claimed_at_ms = engine->turn.now_ms;
  flight->run.timeout_ms = work->timeout_ms ? work->timeout_ms : flight->worker->timeout_ms;
  flight->timed = flight->run.timeout_ms > 0;
  return fill_run(engine, flight);
}

ms_status ms_flight_new(ms_engine *engine, const ms_work *work, const ms_lane *lane,
                        ms_worker_name *worker, ms_flight **flight) {
  ms_flight *made = make(lane, work);
  if (!made) return ms_engine_no_memory(engine);
  made->worker = worker;
  ms_status status = load(engine, lane, work, made);
  if (status == MS_OK)
    *flight = made;
  else
    ms_flight_free(&made->run);
  return status;
}

void ms_flight_free(ms_run *run) {
  if (!run) return;
  ms_flight *flight = ms_flight_of(run);
  ms_arena arena = flight->arena;
  ms_buf_deinit(&run->output);
  ms_buf_deinit(&run->error);
  ms_buf_deinit(&flight->progress);
  ms_arena_deinit(&arena);
}

bool ms_flight_holds(const ms_engine *engine, const ms_flight *flight) {
  bool live;
  const ms_claim *claim = ms_claims_find(engine->store, flight->run.id, &live);
  return live && claim->batch == flight->run.batch && claim->owner == engine->owner;
}

bool ms_flight_returned(ms_engine *engine, const ms_flight *flight) {
  pthread_mutex_lock(&engine->mutex);
  bool returned = flight->returned;
  pthread_mutex_unlock(&engine->mutex);
  return returned;
}

/* A turn that fails is tried again, for the same reason as a rule. */
ms_status ms_flight_stop(ms_engine *engine, ms_flight *flight, const char *reason) {
  bool known = flight->reason && strcmp(flight->reason, reason) == 0;
  if (!known) flight->reason = ms_arena_copy(&flight->arena, ms_text_of(reason)).data;
  if (!flight->reason) return ms_engine_no_memory(engine);
  flight->stops = true;
  return ms_ids_add(&engine->turn.stopped, flight->run.id) ? MS_OK : ms_engine_no_memory(engine);
}

bool ms_flight_take_unbegun(ms_engine *engine, ms_flight *flight) {
  ms_run *run = &flight->run;
  if (!flight->host) return run->executor && ms_executor_take_back_run(run->executor, run);
  bool waits = false;
  pthread_mutex_lock(&engine->mutex);
  MS_LIST_EACH (link, &engine->host_runs) {
    if (link == &run->link) waits = true;
  }
  if (waits) ms_list_remove(&run->link);
  pthread_mutex_unlock(&engine->mutex);
  return waits;
}
