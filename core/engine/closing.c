#include "base/mem.h"
#include "base/point.h"
#include "engine/engine.h"
#include "engine/lookout.h"
#include "engine/offers.h"
#include "engine/outbox.h"
#include "engine/settle.h"

#include <unistd.h>

/* After the grace of a close runs are interrupted, and this long is waited for them to unwind. */
#define UNWIND_MS 2000

/* What shows as running is stopped, whether a thread has begun it or not. */
static ms_status shut_down(ms_engine *engine, ms_flight *flight, bool unbegun) {
  bool live = ms_flight_holds(engine, flight);
  if (!live) return unbegun ? ms_settle_return(engine, &flight->run) : MS_OK;
  return ms_settle_stop(engine, flight->run.id, "shutdown", unbegun);
}

static ms_status apply_stop_all(ms_engine *engine, ms_call *call) {
  size_t at = 0;
  ms_ids ids = {0};
  bool complete = true;
  (void)call;
  /* Threads of the pool read the flags beside it in one look. */
  pthread_mutex_lock(&engine->mutex);
  engine->closing = true;
  pthread_mutex_unlock(&engine->mutex);
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    complete = complete && ms_ids_add(&ids, flight->run.id);
  }
  ms_status status = complete ? MS_OK : ms_engine_no_memory(engine);
  for (size_t i = 0; i < ids.count && status == MS_OK; i++) {
    ms_flight *flight = ms_map_get(&engine->runs, ids.items[i]);
    if (ms_flight_returned(engine, flight)) continue;
    bool unbegun = ms_flight_take_unbegun(engine, flight);
    if (unbegun) ms_list_push(&engine->turn.taken_back, &flight->run.link);
    status = shut_down(engine, flight, unbegun);
  }
  ms_ids_deinit(&ids);
  return status;
}

static ms_status apply_leave(ms_engine *engine, ms_call *call) {
  (void)call;
  MS_POINT("leave");
  engine->turn.tells_all = true;
  return engine->runs.count ? MS_OK : ms_process_delete(engine->store, engine->owner);
}

static ms_status apply_interrupt(ms_engine *engine, ms_call *call) {
  size_t at = 0;
  (void)call;
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    flight->interrupted = true;
    ms_run_interrupt(&flight->run);
  }
  return MS_OK;
}

typedef struct runs_call {
  ms_call call;
  bool any;
} runs_call;

static ms_status apply_any_runs(ms_engine *engine, ms_call *call) {
  ((runs_call *)(void *)call)->any = engine->runs.count > 0;
  return MS_OK;
}

/* Waits until nothing runs any more; false when the time is over first, or when the store is in no
 * state to take the results. */
static bool wait_for_runs(ms_engine *engine, int64_t wait_ms) {
  int64_t until_ms = ms_clock_steady_ms(&(ms_clock){0}) + wait_ms;
  for (;;) {
    runs_call runs = {.call = {.apply = apply_any_runs}};
    int64_t seen = ms_changes(engine, MS_HEED_IDLE);
    ms_pollfd_clear(engine);
    ms_status status = ms_engine_call(engine, &runs.call, NULL);
    if (status == MS_OK && !runs.any) return true;
    int64_t left_ms = until_ms - ms_clock_steady_ms(&(ms_clock){0});
    bool may_pass = status == MS_OK || status == MS_BUSY || status == MS_FULL;
    if (left_ms <= 0 || !may_pass) return false;
    ms_wait(engine, seen, left_ms);
  }
}

/* Host runs are given back by the host before it closes; what is left of them is given up. */
static void give_up_host_runs(ms_engine *engine) {
  size_t at = 0;
  ms_ids ids = {0};
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    if (flight->host && !ms_flight_returned(engine, flight)) ms_ids_add(&ids, flight->run.id);
  }
  for (size_t i = 0; i < ids.count; i++) {
    ms_flight *flight = ms_map_get(&engine->runs, ids.items[i]);
    ms_flight_take_unbegun(engine, flight);
    ms_engine_give_back(engine, &flight->run);
  }
  ms_ids_deinit(&ids);
}

/* True if one of them had come to its end, and was not settled. What was taken back has no executor
 * any more, like the host's runs. */
static bool give_up_runs(ms_engine *engine) {
  size_t at = 0;
  bool ended = false;
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    bool runs = flight->run.executor && ms_executor_abandon(engine->executor, &flight->run);
    ended = ended || !runs;
  }
  ms_map_clear(&engine->runs);
  return ended;
}

/* True if there may be ends that were not settled. */
static bool end_runs(ms_engine *engine, int64_t grace_ms) {
  ms_call interrupt = {.apply = apply_interrupt, .reads = true};
  if (engine->options.stepped) {
    give_up_host_runs(engine);
    return true;
  }
  if (wait_for_runs(engine, grace_ms)) return false;
  ms_engine_call(engine, &interrupt, NULL);
  ms_engine_hold(engine);
  ms_turn_drop_claimed(engine);
  give_up_host_runs(engine);
  ms_engine_let_go(engine);
  if (wait_for_runs(engine, UNWIND_MS)) return false;
  ms_engine_hold(engine);
  bool ended = give_up_runs(engine);
  ms_engine_let_go(engine);
  return ended;
}

