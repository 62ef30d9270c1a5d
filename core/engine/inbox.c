#include "base/point.h"
#include "engine/engine.h"
#include "engine/intake.h"
#include "engine/orphans.h"
#include "store/claim.h"

/* So many turns in a row, then the thread looks after the sensors and whatever else it watches. */
#define TURNS_IN_A_ROW 16
/* Between two looks at the others where nothing tells of their end. */
#define UNWATCHED_PAUSE_MS 1000

bool ms_engine_is_unwatched(const ms_engine *engine) {
  return engine->board && engine->peers.watch_fd < 0;
}

void ms_engine_ask_for_turn(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  engine->nudged = true;
  pthread_mutex_unlock(&engine->mutex);
}

static bool pending(const ms_engine *engine) {
  return !ms_list_empty(&engine->inbox) || engine->nudged ||
         (!ms_list_empty(&engine->results) && !engine->deferred) ||
         ms_engine_now(engine) >= engine->next_at_ms;
}

/* With the mutex held. Once it is closed the loop may be gone: a thread that was given up comes
 * back at any time. */
void ms_engine_wake_thread(ms_engine *engine) {
  if (engine->closed || !engine->has_thread || engine->looping) return;
  engine->looping = true;
  uv_async_send(&engine->async);
}

static void leave_to_thread(ms_engine *engine) {
  bool results = !ms_list_empty(&engine->results) && !engine->deferred;
  bool sooner = engine->next_at_ms < engine->armed_at_ms;
  if (results || engine->nudged || sooner || ms_checkpoint_is_due(engine)) {
    ms_engine_wake_thread(engine);
  }
}

/* With the mutex held, which is let go of meanwhile; nobody turns. */
static void turn_here(ms_engine *engine) {
  engine->turning = true;
  pthread_mutex_unlock(&engine->mutex);
  ms_engine_turn(engine);
  pthread_mutex_lock(&engine->mutex);
  engine->turning = false;
  pthread_cond_broadcast(&engine->turned);
}

ms_status ms_engine_call(ms_engine *engine, ms_call *call, ms_err *err) {
  MS_TRY(ms_usable(engine, err));
  call->err = err;
  call->applied = call->served = false;
  pthread_mutex_lock(&engine->mutex);
  ms_list_push(&engine->inbox, &call->link);
  while (!call->served) {
    if (engine->turning) {
      pthread_cond_wait(&engine->turned, &engine->mutex);
      continue;
    }
    if (engine->closed) {
      ms_list_remove(&call->link);
      call->status = ms_fail(err, MS_CLOSED, "%s", ms_status_sentence(MS_CLOSED));
      break;
    }
    turn_here(engine);
  }
  leave_to_thread(engine);
  pthread_mutex_unlock(&engine->mutex);
  return call->status;
}

static ms_status apply_nothing(ms_engine *engine, ms_call *call) {
  (void)engine;
  (void)call;
  return MS_OK;
}

void ms_engine_take_turn(ms_engine *engine) {
  ms_call call = {.apply = apply_nothing};
  ms_engine_call(engine, &call, NULL);
}

void ms_engine_hold(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  while (engine->turning)
    pthread_cond_wait(&engine->turned, &engine->mutex);
  engine->turning = true;
  pthread_mutex_unlock(&engine->mutex);
}

void ms_engine_let_go(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  engine->turning = false;
  pthread_cond_broadcast(&engine->turned);
  leave_to_thread(engine);
  pthread_mutex_unlock(&engine->mutex);
}

/* Beside a file the log tells of rows that other programs leave; a server notifies, as peers do. */
static ms_status look_for_arrivals(ms_engine *engine) {
  bool waits = false;
  if (engine->peers.server) MS_TRY(ms_intake_waits(engine, &waits));
  if (!waits) return MS_OK;
  engine->arrivals = true;
  ms_engine_ask_for_turn(engine);
  return MS_OK;
}

static ms_status look_around(ms_engine *engine) {
  for (size_t i = 0; i < engine->others.count; i++) {
    if (ms_owner_alive(engine, engine->others.items[i])) continue;
    engine->foreign = engine->suspects = true;
  }
  MS_TRY(look_for_arrivals(engine));
  return ms_store_commit_first(engine->store);
}

/* A write to the lock file is also heard by its writer; a look at the store tells whether it means
 * anything, and a store that cannot be looked at may have changed. A process that has just ended
 * may still hold its lock for a moment. */
