#include "engine/schedule.h"

#include "base/heap.h"
#include "base/mem.h"
#include "engine/ahead.h"
#include "engine/engine.h"
#include "engine/gate.h"
#include "engine/hearing.h"
#include "engine/outbox.h"
#include "store/claim.h"
#include "store/front.h"
#include "store/queue.h"
#include "store/waiting.h"
#include "store/work_move.h"

#include <stdlib.h>
#include <string.h>

/* So many works are read ahead in all lanes together, so that many lanes keep few of each. */
#define READ_MOST 8192
/* But none before they are needed once the works that were hold so many bytes. */
#define READ_BYTES ((size_t)16 << 20)

/* More than priorities differ. */
#define ABOVE_ALL 1000

/* A lane with work that is due, and what is claimed of it; or works of a lane that are offered, and
 * wait nowhere. */
typedef struct candidate {
  int rank;     /* its priority, expedited ones above all others */
  ms_spot head; /* what comes next */
  ms_lane *lane;
  struct candidate *next; /* in the order of the lanes */
  ms_work *offered;       /* NULL = works that wait */
  size_t offered_at;
  size_t offered_count;
  ms_worker_name *worker;
  bool holds;            /* its constraints */
  int64_t room;          /* of its queue when the round began */
  const ms_queue *queue; /* NULL = no settings */
  ms_spot first_taken;   /* works in a row that were taken, but still wait in the store */
  ms_spot last_taken;
  int64_t taken;
  bool touched; /* its works were read */
} candidate;

typedef struct claim_round {
  ms_engine *engine;
  ms_arena arena;
  candidate *first; /* of all of them, in the order of the lanes, as they stand in the store */
  candidate *last;
  size_t count;
  ms_heap heap; /* those that may give more, by what comes next */
  size_t most;  /* works that are read at once in a lane */
  ms_ids ids;
  ms_gates gates;
  int64_t room[3];  /* by ms_place */
  int64_t free;     /* threads that have nothing to do */
  bool others_want; /* places in queues go to those who can use them at once */
  int64_t *started; /* in this round, for each queue that has settings */
  bool looked;      /* at what the threads run */
  bool blocked;     /* each of them what takes long */
  bool held_up;     /* what comes next waits until a thread is free, and with it all behind it */
} claim_round;

static bool comes_first(const void *a, const void *b) {
  const candidate *x = a, *y = b;
  if (x->rank != y->rank) return x->rank > y->rank;
  if (x->head.due_at_ms != y->head.due_at_ms) return x->head.due_at_ms < y->head.due_at_ms;
  return x->head.id < y->head.id;
}

static bool has_met(const ms_engine *engine, const ms_lane *lane) {
  for (size_t i = 0; i < engine->met.count; i++) {
    if (engine->met_lanes.items[i] == lane->id) return true;
  }
  return false;
}

static ms_spot head_of(const ms_lane *lane) {
  return (ms_spot){lane->head_due_ms, lane->head_id};
}

/* Closed gates never touch the works behind them. *opened is NULL for a lane that gives nothing. */
static ms_status open_lane(claim_round *round, ms_lane *lane, candidate **opened) {
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
  if (!hold && !has_met(engine, lane)) return MS_OK;
  if (round->room[place] <= 0) {
    engine->turn.host_ready = true;
    return MS_OK;
  }
  *opened = ms_arena_take(&round->arena, sizeof **opened);
  if (!*opened) return ms_engine_no_memory(engine);
  **opened = (candidate){
      .rank = lane->priority + (lane->expedited ? ABOVE_ALL : 0),
      .lane = lane,
      .head = head_of(lane),
      .worker = worker,
      .holds = hold,
      .room = gate.room,
      .queue = gate.queue,
  };
  return MS_OK;
}

static void add(claim_round *round, candidate *entry) {
  if (round->last)
    round->last->next = entry;
  else
    round->first = entry;
  round->last = entry;
  round->count++;
}

