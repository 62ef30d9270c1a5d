#include "engine/round.h"

#include "base/mem.h"
#include "engine/ahead.h"
#include "engine/engine.h"
#include "engine/schedule.h"
#include "store/front.h"
#include "store/queue.h"

#include <stdlib.h>

/* So many places are known in all lanes together, so that many lanes know few each. */
#define READ_MOST 32768

/* More than priorities differ. */
#define ABOVE_ALL 1000

static bool comes_first(const void *a, const void *b) {
  const ms_candidate *x = a, *y = b;
  if (x->rank != y->rank) return x->rank > y->rank;
  if (x->head.due_at_ms != y->head.due_at_ms) return x->head.due_at_ms < y->head.due_at_ms;
  return x->head.id < y->head.id;
}

/* ---- Who competes ---- */

/* Closed gates never touch the works behind them. *opened is NULL for a lane that gives nothing. */
static ms_status open_lane(ms_round *round, ms_lane *lane, ms_candidate **opened) {
  ms_engine *engine = round->engine;
  ms_gate gate;
  bool hold;
  ms_worker_name *worker = ms_schedule_place(engine, lane);
  ms_place place = worker->place;
  *opened = NULL;
  bool asks_host = place == MS_PLACE_HOST && !engine->turn.host_ready;
  if (place == MS_PLACE_NONE || (round->room[place] <= 0 && !asks_host)) return MS_OK;
  MS_TRY(ms_schedule_gate(&round->gates, lane, &gate));
  if (gate.paused || gate.room <= 0) return MS_OK;
  MS_TRY(ms_schedule_judge(&round->gates, lane, &hold));
  if (!hold && !ms_schedule_has_met(engine, lane)) return MS_OK;
  if (round->room[place] <= 0) {
    engine->turn.host_ready = true;
    return MS_OK;
  }
  *opened = ms_arena_take(&round->arena, sizeof **opened);
  if (!*opened) return ms_engine_no_memory(engine);
  **opened = (ms_candidate){
      .rank = lane->priority + (lane->expedited ? ABOVE_ALL : 0),
      .lane = lane,
      .head = ms_front_head(lane),
      .worker = worker,
      .holds = hold,
      .room = gate.room,
      .queue = gate.queue,
  };
  return MS_OK;
}

static void add(ms_round *round, ms_candidate *entry) {
  if (round->last)
    round->last->next = entry;
  else
    round->first = entry;
  round->last = entry;
  round->count++;
}

/* What cannot start here now is looked at when there is room. */
static bool may_give(const ms_round *round) {
  const ms_engine *engine = round->engine;
  bool may = round->room[MS_PLACE_POOL] > 0;
  for (size_t i = 0; i < engine->name_count && !may; i++)
    may = engine->names[i].place == MS_PLACE_HOST;
  return may;
}

static ms_status consider(ms_round *round, ms_lane *lane) {
  ms_engine *engine = round->engine;
  ms_candidate *opened;
  if (ms_schedule_place(engine, lane)->place == MS_PLACE_NONE) return MS_OK;
  MS_TRY(ms_front_find(engine->store, lane, MS_FRONT_FIRST));
  int64_t due_at_ms = ms_front_head(lane).due_at_ms;
  if (due_at_ms > engine->turn.now_ms) {
    ms_turn_wake_at(engine, due_at_ms);
    return MS_OK;
  }
  MS_TRY(open_lane(round, lane, &opened));
  if (opened) add(round, opened);
  return MS_OK;
}

static int in_order(const void *a, const void *b) {
  const ms_work *x = a, *y = b;
  if (x->lane != y->lane) return x->lane < y->lane ? -1 : 1;
  if (x->due_at_ms != y->due_at_ms) return x->due_at_ms < y->due_at_ms ? -1 : 1;
  return x->id < y->id ? -1 : x->id > y->id;
}

/* Works that are offered compete with those that wait in their lane. */
static ms_status consider_offers(ms_round *round) {
  const ms_offers *offers = &round->engine->turn.offers;
  ms_lane *lane;
  ms_candidate *opened;
  if (offers->count > 1) qsort(offers->works, offers->count, sizeof *offers->works, in_order);
  for (size_t first = 0, next; first < offers->count; first = next) {
    ms_work *works = &offers->works[first];
    for (next = first + 1; next < offers->count && offers->works[next].lane == works->lane;)
      next++;
    MS_TRY(ms_lane_get(round->engine->store, works->lane, &lane));
    MS_TRY(open_lane(round, lane, &opened));
    if (!opened) continue;
    opened->offered = works;
    opened->offered_count = next - first;
    opened->head = (ms_spot){works->due_at_ms, works->id};
    add(round, opened);
  }
  return MS_OK;
}

/* Where many lanes are about to give a few works each, their places are read in the order of the
 * lanes: while the lanes take turns every page would be another one. */
static ms_status read_ahead(ms_round *round) {
  int64_t count = (int64_t)round->count, room = round->room[MS_PLACE_POOL];
  if (count < MS_AHEAD_MANY_LANES || room < count) return MS_OK;
  size_t wanted = (size_t)(room / count) + 1;
  for (ms_candidate *from = round->first; from; from = from->next) {
    if (from->offered || from->worker->place != MS_PLACE_POOL) continue;
    MS_TRY(ms_front_top_up(round->engine->store, from->lane, wanted, round->most));
  }
  return MS_OK;
}