static void look_at_peers(ms_engine *engine) {
  bool changed = false;
  ms_status status = ms_store_begin_read(engine->store, &changed);
  if (status == MS_OK) status = look_around(engine);
  if (status != MS_OK) ms_store_rollback(engine->store);
  if (changed || status != MS_OK || ms_peers_renewed(&engine->peers)) engine->foreign = true;
  engine->look_pause_ms *= 2;
  ms_peers_watch(&engine->peers, ms_claims_all(engine->store)->count > 0);
  if (engine->foreign) ms_engine_ask_for_turn(engine);
}

static void serve_once(ms_engine *engine, bool peered, bool written) {
  if (peered) look_at_peers(engine);
  if (written) ms_wal_look(engine);
  ms_engine_turn(engine);
}

/* When the engine's thread wakes up next, at the latest. */
static int64_t next_look(const ms_engine *engine) {
  int64_t now_ms = ms_engine_now(engine), at_ms = engine->next_at_ms;
  int64_t pause_ms = engine->look_again_ms > now_ms ? engine->look_pause_ms : INT64_MAX;
  if (ms_engine_is_unwatched(engine) && pause_ms > UNWATCHED_PAUSE_MS) {
    pause_ms = UNWATCHED_PAUSE_MS;
  }
  return pause_ms < at_ms - now_ms ? now_ms + pause_ms : at_ms;
}

/* With the mutex held, which is let go of meanwhile. */
static void begin_checkpoint(ms_engine *engine) {
  pthread_mutex_unlock(&engine->mutex);
  ms_checkpoint_begin(engine);
  pthread_mutex_lock(&engine->mutex);
}

void ms_engine_serve(ms_engine *engine) {
  bool idle = false;
  pthread_mutex_lock(&engine->mutex);
  for (int turns = 0; turns < TURNS_IN_A_ROW; turns++) {
    if (ms_checkpoint_is_due(engine) && !engine->closed) begin_checkpoint(engine);
    while (engine->turning)
      pthread_cond_wait(&engine->turned, &engine->mutex);
    bool peered = engine->peered, written = engine->written;
    idle = engine->closed || (!peered && !written && !pending(engine));
    if (idle) break;
    engine->turning = true;
    engine->peered = engine->written = false;
    pthread_mutex_unlock(&engine->mutex);
    serve_once(engine, peered, written);
    pthread_mutex_lock(&engine->mutex);
    engine->turning = false;
    pthread_cond_broadcast(&engine->turned);
  }
  engine->looping = !idle;
  if (!idle) uv_async_send(&engine->async);
  /* Once nobody turns, what is due stays due, and a timer for it would fire for ever. */
  engine->armed_at_ms = engine->closed ? MS_NEVER : next_look(engine);
  pthread_mutex_unlock(&engine->mutex);
}

void ms_engine_nudge(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  engine->nudged = true;
  ms_engine_wake_thread(engine);
  pthread_mutex_unlock(&engine->mutex);
}

/* With the mutex held. */
static void take_result(ms_engine *engine, ms_run *run) {
  MS_POINT("result");
  ms_flight_of(run)->returned = true;
  ms_flight_of(run)->ended_at_ms = ms_engine_now(engine);
  ms_list_push(&engine->results, &run->link);
}

void ms_engine_give_back(ms_engine *engine, ms_run *run) {
  pthread_mutex_lock(&engine->mutex);
  take_result(engine, run);
  if (!engine->turning && !engine->deferred) ms_engine_wake_thread(engine);
  pthread_mutex_unlock(&engine->mutex);
}

/* A thread that would have to wait for what the turn brings turns itself: what comes next, such as
 * the next work of a chain, begins without waking anybody. */
void ms_engine_finish(void *context, ms_run *run) {
  ms_engine *engine = context;
  bool waits = !ms_executor_ready(engine->executor);
  pthread_mutex_lock(&engine->mutex);
  take_result(engine, run);
  if (engine->turning || engine->deferred) {
    /* Whoever turns, or the next try, will see it. */
  } else if (!waits || engine->looping || engine->closed) {
    ms_engine_wake_thread(engine);
  } else {
    turn_here(engine);
    leave_to_thread(engine);
  }
  pthread_mutex_unlock(&engine->mutex);
}
