#include "base/mem.h"
#include "engine/ahead.h"
#include "engine/engine.h"
#include "engine/round.h"
#include "engine/schedule.h"
#include "store/claim.h"
#include "store/front.h"
#include "store/queue.h"
#include "store/work_move.h"

#include <stdlib.h>

/* ---- May it start? ---- */

/* A run whose claim was lost to others has not ended for that. It takes a server to lose one. */
static bool goes_on_here(ms_engine *engine, int64_t id) {
  ms_flight *flight = engine->peers.server ? ms_map_get(&engine->runs, id) : NULL;
  if (!flight || ms_flight_returned(engine, flight)) return false;
  MS_LIST_EACH (link, &engine->turn.taken_back) {
    if (link == &flight->run.link) return false;
  }
  return true;
}

static bool is_met(const ms_engine *engine, const ms_work *work) {
  for (size_t i = 0; i < engine->met.count; i++) {
    if (engine->met.items[i] == work->id) return true;
  }
  return false;
}

/* *may is false for a work that may not start yet although it is due. */
static ms_status may_start(ms_round *round, const ms_candidate *from, const ms_work *work,
                           bool *may) {
  bool live, behind;
  *may = false;
  if (work->state != MS_ENQUEUED) return MS_OK;
  if (ms_claims_find(round->engine->store, work->id, &live)) return MS_OK;
  if (goes_on_here(round->engine, work->id)) return MS_OK;
  MS_TRY(ms_schedule_is_behind(round->engine, work, &behind));
  *may = !behind && (from->holds || is_met(round->engine, work));
  return MS_OK;
}

/* ---- Reading ---- */

/* A flight for the work that was picked, if it may start. */
static ms_status board(ms_round *round, ms_pick *pick, const ms_work *work) {
  const ms_candidate *from = pick->from;
  bool may;
  MS_TRY(may_start(round, from, work, &may));
  if (!may) return MS_OK;
  return ms_flight_new(round->engine, work, from->lane, from->worker, &pick->flight);
}

static int by_id(const void *a, const void *b) {
  const ms_pick *x = *(ms_pick *const *)a, *y = *(ms_pick *const *)b;
  return x->waiting.spot.id < y->waiting.spot.id ? -1 : x->waiting.spot.id > y->waiting.spot.id;
}

static ms_status board_together(ms_round *round, ms_pick *const *picks, size_t count,
                                ms_arena *arena) {
  ms_waiting waiting[MS_WAITING_MOST];
  ms_work works[MS_WAITING_MOST];
  for (size_t i = 0; i < count; i++)
    waiting[i] = picks[i]->waiting;
  ms_arena_clear(arena);
  MS_TRY(ms_waiting_read(round->engine->store, waiting, count, arena, works));
  for (size_t i = 0; i < count; i++)
    MS_TRY(board(round, picks[i], &works[i]));
  return MS_OK;
}

static ms_status board_all(ms_round *round, ms_pick *const *picks, size_t count) {
  ms_arena arena = {0};
  ms_status status = MS_OK;
  for (size_t at = 0; at < count && status == MS_OK; at += MS_WAITING_MOST) {
    size_t left = count - at;
    status =
        board_together(round, &picks[at], left < MS_WAITING_MOST ? left : MS_WAITING_MOST, &arena);
  }
  ms_arena_deinit(&arena);
  return status;
}

/* Works that come next to each other in the order of their ids stand on the same pages, whatever
 * lanes they wait in. */
static ms_status read_picks(ms_round *round) {
  ms_pick **waiting = ms_mem_alloc((round->pick_count + 1) * sizeof *waiting);
  if (!waiting) return ms_engine_no_memory(round->engine);
  size_t count = 0;
  bool mixed = false;
  ms_status status = MS_OK;
  for (size_t i = 0; i < round->pick_count && status == MS_OK; i++) {
    ms_pick *pick = &round->picks[i];
    if (pick->offered) {
      status = board(round, pick, pick->offered);
      continue;
    }
    mixed = mixed || (count && by_id(&waiting[count - 1], &pick) > 0);
    waiting[count++] = pick;
  }
  if (mixed) qsort(waiting, count, sizeof *waiting, by_id);
  if (status == MS_OK) status = board_all(round, waiting, count);
  ms_mem_free(waiting);
  return status;
}

/* ---- Launching ---- */

/* What this start uses up: a wish, and whom it waited for. */
static ms_status use_up(ms_engine *engine, ms_flight *flight) {
  flight->wish_at_ms = flight->work.wish_at_ms;
  if (flight->work.wish_at_ms == MS_NEVER && !flight->work.behind.data) return MS_OK;
  flight->work.wish_at_ms = MS_NEVER;
  flight->work.behind = MS_TEXT_NONE;
  return ms_work_write_life(engine->store, &flight->work);
}

