#include "engine/flight.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "engine/trigger.h"
#include "store/claim.h"
#include "store/graph.h"

ms_flight *ms_flight_of(ms_run *run) {
  return (ms_flight *)(void *)run;
}

static ms_status fill_run(ms_engine *engine, ms_flight *flight) {
  const ms_work *work = &flight->work;
  ms_run *run = &flight->run;
  run->id = work->id;
  run->attempt = work->attempt + 1;
  run->run = work->run + 1;
  run->period = work->period;
  run->generation = work->generation;
  run->worker = flight->lane.worker;
  run->queue = flight->lane.queue;
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

ms_status ms_flight_load(ms_engine *engine, ms_flight *flight, const ms_work *work,
                         const ms_lane *lane, ms_worker_name *worker) {
  MS_TRY(ms_work_copy(engine->store, work, &flight->arena, &flight->work));
  flight->lane = *lane;
  flight->lane.front = (ms_front){0};
  flight->lane.worker = ms_arena_copy(&flight->arena, lane->worker);
  flight->lane.queue = ms_arena_copy(&flight->arena, lane->queue);
  flight->lane.constraints = ms_arena_copy(&flight->arena, lane->constraints);
  if (!flight->lane.worker.data || !flight->lane.queue.data || !flight->lane.constraints.data) {
    return ms_engine_no_memory(engine);
  }
  flight->worker = worker;
  flight->host = worker->place == MS_PLACE_HOST;
  flight->fresh = true;
  flight->claimed_at_ms = engine->turn.now_ms;
  flight->run.timeout_ms = work->timeout_ms ? work->timeout_ms : worker->timeout_ms;
  return fill_run(engine, flight);
}

void ms_flight_free(ms_run *run) {
  if (!run) return;
  ms_flight *flight = ms_flight_of(run);
  ms_arena arena = flight->arena;
  ms_buf_deinit(&run->output);
  ms_buf_deinit(&run->error);
  ms_buf_deinit(&flight->progress);
  ms_mem_free(flight);
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
