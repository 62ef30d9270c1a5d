#include "base/point.h"
#include "engine/ahead.h"
#include "engine/engine.h"
#include "engine/hearing.h"
#include "engine/intake.h"
#include "engine/jump.h"
#include "engine/offers.h"
#include "engine/orphans.h"
#include "engine/outbox.h"
#include "engine/retention.h"
#include "engine/schedule.h"
#include "engine/settle.h"
#include "engine/trigger.h"
#include "store/claim.h"
#include "store/deadline.h"
#include "store/prune.h"
#include "store/queue.h"

#include <stdio.h>
#include <unistd.h>

/* How long results wait after a turn that failed before they are tried again. */
#define RETRY_TURN_MS 100
/* What is due by now has been dealt with. A row that says again that it is was altered or damaged,
 * and is left alone for so long. */
#define LEAVE_ALONE_MS 100
/* The same failure is told again when it has lasted so long. */
#define TELL_AGAIN_MS 60000

void ms_turn_wake_at(ms_engine *engine, int64_t at_ms) {
  if (at_ms < engine->wake_ms) engine->wake_ms = at_ms;
}

void ms_turn_go_on(ms_engine *engine) {
  engine->turn.more = true;
  ms_turn_wake_at(engine, engine->turn.now_ms);
}

ms_status ms_engine_fail(ms_engine *engine, ms_status status, ms_err *err) {
  const ms_err *detail = ms_store_err(engine->store);
  return ms_fail(err, status, "%s", detail->message);
}

ms_status ms_engine_no_memory(ms_engine *engine) {
  return ms_no_memory(ms_store_err(engine->store));
}

void ms_engine_trouble(ms_engine *engine, const char *kind, const char *message, int64_t id,
                       const char *worker) {
  ms_trouble trouble = {.kind = kind, .message = message, .id = id, .worker = worker};
  if (engine->options.on_trouble) {
    engine->options.on_trouble(engine->options.on_trouble_data, &trouble);
  }
}

void ms_engine_pass_over(ms_engine *engine, int64_t id) {
  ms_engine_trouble(engine, "store", ms_store_err(engine->store)->message, id, NULL);
}

/* ---- The turn's parts ---- */

static void turn_begin(ms_engine *engine) {
  ms_turn *turn = &engine->turn;
  turn->now_ms = ms_engine_now(engine);
  turn->claimed_count = 0;
  turn->returned = false;
  turn->saw_others = false;
  turn->files = false;
  turn->files_seen = engine->files_seen;
  turn->seen_change = engine->seen_change;
  turn->looks = false;
  turn->judges = false;
  turn->prunes = false;
  turn->recalls = false;
  turn->quick = false;
  turn->more = false;
  turn->refused.count = 0;
  turn->takes_rows = false;
  turn->host_room = 0;
  turn->host_ready = false;
  turn->finished.count = 0;
  turn->succeeded.count = 0;
  turn->stopped.count = 0;
  turn->noted.count = 0;
  turn->needs = 0;
  ms_hearing_begin(engine);
  engine->wake_ms = MS_NEVER;
}

/* With the mutex held. The results of a turn that failed wait for their time, and all others until
 * the last turn is over. */
static void take_in(ms_engine *engine, ms_link *calls, ms_link *results) {
  ms_list_move(calls, &engine->inbox);
  if (engine->unsafe) return;
  if (engine->deferred && ms_engine_now(engine) < engine->next_at_ms) return;
  ms_list_move(results, &engine->results);
}

/* Waiting for the writers of other processes takes time, and whatever came in meanwhile comes
 * along. */
static void collect_more(ms_engine *engine, ms_link *calls, ms_link *results) {
  engine->turn.now_ms = ms_engine_now(engine);
  pthread_mutex_lock(&engine->mutex);
  take_in(engine, calls, results);
  pthread_mutex_unlock(&engine->mutex);
}

/* Runs that others have decided over, or whose works they have updated, stand in claims that they
 * have written. */
static void note_altered(ms_engine *engine) {
  size_t at = 0;
  bool live;
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    const ms_claim *claim = ms_claims_find(engine->store, flight->run.id, &live);
    bool same = live && claim->batch == flight->run.batch && !claim->altered;
    if (!same) flight->fresh = false;
  }
}