/* Ends the thread and the pool and lets go of the store, whatever state that is in.
 *
 * A thread that was given up may still run a work: the lock that says so stays until the process
 * ends, so that nobody starts that work again. */
static void release(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  engine->closed = true;
  /* From then on nobody begins a turn, and nobody waits for a sensor. */
  pthread_cond_broadcast(&engine->turned);
  while (engine->turning)
    pthread_cond_wait(&engine->turned, &engine->mutex);
  pthread_mutex_unlock(&engine->mutex);
  ms_end_thread(engine);
  ms_checkpoint_close(engine);
  ms_reader_close(&engine->reader);
  ms_lookout_free(engine->lookout);
  engine->lookout = NULL;
  ms_preview_deinit(&engine->preview);
  bool abandoned = engine->executor && ms_executor_abandoned(engine->executor) > 0;
  ms_executor_close(engine->executor);
  engine->executor = NULL;
  if (abandoned) ms_peers_outlive(&engine->peers);
  if (engine->options.stepped && engine->world) ms_leave_the_living(engine);
  ms_list_init(&engine->host_runs);
  ms_world_close(engine);
  ms_board_close(engine->board);
  engine->board = NULL;
  ms_peers_close(&engine->peers);
  ms_wal_close(&engine->wal);
  if (engine->clock_fd >= 0) close(engine->clock_fd);
  engine->clock_fd = -1;
}

ms_status ms_drain(ms_manager *engine, ms_err *err) {
  ms_call stop = {.apply = apply_stop_all};
  return ms_engine_call(engine, &stop, err);
}

/* Whoever opens the store next counts them as crashed. */
static ms_status report_unsettled(ms_engine *engine, ms_err *err) {
  pthread_mutex_lock(&engine->mutex);
  bool settled = ms_list_empty(&engine->results);
  pthread_mutex_unlock(&engine->mutex);
  if (settled) return MS_OK;
  return ms_fail(err, MS_IO, "runs have ended whose results the store has not taken");
}

ms_status ms_close(ms_manager *engine, int64_t grace_ms, ms_err *err) {
  ms_call leave = {.apply = apply_leave};
  ms_status status = ms_usable(engine, err);
  if (status == MS_CLOSED) return MS_OK;
  MS_TRY(status);
  status = ms_drain(engine, err);
  bool ended = end_runs(engine, grace_ms < 0 ? engine->options.stop_grace_ms : grace_ms);
  ms_engine_call(engine, &leave, NULL);
  if (status == MS_OK && ended) status = report_unsettled(engine, err);
  MS_POINT("close");
  release(engine);
  return status;
}

/* ---- Without a close ---- */

void ms_crash(ms_manager *engine) {
  pthread_mutex_lock(&engine->mutex);
  engine->closed = true;
  pthread_mutex_unlock(&engine->mutex);
  ms_leave_the_living(engine);
}

static void free_list(ms_engine *engine, ms_link *runs) {
  for (ms_link *link; (link = ms_list_shift(runs));) {
    ms_run *run = MS_LIST_ENTRY(link, ms_run, link);
    if (ms_map_get(&engine->runs, run->id) == run) ms_map_remove(&engine->runs, run->id);
    ms_flight_free(run);
  }
}

/* Runs that were given up and have returned since are among the results alone; what a turn that the
 * disk never had has ended is in its lists. */
static void free_runs(ms_engine *engine) {
  size_t at = 0;
  free_list(engine, &engine->results);
  free_list(engine, &engine->turn.settled);
  free_list(engine, &engine->turn.taken_back);
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));)
    ms_flight_free(&flight->run);
}

void ms_free(ms_manager *engine) {
  if (!engine) return;
  bool forked = engine->pid != getpid();
  if (forked) return;
  if (engine->owner) ms_close(engine, -1, NULL);
  if (engine->world) release(engine);
  for (ms_event *event; (event = ms_take_event(engine));)
    ms_event_free(event);
  ms_outbox_drop(engine);
  ms_observers_free(engine);
  ms_customs_free(engine);
  ms_offers_free(engine);
  free_runs(engine);
  ms_ids *lists[] = {&engine->turn.finished, &engine->turn.succeeded, &engine->turn.stopped,
                     &engine->turn.noted,    &engine->others,         &engine->met,
                     &engine->doors,         &engine->turn.touched,   &engine->met_lanes};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    ms_ids_deinit(lists[i]);
  ms_map_deinit(&engine->runs);
  ms_map_deinit(&engine->lane_places);
  ms_arena_deinit(&engine->arena);
  for (int i = 0; i < 2; i++) {
    if (engine->wake_fds[i] >= 0) close(engine->wake_fds[i]);
  }
  pthread_cond_destroy(&engine->turned);
  ms_reader_deinit(&engine->reader);
  pthread_mutex_destroy(&engine->mutex);
  ms_mem_free(engine);
}
