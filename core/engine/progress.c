#include "engine/engine.h"
#include "engine/outbox.h"
#include "store/work_move.h"

/* The newest progress of each run goes to the store, at most ten times a second. */
#define PAUSE_MS 100

static ms_status write_newest(ms_engine *engine, ms_flight *flight) {
  ms_buf data = {0};
  pthread_mutex_lock(&engine->mutex);
  bool complete = ms_buf_add_text(&data, ms_buf_text(&flight->progress));
  flight->has_progress = !complete;
  pthread_mutex_unlock(&engine->mutex);
  if (!complete) return ms_engine_no_memory(engine);
  bool live = ms_flight_holds(engine, flight);
  ms_status status = MS_OK;
  if (live) status = ms_progress_write(engine->store, flight->run.id, ms_buf_text(&data));
  ms_buf_deinit(&data);
  flight->progress_at_ms = engine->turn.now_ms;
  flight->noted = true;
  if (status == MS_OK && live) {
    status = ms_outbox_event(engine, MS_EVENT_PROGRESS, flight->run.id);
  }
  return status;
}

static bool has_progress(ms_engine *engine, const ms_flight *flight) {
  pthread_mutex_lock(&engine->mutex);
  bool has = flight->has_progress;
  pthread_mutex_unlock(&engine->mutex);
  return has;
}

ms_status ms_progress_flush(ms_engine *engine, int64_t id) {
  ms_flight *flight = ms_map_get(&engine->runs, id);
  return flight && has_progress(engine, flight) ? write_newest(engine, flight) : MS_OK;
}

static bool set_progressed(ms_engine *engine, bool progressed) {
  pthread_mutex_lock(&engine->mutex);
  bool before = engine->progressed;
  engine->progressed = progressed;
  pthread_mutex_unlock(&engine->mutex);
  return before;
}

ms_status ms_progress_write_due(ms_engine *engine) {
  size_t at = 0;
  if (!set_progressed(engine, false)) return MS_OK;
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    if (!has_progress(engine, flight)) continue;
    int64_t next_ms = flight->progress_at_ms + PAUSE_MS;
    if (next_ms <= engine->turn.now_ms) {
      MS_TRY(write_newest(engine, flight));
      continue;
    }
    ms_turn_wake_at(engine, next_ms);
    set_progressed(engine, true);
  }
  return MS_OK;
}

void ms_progress_failed(ms_engine *engine, ms_flight *flight) {
  if (flight->progress_at_ms != engine->turn.now_ms || !flight->progress.size) return;
  flight->progress_at_ms = 0;
  flight->has_progress = engine->progressed = true;
}

void ms_progress_run(ms_run *run, ms_text data) {
  ms_engine *engine = run->engine;
  ms_flight *flight = ms_flight_of(run);
  pthread_mutex_lock(&engine->mutex);
  ms_buf_clear(&flight->progress);
  flight->has_progress = ms_buf_add_text(&flight->progress, data);
  engine->progressed = true;
  engine->nudged = true;
  ms_engine_wake_thread(engine);
  pthread_mutex_unlock(&engine->mutex);
  ms_step_settle(engine);
}
