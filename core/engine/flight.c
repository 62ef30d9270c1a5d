#include "engine/flight.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "store/claim.h"

ms_flight *ms_flight_of(ms_run *run) {
  return (ms_flight *)(void *)run;
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