/* Others have changed the store: their processes, and what they did to works that run here. */
static ms_status take_note_of_others(ms_engine *engine) {
  bool altered = ms_claims_take_altered(engine->store);
  if (altered || engine->options.stepped) note_altered(engine);
  if (ms_queues_take_altered(engine->store)) engine->turn.recalls = true;
  MS_TRY(ms_outbox_read(engine));
  MS_TRY(ms_trigger_notice(engine));
  return ms_orphans_settle(engine);
}

/* Whoever was taken for dead comes back as another process: its claims are gone, and what its runs
 * return will not count. Else its claims still stand. */
static ms_status rejoin(ms_engine *engine) {
  bool exists;
  MS_TRY(ms_process_exists(engine->store, engine->owner, &exists));
  if (exists) return MS_OK;
  MS_TRY(ms_process_add(engine->store, getpid(), engine->peers.door, engine->turn.now_ms,
                        &engine->owner));
  MS_TRY(ms_peers_join(&engine->peers, engine->owner, ms_store_err(engine->store)));
  engine->observes = false;
  return MS_OK;
}

static ms_status settle_results(ms_engine *engine, ms_link *results) {
  MS_LIST_EACH (link, results) {
    ms_run *run = MS_LIST_ENTRY(link, ms_run, link);
    ms_ahead_note_length(engine, run);
    MS_TRY(ms_settle_result(engine, run));
  }
  return MS_OK;
}

static ms_status fail_late(ms_engine *engine) {
  ms_ids late = {0};
  int64_t next_ms;
  MS_TRY(ms_deadline_first(engine->store, &next_ms));
  if (next_ms > engine->turn.now_ms) {
    ms_turn_wake_at(engine, next_ms);
    return MS_OK;
  }
  ms_status status = ms_deadline_due(engine->store, engine->turn.now_ms, &late);
  for (size_t i = 0; i < late.count && status == MS_OK; i++) {
    status = ms_settle_deadline(engine, late.items[i]);
  }
  ms_ids_deinit(&late);
  MS_TRY(status);
  MS_TRY(ms_deadline_next(engine->store, engine->turn.now_ms, &next_ms));
  ms_turn_wake_at(engine, next_ms);
  return MS_OK;
}

bool ms_is_refusal(ms_status status) {
  return status == MS_OK || status == MS_MISUSE || status == MS_NOTFOUND || status == MS_LIMIT;
}

static bool has_calls(const ms_link *calls, bool reads) {
  MS_LIST_EACH (link, calls) {
    if (MS_LIST_ENTRY(link, ms_call, link)->reads == reads) return true;
  }
  return false;
}

static ms_status apply_calls(ms_engine *engine, ms_link *calls, bool reads) {
  MS_LIST_EACH (link, calls) {
    ms_call *call = MS_LIST_ENTRY(link, ms_call, link);
    if (call->reads != reads) continue;
    if (!call->adds) MS_TRY(ms_offers_place(engine));
    call->applied = true;
    call->status = call->apply(engine, call);
    if (!ms_is_refusal(call->status)) return call->status;
  }
  return MS_OK;
}

static ms_status note_finished(ms_engine *engine) {
  const ms_ids *finished = &engine->turn.finished;
  if (!finished->count) return MS_OK;
  return ms_prune_note(engine->store, engine->turn.now_ms, finished->items, finished->count);
}

/* To wake a thread takes as long as to commit, where that does not wait for the disk. */
static void expect_runs(ms_engine *engine) {
  size_t count = 0;
  if (engine->options.durability == MS_DURABILITY_FULL) return;
  MS_LIST_EACH (link, &engine->turn.claimed) {
    if (!ms_flight_of(MS_LIST_ENTRY(link, ms_run, link))->host) count++;
  }
  if (count) ms_executor_expect(engine->executor, count);
}

static ms_status run_turn(ms_engine *engine, ms_link *calls, ms_link *results) {
  bool shared = engine->options.stepped && engine->world->users > 1;
  MS_TRY(ms_jump_check(engine));
  if (ms_peers_renewed(&engine->peers)) {
    engine->foreign = true;
    MS_TRY(rejoin(engine));
  }
  if (engine->foreign || shared || engine->turn.ending) MS_TRY(take_note_of_others(engine));
  MS_TRY(settle_results(engine, results));
  MS_TRY(ms_unblock(engine));
  MS_TRY(ms_progress_write_due(engine));
  if (engine->arrivals && engine->owner) MS_TRY(ms_intake(engine));
  MS_TRY(apply_calls(engine, calls, false));
  bool judges = engine->turn.judges || !engine->options.stepped;
  MS_TRY(ms_schedule_stop(engine, judges));
  if (judges) MS_TRY(fail_late(engine));
  MS_TRY(ms_schedule_claim(engine));
  MS_TRY(ms_offers_place(engine));
  expect_runs(engine);
  MS_TRY(note_finished(engine));
  bool prunes = engine->turn.prunes || !engine->options.stepped;
  if (prunes) MS_TRY(ms_retention_sweep(engine));
  MS_TRY(ms_outbox_write(engine));
  MS_TRY(ms_hearing_write(engine));
  return ms_claims_write(engine->store);
}