ms_status ms_round_gather(ms_round *round) {
  const ms_lanes *lanes = ms_lanes_all(round->engine->store);
  for (size_t i = 0; i < lanes->count && may_give(round); i++)
    MS_TRY(consider(round, lanes->items[i]));
  MS_TRY(consider_offers(round));
  round->most = READ_MOST / (round->count + 1) + 1;
  return read_ahead(round);
}

/* ---- Who is picked ---- */

/* Lanes of one queue share its room. */
static int64_t *started_of(ms_round *round, const ms_candidate *from) {
  return &round->started[from->queue - ms_queues_all(round->engine->store)->items];
}

static bool is_ahead(const ms_round *round, const ms_candidate *from) {
  return from->worker->place == MS_PLACE_POOL && round->free <= 0;
}

/* Only what is quick is claimed ahead, and only behind what is quick. */
static bool may_be_ahead(ms_round *round, const ms_candidate *from) {
  if (!from->worker->quick) return false;
  if (!round->looked) round->blocked = ms_ahead_is_blocked(round->engine, round->slow);
  round->looked = true;
  return !round->blocked;
}

bool ms_round_has_room(const ms_round *round, ms_place place) {
  return round->room[place] > 0 && !(round->held_up && place == MS_PLACE_POOL);
}

/* Nothing overtakes the work that comes next, so what holds that up ends the round. */
static bool is_held_up(ms_round *round, const ms_candidate *from) {
  if (!is_ahead(round, from) || may_be_ahead(round, from)) return false;
  round->held_up = true;
  return true;
}

static bool goes_on(ms_round *round, const ms_candidate *from) {
  if (from->head.due_at_ms > round->engine->turn.now_ms) return false;
  if (from->queue && *started_of(round, from) >= from->room) return false;
  bool shared = from->queue && (from->queue->limit || from->queue->rate);
  if (shared && round->others_want && is_ahead(round, from)) return false;
  return ms_round_has_room(round, from->worker->place) && !is_held_up(round, from);
}

static ms_pick *add_pick(ms_round *round) {
  if (round->pick_count == round->pick_capacity) {
    size_t capacity = round->pick_capacity ? round->pick_capacity * 2 : 16;
    ms_pick *picks = ms_mem_resize(round->picks, capacity * sizeof *picks);
    if (!picks) return NULL;
    round->picks = picks;
    round->pick_capacity = capacity;
  }
  return &round->picks[round->pick_count++];
}

/* What it takes up is what one that is refused leaves. */
static void count(ms_round *round, const ms_candidate *from, int by) {
  if (from->queue) *started_of(round, from) += by;
  if (from->worker->place == MS_PLACE_POOL) round->free -= by;
  round->room[from->worker->place] -= by;
}

void ms_round_refuse(ms_round *round, const ms_pick *pick) {
  count(round, pick->from, -1);
}

static void pick_offered(ms_candidate *from, ms_pick *pick) {
  ms_work *work = pick->offered = &from->offered[from->offered_at++];
  bool more = from->offered_at < from->offered_count;
  pick->waiting.spot = from->head;
  from->head = more ? (ms_spot){work[1].due_at_ms, work[1].id} : (ms_spot){.due_at_ms = MS_NEVER};
}

static ms_status pick_waiting(ms_round *round, ms_candidate *from, ms_pick *pick) {
  pick->waiting = ms_front_pass(from->lane);
  size_t most = ms_round_has_room(round, from->worker->place) ? round->most : 1;
  MS_TRY(ms_front_find(round->engine->store, from->lane, most));
  from->head = ms_front_head(from->lane);
  return MS_OK;
}

static ms_status pick_from(ms_round *round, ms_candidate *from) {
  ms_pick *pick = add_pick(round);
  if (!pick) return ms_engine_no_memory(round->engine);
  *pick = (ms_pick){.from = from, .ahead = is_ahead(round, from)};
  count(round, from, 1);
  if (!from->worker->quick) round->slow++;
  if (!from->offered) return pick_waiting(round, from, pick);
  pick_offered(from, pick);
  return MS_OK;
}

static bool has_any_room(const ms_round *round) {
  return ms_round_has_room(round, MS_PLACE_POOL) || ms_round_has_room(round, MS_PLACE_HOST);
}

static ms_status begin_picking(ms_round *round) {
  round->pick_count = round->heap.count = 0;
  round->slow = 0;
  round->looked = round->held_up = false;
  for (ms_candidate *from = round->first; from; from = from->next) {
    if (!from->offered) from->head = ms_front_head(from->lane);
    if (!ms_heap_push(&round->heap, from)) return ms_engine_no_memory(round->engine);
  }
  return MS_OK;
}

ms_status ms_round_pick(ms_round *round) {
  ms_candidate *from;
  MS_TRY(begin_picking(round));
  while (has_any_room(round) && (from = ms_heap_top(&round->heap))) {
    if (goes_on(round, from)) {
      MS_TRY(pick_from(round, from));
      ms_heap_sink(&round->heap);
    } else {
      ms_heap_pop(&round->heap);
    }
  }
  return MS_OK;
}

/* ---- The round ---- */

void ms_round_init(ms_round *round, ms_engine *engine) {
  *round = (ms_round){
      .engine = engine,
      .heap = {.before = comes_first},
      .gates = {.engine = engine, .arena = &round->arena},
  };
}

void ms_round_deinit(ms_round *round) {
  for (size_t i = 0; i < round->pick_count; i++) {
    if (round->picks[i].flight) ms_flight_free(&round->picks[i].flight->run);
  }
  ms_mem_free(round->picks);
  ms_heap_deinit(&round->heap);
  ms_ids_deinit(&round->ids);
  ms_arena_deinit(&round->arena);
}
