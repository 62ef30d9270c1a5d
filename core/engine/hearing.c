#include "engine/hearing.h"

#include "engine/engine.h"
#include "store/claim.h"
#include "store/queue.h"

/* Changes after which somebody's wait may be over. Works that come, begin and make progress end
 * nobody's; who observes them is told by the notes of a turn. */
#define ENDS                                                                                       \
  (1u << MS_EVENT_RETRIED | 1u << MS_EVENT_STOPPED | 1u << MS_EVENT_SUCCEEDED |                    \
   1u << MS_EVENT_FAILED | 1u << MS_EVENT_CANCELLED | 1u << MS_EVENT_UPDATED |                     \
   1u << MS_EVENT_REMOVED)

void ms_hearing_begin(ms_engine *engine) {
  ms_turn *turn = &engine->turn;
  turn->has_room = turn->opens = turn->ends = turn->tells_all = false;
  turn->touched.count = 0;
}

void ms_hearing_note(ms_engine *engine, ms_event_type type) {
  if (1u << type & ENDS) engine->turn.ends = true;
}

void ms_hearing_opened(ms_engine *engine) {
  if (ms_queues_all(engine->store)->count) engine->turn.opens = true;
}

/* ---- What this process wants to hear ---- */

static void want(ms_engine *engine, ms_want what, bool wanted) {
  if (engine->board) ms_board_want(engine->board, engine->owner, what, wanted);
}

static bool wants_work(const ms_engine *engine) {
  const ms_options *options = &engine->options;
  if (engine->closing || !options->has_workers) return false;
  return engine->turn.has_room || (options->host_worker_count && !engine->turn.host_ready);
}

/* With the mutex held. */
static bool always_heeds(const ms_engine *engine) {
  return engine->polled || engine->observer_count;
}

/* With the mutex held. Whoever waits for rest has none as long as something runs here, whatever the
 * others do, and its end is heard of without them. */
static bool heeds(const ms_engine *engine) {
  switch (engine->heeds) {
  case MS_HEED_NOTHING:
    return false;
  case MS_HEED_CHANGES:
    return true;
  case MS_HEED_IDLE:
    return !engine->running;
  case MS_HEED_DONE:
    return !engine->running_once;
  }
  return true;
}

bool ms_hearing_rests(const ms_engine *engine) {
  return engine->heeds && (engine->awaited || !heeds(engine)) && !always_heeds(engine);
}

void ms_hearing_heed(ms_engine *engine, ms_heed heed) {
  engine->heeds = heed;
  engine->awaited = 0;
  want(engine, MS_WANT_ENDS, heeds(engine) || always_heeds(engine));
}

/* What others ended is not known. */
static bool may_have_ended(const ms_engine *engine, int64_t id) {
  const ms_ids *finished = &engine->turn.finished;
  for (size_t i = 0; i < finished->count; i++) {
    if (finished->items[i] == id) return true;
  }
  return engine->turn.foreign;
}

static bool is_awaited(const ms_engine *engine) {
  return heeds(engine) && (!engine->awaited || may_have_ended(engine, engine->awaited));
}

bool ms_hearing_heard(ms_engine *engine) {
  bool heeded = is_awaited(engine) || always_heeds(engine);
  if (heeded) ms_hearing_heed(engine, MS_HEED_NOTHING);
  return heeded;
}

/* ---- What others want to hear ---- */

/* Claims of others change only by being decided over: their runs must stop. */
static ms_status gather_touched(ms_engine *engine) {
  const ms_claims *claims = ms_claims_all(engine->store);
  for (size_t i = 0; i < claims->count; i++) {
    const ms_claim *claim = claims->items[i];
    if (!claim->dirty || claim->owner == engine->owner) continue;
    if (!ms_ids_add(&engine->turn.touched, claim->owner)) return ms_engine_no_memory(engine);
  }
  return MS_OK;
}

ms_status ms_hearing_write(ms_engine *engine) {
  want(engine, MS_WANT_WORK, wants_work(engine));
  return engine->others.count ? gather_touched(engine) : MS_OK;
}

void ms_hearing_failed(ms_engine *engine) {
  want(engine, MS_WANT_WORK, engine->options.has_workers);
}

static bool is_touched(const ms_engine *engine, int64_t owner) {
  for (size_t i = 0; i < engine->turn.touched.count; i++) {
    if (engine->turn.touched.items[i] == owner) return true;
  }
  return engine->turn.tells_all;
}

bool ms_hearing_others_want_work(const ms_engine *engine) {
  if (!engine->board) return engine->others.count > 0;
  for (size_t i = 0; i < engine->others.count; i++) {
    if (ms_board_wants(engine->board, engine->others.items[i], MS_WANT_WORK)) return true;
  }
  return false;
}

/* A server tells all, since only the board knows what each wants. */
void ms_hearing_publish(ms_engine *engine) {
  const ms_turn *turn = &engine->turn;
  bool offers = ms_lanes_take_offers(engine->store) || turn->opens;
  bool ends = turn->ends || turn->opens || turn->noted.count;
  bool missed = !engine->board && (offers || ends || turn->tells_all || turn->touched.count);
  for (size_t i = 0; i < engine->others.count && engine->board; i++) {
    int64_t owner = engine->others.items[i];
    bool concerned = is_touched(engine, owner) ||
                     (offers && ms_board_wants(engine->board, owner, MS_WANT_WORK)) ||
                     (ends && ms_board_wants(engine->board, owner, MS_WANT_ENDS));
    if (concerned && !ms_peers_knock(&engine->peers, engine->doors.items[i])) missed = true;
  }
  if (missed && engine->others.count) ms_peers_nudge(&engine->peers);
}