/* What cannot start here now is looked at when there is room. */
static bool may_give(const claim_round *round) {
  const ms_engine *engine = round->engine;
  bool may = round->room[MS_PLACE_POOL] > 0;
  for (size_t i = 0; i < engine->name_count && !may; i++)
    may = engine->names[i].place == MS_PLACE_HOST;
  return may;
}

static ms_status consider(claim_round *round, ms_lane *lane) {
  ms_engine *engine = round->engine;
  candidate *opened;
  if (ms_schedule_place(engine, lane)->place == MS_PLACE_NONE) return MS_OK;
  MS_TRY(ms_front_find(engine->store, lane));
  if (lane->head_due_ms > engine->turn.now_ms) {
    ms_turn_wake_at(engine, lane->head_due_ms);
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
static ms_status consider_offers(claim_round *round) {
  const ms_offers *offers = &round->engine->turn.offers;
  ms_lane *lane;
  candidate *opened;
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

/* ---- One work ---- */

/* What the works of those runs run later does not matter. A list that does not parse names none. */
ms_status ms_schedule_is_behind(ms_engine *engine, const ms_work *work, bool *behind) {
  int64_t *ids;
  size_t count;
  bool live;
  *behind = false;
  if (!work->behind.data) return MS_OK;
  ms_status status = ms_ids_parse(work->behind, &ids, &count);
  if (status == MS_NOMEM) return ms_engine_no_memory(engine);
  if (status != MS_OK) return MS_OK;
  for (size_t i = 0; i < count; i++) {
    if (ms_claims_find(engine->store, ids[i], &live) && !live) *behind = true;
  }
  ms_mem_free(ids);
  return MS_OK;
}

/* What this start uses up: a wish, and whom it waited for. */
static ms_status use_up(ms_engine *engine, ms_flight *flight) {
  flight->wish_at_ms = flight->work.wish_at_ms;
  if (flight->work.wish_at_ms == MS_NEVER && !flight->work.behind.data) return MS_OK;
  flight->work.wish_at_ms = MS_NEVER;
  flight->work.behind = MS_TEXT_NONE;
  return ms_work_write_life(engine->store, &flight->work);
}

static bool lane_is_met(ms_engine *engine, const ms_work *work) {
  for (size_t i = 0; i < engine->met.count; i++) {
    if (engine->met.items[i] == work->id) return true;
  }
  return false;
}

/* Lanes of one queue share its room. */
static int64_t *started_of(claim_round *round, const candidate *from) {
  return &round->started[from->queue - ms_queues_all(round->engine->store)->items];
}

/* A run whose claim was lost to others has not ended for that. It takes a server to lose one. */
static bool goes_on_here(ms_engine *engine, int64_t id) {
  ms_flight *flight = engine->peers.server ? ms_map_get(&engine->runs, id) : NULL;
  if (!flight || ms_flight_returned(engine, flight)) return false;
  MS_LIST_EACH (link, &engine->turn.taken_back) {
    if (link == &flight->run.link) return false;
  }
  return true;
}

/* *may is false for a work that may not start yet although it is due. */
static ms_status may_start(claim_round *round, const candidate *from, const ms_work *work,
                           bool *may) {
  bool live, behind;
  *may = false;
  if (work->state != MS_ENQUEUED) return MS_OK;
  if (ms_claims_find(round->engine->store, work->id, &live)) return MS_OK;
  if (goes_on_here(round->engine, work->id)) return MS_OK;
  MS_TRY(ms_schedule_is_behind(round->engine, work, &behind));
  *may = !behind && (from->holds || lane_is_met(round->engine, work));
  return MS_OK;
}

static bool is_ahead(const claim_round *round, const candidate *from) {
  return from->worker->place == MS_PLACE_POOL && round->free <= 0;
}

/* What is claimed ahead counts from the latest moment at which it may begin. */
static ms_status note_start(claim_round *round, const candidate *from, ms_flight *flight) {
  ms_engine *engine = round->engine;
  ms_starts *starts;
  int64_t at_ms = engine->turn.now_ms + (is_ahead(round, from) ? MS_AHEAD_PATIENCE_MS : 0);
  MS_TRY(ms_schedule_starts(&round->gates, from->queue, &starts));
  MS_TRY(ms_queue_note_start(engine->store, from->queue, at_ms, starts));
  flight->start = starts->last;
  flight->start_at_ms = starts->last_at_ms;
  return MS_OK;
}

static ms_status prepare(claim_round *round, const candidate *from, const ms_work *work,
                         ms_flight *flight) {
  ms_engine *engine = round->engine;
  flight->meets = lane_is_met(engine, work);
  if (flight->run.timeout_ms) {
    ms_turn_wake_at(engine, engine->turn.now_ms + flight->run.timeout_ms);
  }
  MS_TRY(use_up(engine, flight));
  if (from->queue && from->queue->rate) MS_TRY(note_start(round, from, flight));
  bool kept = ms_ids_add(&round->ids, work->id) && ms_map_put(&engine->runs, work->id, flight);
  return kept ? MS_OK : ms_engine_no_memory(engine);
}

static ms_status start(claim_round *round, const candidate *from, const ms_work *work) {
  ms_engine *engine = round->engine;
  ms_flight *flight;
  MS_TRY(ms_flight_new(engine, work, from->lane, from->worker, &flight));
  ms_status status = prepare(round, from, work, flight);
  if (status != MS_OK) {
    if (ms_map_get(&engine->runs, work->id) == flight) ms_map_remove(&engine->runs, work->id);
    ms_flight_free(&flight->run);
    return status;
  }
  ms_list_push(&engine->turn.claimed, &flight->run.link);
  engine->turn.claimed_count++;
  return MS_OK;
}

/* What was taken leaves the lane, all that stand in a row at once. */
static ms_status leave_lane(claim_round *round, candidate *from) {
  int64_t count = from->taken;
  from->taken = 0;
  if (!count) return MS_OK;
  return ms_waiting_take(round->engine->store, from->lane->id, from->first_taken, from->last_taken,
                         count);
}

static ms_status take(claim_round *round, candidate *from, const ms_work *work) {
  bool may;
  MS_TRY(may_start(round, from, work, &may));
  if (!may) return leave_lane(round, from);
  MS_TRY(start(round, from, work));
  if (!from->offered) {
    from->last_taken = (ms_spot){work->due_at_ms, work->id};
    if (!from->taken++) from->first_taken = from->last_taken;
  }
  if (from->queue) ++*started_of(round, from);
  if (from->worker->place == MS_PLACE_POOL) round->free--;
  if (!from->worker->quick) round->engine->turn.slow++;
  round->room[from->worker->place]--;
  return MS_OK;
}

/* ---- The heap of lanes ---- */

/* Only what is quick is claimed ahead, and only behind what is quick. */
static bool may_be_ahead(claim_round *round, const candidate *from) {
  if (!from->worker->quick) return false;
  if (!round->looked) round->blocked = ms_ahead_is_blocked(round->engine);
  round->looked = true;
  return !round->blocked;
}

/* Nothing overtakes the work that comes next, so what holds that up ends the round. */
static bool is_held_up(claim_round *round, const candidate *from) {
  if (!is_ahead(round, from) || may_be_ahead(round, from)) return false;
  round->held_up = true;
  round->room[MS_PLACE_POOL] = 0;
  return true;
}

static bool goes_on(claim_round *round, const candidate *from) {
  if (from->head.due_at_ms > round->engine->turn.now_ms) return false;
  if (from->queue && *started_of(round, from) >= from->room) return false;
  bool shared = from->queue && (from->queue->limit || from->queue->rate);
  if (shared && round->others_want && is_ahead(round, from)) return false;
  return round->room[from->worker->place] > 0 && !is_held_up(round, from);
}

static ms_status take_offered(claim_round *round, candidate *from) {
  ms_work *work = &from->offered[from->offered_at++];
  size_t before = round->ids.count;
  MS_TRY(take(round, from, work));
  if (round->ids.count > before) work->state = MS_RUNNING;
  bool more = from->offered_at < from->offered_count;
  from->head = more ? (ms_spot){work[1].due_at_ms, work[1].id} : (ms_spot){.due_at_ms = MS_NEVER};
  return MS_OK;
}

static ms_status take_from(claim_round *round, candidate *from) {
  ms_store *store = round->engine->store;
  const ms_work *work;
  if (from->offered) return take_offered(round, from);
  from->touched = true;
  MS_TRY(ms_front_read(store, from->lane, round->most, &work));
  if (work) MS_TRY(take(round, from, work));
  size_t most = round->room[from->worker->place] > 0 ? round->most : 0;
  if (work) MS_TRY(ms_front_pass(store, from->lane, most));
  from->head = head_of(from->lane);
  return MS_OK;
}

/* The lane gives nothing more in this round. Where some of its works are met and others are not,
 * the round has passed over works that come first once the condition holds. */
static ms_status end_lane(claim_round *round, candidate *from) {
  int64_t head_due_ms = from->lane->head_due_ms;
  if (!from->touched) return MS_OK;
  if (head_due_ms > round->engine->turn.now_ms) ms_turn_wake_at(round->engine, head_due_ms);
  if (has_met(round->engine, from->lane)) ms_front_forget(from->lane);
  ms_front_rest(from->lane);
  return leave_lane(round, from);
}

static bool has_room(const claim_round *round) {
  return round->room[MS_PLACE_POOL] > 0 || round->room[MS_PLACE_HOST] > 0;
}

static ms_status take_all(claim_round *round) {
  candidate *from;
  while (has_room(round) && (from = ms_heap_top(&round->heap))) {
    if (goes_on(round, from)) {
      MS_TRY(take_from(round, from));
      ms_heap_sink(&round->heap);
    } else {
      ms_heap_pop(&round->heap);
    }
  }
  for (from = round->first; from; from = from->next)
    MS_TRY(end_lane(round, from));
  return MS_OK;
}

/* Where many lanes are about to give a few works each, these are read in the order of the lanes:
 * while the lanes take turns every page would be another one. */
static ms_status read_ahead(claim_round *round) {
  int64_t count = (int64_t)round->count, room = round->room[MS_PLACE_POOL];
  if (count < MS_AHEAD_MANY_LANES || room < count) return MS_OK;
  size_t wanted = (size_t)(room / count) + 1, bytes = 0;
  for (candidate *from = round->first; from && bytes < READ_BYTES; from = from->next) {
    if (from->offered || from->worker->place != MS_PLACE_POOL) continue;
    from->touched = true;
    MS_TRY(ms_front_top_up(round->engine->store, from->lane, wanted, round->most));
    from->head = head_of(from->lane);
    bytes += ms_arena_bytes(&from->lane->front.arena);
  }
  return MS_OK;
}

static ms_status compete(claim_round *round) {
  round->most = READ_MOST / (round->count + 1) + 1;
  MS_TRY(read_ahead(round));
  for (candidate *from = round->first; from; from = from->next) {
    if (!ms_heap_push(&round->heap, from)) return ms_engine_no_memory(round->engine);
  }
  return take_all(round);
}

static ms_status write_claim(claim_round *round) {
  ms_engine *engine = round->engine;
  int64_t batch;
  if (!round->ids.count) return MS_OK;
  MS_TRY(ms_claims_add(engine->store, engine->owner, engine->turn.now_ms, round->ids.items,
                       round->ids.count, &batch));
  MS_LIST_EACH (link, &engine->turn.claimed) {
    MS_LIST_ENTRY(link, ms_run, link)->batch = batch;
  }
  MS_LIST_EACH (link, &engine->turn.claimed) {
    MS_TRY(ms_outbox_event(engine, MS_EVENT_STARTED, MS_LIST_ENTRY(link, ms_run, link)->id));
  }
  return MS_OK;
}

static void set_pool_room(claim_round *round) {
  ms_engine *engine = round->engine;
  if (!engine->executor) return;
  round->free = ms_executor_free(engine->executor);
  round->room[MS_PLACE_POOL] = round->free + (int64_t)ms_ahead_room(engine);
}

/* What does not begin soon goes back, also if nothing else happens until then. */
static void note_claimed(claim_round *round) {
  ms_engine *engine = round->engine;
  int64_t hosted = (int64_t)engine->turn.host_room - round->room[MS_PLACE_HOST];
  bool ahead = round->free < 0 || (hosted > 1 && !engine->options.stepped);
  if (ahead) ms_turn_wake_at(engine, engine->turn.now_ms + MS_AHEAD_PATIENCE_MS);
}

static ms_status claim(claim_round *round) {
  ms_engine *engine = round->engine;
  const ms_lanes *lanes = ms_lanes_all(engine->store);
  size_t queues = ms_queues_all(engine->store)->count;
  if (queues) round->started = ms_arena_take(&round->arena, queues * sizeof *round->started);
  if (queues && !round->started) return ms_engine_no_memory(engine);
  set_pool_room(round);
  round->others_want = ms_hearing_others_want_work(engine);
  bool had_room = round->room[MS_PLACE_POOL] > 0;
  round->room[MS_PLACE_HOST] = (int64_t)engine->turn.host_room;
  for (size_t i = 0; i < lanes->count && may_give(round); i++)
    MS_TRY(consider(round, lanes->items[i]));
  MS_TRY(consider_offers(round));
  if (had_room) MS_TRY(ms_ahead_note_lanes(engine, round->count));
  MS_TRY(compete(round));
  engine->turn.has_room = round->room[MS_PLACE_POOL] > 0;
  if (had_room) engine->piled = !engine->turn.has_room && !round->held_up;
  bool used_up = engine->turn.host_room && !round->room[MS_PLACE_HOST];
  engine->turn.host_ready = engine->turn.host_ready || used_up;
  MS_TRY(ms_schedule_look_at_rates(&round->gates));
  MS_TRY(write_claim(round));
  note_claimed(round);
  return MS_OK;
}

ms_status ms_schedule_claim(ms_engine *engine) {
  if (engine->closing || !engine->options.has_workers) return MS_OK;
  claim_round round = {.engine = engine,
                       .heap = {.before = comes_first},
                       .gates = {.engine = engine, .arena = &round.arena}};
  ms_status status = ms_ahead_take_back(engine);
  if (status == MS_OK) status = claim(&round);
  ms_heap_deinit(&round.heap);
  ms_ids_deinit(&round.ids);
  ms_arena_deinit(&round.arena);
  return status;
}

/* ---- Is there anything to do? ---- */

static ms_status could_start(ms_gates *gates, ms_lane *lane, bool *could) {
  ms_engine *engine = gates->engine;
  ms_gate gate;
  bool hold;
  if (ms_schedule_place(engine, lane)->place == MS_PLACE_NONE) return MS_OK;
  MS_TRY(ms_front_find(engine->store, lane));
  if (lane->head_due_ms > engine->turn.now_ms) return MS_OK;
  MS_TRY(ms_schedule_gate(gates, lane, &gate));
  if (gate.paused || gate.room <= 0) return MS_OK;
  MS_TRY(ms_schedule_judge(gates, lane, &hold));
  /* What a sensor is about to tell may hold. */
  *could = *could || hold || ms_conditions_unread(engine);
  return MS_OK;
}

ms_status ms_schedule_ready(ms_engine *engine, bool *ready) {
  ms_arena arena = {0};
  ms_gates gates = {.engine = engine, .arena = &arena};
  const ms_lanes *lanes = ms_lanes_all(engine->store);
  ms_status status = MS_OK;
  *ready = false;
  if (!engine->options.has_workers) return MS_OK;
  for (size_t i = 0; i < lanes->count && status == MS_OK && !*ready; i++) {
    status = could_start(&gates, lanes->items[i], ready);
  }
  ms_arena_deinit(&arena);
  return status;
}