void ms_turn_note_longest(const ms_engine *engine, int64_t begun_ms, int64_t *longest_ms) {
  int64_t took_ms = ms_clock_steady_ms(&engine->world->clock) - begun_ms;
  if (took_ms > *longest_ms) *longest_ms = took_ms;
}

static ms_status transact(ms_engine *engine, ms_link *calls, ms_link *results) {
  int64_t begun_ms = ms_clock_steady_ms(&engine->world->clock);
  bool changed;
  MS_TRY(ms_store_begin(engine->store, &changed));
  if (changed) engine->foreign = true;
  if (engine->foreign) engine->arrivals = true;
  collect_more(engine, calls, results);
  if (has_calls(calls, false)) engine->called_at_ms = engine->turn.now_ms;
  ms_status status = run_turn(engine, calls, results);
  if (status == MS_OK) status = ms_store_commit_first(engine->store);
  if (status != MS_OK) ms_store_rollback(engine->store);
  if (status != MS_OK) return status;
  engine->stats.commits++;
  engine->stats.claims += (int64_t)engine->turn.claimed_count;
  ms_turn_note_longest(engine, begun_ms, &engine->stats.longest_turn_ms);
  engine->turn.foreign = engine->foreign;
  if (engine->foreign || engine->turn.edged) engine->turn.returned = true;
  engine->turn.edged = false;
  engine->foreign = false;
  engine->jumped = false;
  if (engine->turn.saw_others) {
    engine->suspects = false;
    engine->looked_at_ms = begun_ms;
  }
  ms_peers_settled(&engine->peers);
  ms_peers_watch(&engine->peers, ms_claims_all(engine->store)->count > 0);
  return MS_OK;
}

/* ---- The ring ---- */

static void fail_calls(ms_engine *engine, ms_link *calls, bool reads, ms_status status) {
  MS_LIST_EACH (link, calls) {
    ms_call *call = MS_LIST_ENTRY(link, ms_call, link);
    if (call->reads != reads) continue;
    call->status = status;
    ms_engine_fail(engine, status, call->err);
  }
}

/* Turns without callers to answer are tried again and again, and fail in the same way. */
static void tell_of_failure(ms_engine *engine) {
  const char *message = ms_store_err(engine->store)->message;
  bool known = strcmp(engine->told, message) == 0;
  if (known && engine->turn.now_ms < engine->told_at_ms + TELL_AGAIN_MS) return;
  snprintf(engine->told, sizeof engine->told, "%s", message);
  engine->told_at_ms = engine->turn.now_ms;
  ms_engine_trouble(engine, "store", message, 0, NULL);
}

/* What others see already stands, whatever the disk says. But before the disk has it nobody is told
 * of it, nothing that it claimed begins, and no other turn follows. */
static ms_status secure(ms_engine *engine) {
  ms_status status = ms_store_secure(engine->store);
  engine->unsafe = status != MS_OK;
  if (engine->unsafe)
    tell_of_failure(engine);
  else
    engine->told[0] = '\0';
  return status;
}

/* Calls that were refused have changed nothing, and those that change nothing in the store have
 * nothing to lose. */
static void doubt_calls(ms_engine *engine, ms_link *calls, ms_status status) {
  const char *why = ms_store_err(engine->store)->message;
  MS_LIST_EACH (link, calls) {
    ms_call *call = MS_LIST_ENTRY(link, ms_call, link);
    if (call->reads || call->undo || call->status != MS_OK) continue;
    call->status = ms_fail(call->err, status, "this stands, but a power cut may undo it: %s", why);
  }
}

static void end_turn(ms_engine *engine, ms_link *calls, ms_link *results) {
  ms_list_move(&engine->turn.settled, results);
  ms_status status = secure(engine);
  if (status == MS_OK) {
    ms_turn_publish(engine);
    return;
  }
  doubt_calls(engine, calls, status);
  engine->wake_ms = ms_engine_now(engine) + RETRY_TURN_MS;
}