/* What is claimed ahead counts from the latest moment at which it may begin. */
static ms_status note_start(ms_round *round, const ms_pick *pick, ms_flight *flight) {
  ms_engine *engine = round->engine;
  const ms_queue *queue = pick->from->queue;
  ms_starts *starts;
  int64_t at_ms = engine->turn.now_ms + (pick->ahead ? MS_AHEAD_PATIENCE_MS : 0);
  MS_TRY(ms_schedule_starts(&round->gates, queue, &starts));
  MS_TRY(ms_queue_note_start(engine->store, queue, at_ms, starts));
  flight->start = starts->last;
  flight->start_at_ms = starts->last_at_ms;
  return MS_OK;
}

static ms_status prepare(ms_round *round, const ms_pick *pick) {
  ms_engine *engine = round->engine;
  ms_flight *flight = pick->flight;
  const ms_queue *queue = pick->from->queue;
  flight->meets = is_met(engine, &flight->work);
  if (flight->run.timeout_ms) {
    ms_turn_wake_at(engine, engine->turn.now_ms + flight->run.timeout_ms);
  }
  MS_TRY(use_up(engine, flight));
  if (queue && queue->rate) MS_TRY(note_start(round, pick, flight));
  return ms_ids_add(&round->ids, flight->run.id) ? MS_OK : ms_engine_no_memory(engine);
}

static ms_status launch(ms_round *round, ms_pick *pick) {
  ms_engine *engine = round->engine;
  ms_flight *flight = pick->flight;
  MS_TRY(prepare(round, pick));
  if (!ms_map_put(&engine->runs, flight->run.id, flight)) return ms_engine_no_memory(engine);
  ms_list_push(&engine->turn.claimed, &flight->run.link);
  engine->turn.claimed_count++;
  if (!pick->from->worker->quick) engine->turn.slow++;
  if (pick->offered) pick->offered->state = MS_RUNNING;
  pick->flight = NULL;
  return MS_OK;
}

/* ---- Leaving the lanes ---- */

/* What has started leaves the lane, all that stand in a row at once. */
static ms_status leave_lane(ms_round *round, ms_candidate *from) {
  int64_t count = from->taken;
  from->taken = 0;
  if (!count) return MS_OK;
  return ms_waiting_take(round->engine->store, from->lane->id, from->first_taken, from->last_taken,
                         count);
}

/* Rows that somebody altered may name one work twice. */
static bool is_launched(const ms_engine *engine, const ms_flight *flight) {
  const ms_flight *other = ms_map_get(&engine->runs, flight->run.id);
  return other && !other->run.batch;
}

static void refuse(ms_round *round, ms_pick *pick) {
  if (pick->flight) ms_flight_free(&pick->flight->run);
  pick->flight = NULL;
  ms_round_refuse(round, pick);
}

static ms_status settle_pick(ms_round *round, ms_pick *pick, bool *refused) {
  ms_candidate *from = pick->from;
  if (!pick->flight || is_launched(round->engine, pick->flight)) {
    refuse(round, pick);
    *refused = true;
    return leave_lane(round, from);
  }
  MS_TRY(launch(round, pick));
  if (pick->offered) return MS_OK;
  from->last_taken = pick->waiting.spot;
  if (!from->taken++) from->first_taken = from->last_taken;
  return MS_OK;
}

ms_status ms_round_start(ms_round *round, bool *refused) {
  *refused = false;
  MS_TRY(read_picks(round));
  for (size_t i = 0; i < round->pick_count; i++)
    MS_TRY(settle_pick(round, &round->picks[i], refused));
  return MS_OK;
}

/* The lane gives nothing more in this round. Where some of its works are met and others are not,
 * the round has passed over works that come first once the condition holds. */
static ms_status end_lane(ms_round *round, ms_candidate *from) {
  if (from->offered) return MS_OK;
  int64_t due_at_ms = ms_front_head(from->lane).due_at_ms;
  if (due_at_ms > round->engine->turn.now_ms) ms_turn_wake_at(round->engine, due_at_ms);
  if (ms_schedule_has_met(round->engine, from->lane)) ms_front_forget(from->lane);
  return leave_lane(round, from);
}

ms_status ms_round_end(ms_round *round) {
  for (ms_candidate *from = round->first; from; from = from->next)
    MS_TRY(end_lane(round, from));
  return MS_OK;
}
