#include "engine/checkpoint.h"

#include "base/point.h"
#include "engine/engine.h"

#include <inttypes.h>
#include <stdio.h>

#define MB (INT64_C(1) << 20)
/* The log is copied each time it has grown by so much: with more at once a lone copy takes longer,
 * with less pages that change often are written more often. */
#define STEP_BYTES (4 * MB)
/* From here on it is begun anew even if that holds somebody up. */
#define BOUND_BYTES (32 * MB)
/* So little may be copied while everybody waits. */
#define LAST_BYTES (MB * 3 / 4)
/* A log that cannot be begun anew is reported at this size, and each time it has doubled. */
#define TOLD_BYTES (256 * MB)

/* ---- How large the log is ---- */

void ms_checkpoint_init(ms_checkpoint *checkpoint) {
  checkpoint->copied = 0;
  checkpoint->tell_at_bytes = TOLD_BYTES;
}

void ms_checkpoint_note(ms_engine *engine, int64_t bytes) {
  ms_checkpoint *it = &engine->checkpoint;
  if (bytes < it->copied) ms_checkpoint_init(it);
  it->bytes = bytes;
}

bool ms_checkpoint_is_due(const ms_engine *engine) {
  const ms_checkpoint *it = &engine->checkpoint;
  return !it->copying && it->bytes - it->copied >= STEP_BYTES;
}

static int64_t log_bytes(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  int64_t bytes = engine->checkpoint.bytes;
  pthread_mutex_unlock(&engine->mutex);
  return bytes;
}

static void tell_size(ms_engine *engine, int64_t bytes) {
  char message[160];
  const char *whose = engine->reader.reads
                          ? "a question that was asked here reads for so long"
                          : "another program reads and does not end its transaction";
  snprintf(message, sizeof message, "the write-ahead log has grown to %" PRId64 " MB: %s",
           bytes / MB, whose);
  ms_engine_trouble(engine, "store", message, 0, NULL);
}

/* What is in the log now counts as copied, or as not worth another try until there is more. */
static void end(ms_engine *engine, bool held_up) {
  ms_checkpoint *it = &engine->checkpoint;
  pthread_mutex_lock(&engine->mutex);
  int64_t bytes = it->copied = it->bytes;
  bool tells = held_up && bytes >= it->tell_at_bytes;
  if (tells) it->tell_at_bytes = 2 * bytes;
  it->copying = false;
  pthread_mutex_unlock(&engine->mutex);
  if (tells) tell_size(engine, bytes);
}

static void tell_trouble(ms_engine *engine, ms_store *store) {
  ms_engine_trouble(engine, "store", ms_store_err(store)->message, 0, NULL);
}

/* ---- The copy beside turns: an errand ---- */

static ms_status copy_once(ms_checkpoint *it) {
  MS_TRY(ms_store_checkpoint(it->store, &it->whole));
  return ms_store_sync(it->store);
}

/* A log that is about to end is copied until what has come meanwhile is little, or does not get
 * less: then the disk is slower than those who write, and they have to wait for it. What has come
 * since the copy that went before keeps the log from being begun anew. */
static void copy(ms_engine *engine, ms_errand *errand) {
  ms_checkpoint *it = &engine->checkpoint;
  int64_t left = INT64_MAX, most;
  (void)errand;
  MS_POINT("checkpoint");
  do {
    most = left / 2;
    it->status = copy_once(it);
    left = log_bytes(engine) - ms_store_wal_bytes(it->store);
  } while (it->ends_log && it->status == MS_OK && it->whole && left > LAST_BYTES && left < most);
  MS_POINT("checkpointed");
}

/* ---- What takes the right to turn ---- */

static bool hold(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  while (engine->turning)
    pthread_cond_wait(&engine->turned, &engine->mutex);
  bool open = !engine->closed;
  engine->turning = open;
  pthread_mutex_unlock(&engine->mutex);
  return open;
}

static void let_go(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  engine->turning = false;
  engine->nudged = engine->nudged || (engine->foreign && !engine->deferred);
  ms_checkpoint_note(engine, ms_store_wal_bytes(engine->store));
  pthread_cond_broadcast(&engine->turned);
  pthread_mutex_unlock(&engine->mutex);
}

static ms_status mark(ms_engine *engine) {
  return ms_store_set_counter(engine->store, "checkpoint", ms_engine_now(engine));
}

static ms_status copy_last(ms_engine *engine) {
  ms_checkpoint *it = &engine->checkpoint;
  ms_status status = ms_store_checkpoint(it->store, &it->whole);
  if (status != MS_OK) *ms_store_err(engine->store) = *ms_store_err(it->store);
  return status;
}

static ms_status transact(ms_engine *engine, ms_status (*act)(ms_engine *engine)) {
  bool changed = false;
  ms_status status = ms_store_begin(engine->store, &changed);
  if (status != MS_OK) return status;
  if (changed) engine->foreign = true;
  status = act(engine);
  if (status == MS_OK) status = ms_store_commit(engine->store);
  if (status != MS_OK) ms_store_rollback(engine->store);
  return status;
}

/* With the right to turn, which ends here: nobody turns meanwhile, and no process writes. */
static bool act_alone(ms_engine *engine, ms_status (*act)(ms_engine *engine)) {
  ms_checkpoint *it = &engine->checkpoint;
  int64_t begun_ms = ms_clock_steady_ms(&engine->world->clock);
  ms_status status = MS_OK;
  if (!it->store) status = ms_store_open_beside(engine->store, &it->store);
  if (status == MS_OK) status = transact(engine, act);
  if (status != MS_OK && status != MS_BUSY) tell_trouble(engine, engine->store);
  ms_turn_note_longest(engine, begun_ms, &engine->stats.longest_checkpoint_ms);
  let_go(engine);
  return status == MS_OK;
}

/* ---- Its course ---- */

static void after_copy(ms_engine *engine, ms_errand *errand) {
  ms_checkpoint *it = &engine->checkpoint;
  (void)errand;
  if (it->status != MS_OK) tell_trouble(engine, it->store);
  bool goes_on = it->status == MS_OK && it->whole && it->ends_log;
  if (goes_on && hold(engine)) act_alone(engine, copy_last);
  ms_peers_unlock_checkpoint(&engine->peers);
  end(engine, it->status == MS_OK && !it->whole);
}

static void start_copy(ms_engine *engine) {
  ms_checkpoint *it = &engine->checkpoint;
  pthread_mutex_lock(&engine->mutex);
  it->copying = true;
  it->ends_log = it->bytes >= BOUND_BYTES;
  pthread_mutex_unlock(&engine->mutex);
  it->errand = (ms_errand){.run = copy, .back = after_copy};
  ms_errand_send(engine, &it->errand);
}

void ms_checkpoint_begin(ms_engine *engine) {
  if (!ms_peers_lock_checkpoint(&engine->peers)) return end(engine, false);
  if (hold(engine) && act_alone(engine, mark)) return start_copy(engine);
  ms_peers_unlock_checkpoint(&engine->peers);
  end(engine, false);
}

void ms_checkpoint_close(ms_engine *engine) {
  ms_store_close(engine->checkpoint.store);
  engine->checkpoint.store = NULL;
}