/* The disk is asked again for the last turn, which is over once it has that. The host may have gone
 * to sleep since, and whom of the others the turn concerns may have been forgotten with what a
 * question read meanwhile that failed as well. */
static ms_status make_good(ms_engine *engine) {
  if (!engine->unsafe) return MS_OK;
  engine->turn.now_ms = ms_engine_now(engine);
  engine->turn.tells_all = true;
  ms_status status = secure(engine);
  if (status == MS_OK) ms_turn_publish(engine);
  if (status == MS_OK) ms_wake(engine);
  pthread_mutex_lock(&engine->mutex);
  engine->deferred = engine->unsafe;
  engine->next_at_ms = ms_engine_now(engine) + (engine->unsafe ? RETRY_TURN_MS : 0);
  pthread_mutex_unlock(&engine->mutex);
  return status;
}

static int64_t next_turn(const ms_engine *engine) {
  int64_t now_ms = engine->turn.now_ms;
  bool again = engine->wake_ms <= now_ms && !engine->turn.more;
  return again ? now_ms + LEAVE_ALONE_MS : engine->wake_ms;
}

static ms_status turn_writes(ms_engine *engine, ms_link *calls, ms_link *results) {
  turn_begin(engine);
  ms_status status = transact(engine, calls, results);
  engine->stats.turns++;
  if (status == MS_OK) {
    end_turn(engine, calls, results);
  } else {
    bool unheard = !ms_list_empty(results) || !has_calls(calls, false);
    fail_calls(engine, calls, false, status);
    ms_turn_take_down(engine, calls, results);
    engine->wake_ms = engine->turn.now_ms + RETRY_TURN_MS;
    if (unheard && status != MS_BUSY) tell_of_failure(engine);
  }
  pthread_mutex_lock(&engine->mutex);
  engine->deferred = status != MS_OK || engine->unsafe;
  engine->next_at_ms = next_turn(engine);
  ms_checkpoint_note(engine, ms_store_wal_bytes(engine->store));
  if (status == MS_OK) ms_sensing_publish(engine);
  pthread_mutex_unlock(&engine->mutex);
  return status;
}

static ms_status turn_reads(ms_engine *engine, ms_link *calls) {
  bool changed = false;
  engine->turn.now_ms = ms_engine_now(engine);
  engine->turn.needs = 0;
  ms_status status = ms_store_begin_read(engine->store, &changed);
  if (changed) engine->foreign = true;
  if (status == MS_OK) status = apply_calls(engine, calls, true);
  if (status == MS_OK) status = ms_store_commit(engine->store);
  if (status == MS_OK) return MS_OK;
  ms_store_rollback(engine->store);
  fail_calls(engine, calls, true, status);
  return status;
}

static void collect(ms_engine *engine, ms_link *calls, ms_link *results, bool *needed) {
  ms_list_init(calls);
  ms_list_init(results);
  pthread_mutex_lock(&engine->mutex);
  take_in(engine, calls, results);
  *needed =
      engine->nudged || !ms_list_empty(results) || ms_engine_now(engine) >= engine->next_at_ms;
  engine->nudged = false;
  if (engine->preview.state == MS_PREVIEW_READY) engine->arrivals = true;
  ms_sensing_take(engine);
  engine->turn.ending = ms_engine_now(engine) < engine->look_again_ms;
  pthread_mutex_unlock(&engine->mutex);
}

static void answer(ms_engine *engine, ms_link *calls) {
  MS_POINT("answer");
  pthread_mutex_lock(&engine->mutex);
  for (ms_link *link; (link = ms_list_shift(calls));) {
    MS_LIST_ENTRY(link, ms_call, link)->served = true;
  }
  pthread_mutex_unlock(&engine->mutex);
}

ms_status ms_engine_turn(ms_engine *engine) {
  ms_link calls, results;
  bool needed;
  ms_status status = make_good(engine);
  collect(engine, &calls, &results, &needed);
  MS_POINT("collected");
  if (status != MS_OK) {
    fail_calls(engine, &calls, false, status);
  } else if (needed || has_calls(&calls, false)) {
    status = turn_writes(engine, &calls, &results);
  }
  if (has_calls(&calls, true)) turn_reads(engine, &calls);
  if (engine->foreign && !engine->deferred) ms_engine_ask_for_turn(engine);
  answer(engine, &calls);
  return status;
}
