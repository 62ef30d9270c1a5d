#include "engine/intake.h"

#include "base/point.h"
#include "engine/engine.h"
#include "store/arrival.h"

#include <stdio.h>

/* So many rows a turn, so that a flood of them does not hold up callers and results. */
#define ROWS_A_TURN 256
/* How long rows stand back after a turn with them failed, so that whatever else there is gets done,
 * which may be what they need: with a full disk, the deletion of old works. */
#define STAND_BACK_MS 1000

static ms_status refuse(ms_engine *engine, const ms_arrival *arrival, const ms_err *why) {
  ms_refused *refused = &engine->turn.refused;
  if (refused->count++ == 0) {
    refused->row = arrival->id;
    refused->why = *why;
  }
  return ms_arrival_refuse(engine->store, arrival->id, ms_text_of(why->message));
}

/* A clock that is ahead of ours does not make a row that comes from the future. */
static void set_moment(const ms_engine *engine, ms_arrival *arrival) {
  if (arrival->at_ms > engine->turn.now_ms) arrival->at_ms = engine->turn.now_ms;
}

static bool has_files(const ms_arrived *arrived) {
  bool has = false;
  for (size_t i = 0; i < arrived->count; i++)
    has = has || arrived->requests[i].files.data;
  return has;
}

/* No turn looks at files: nobody knows how long that takes. Those that cannot be looked at are the
 * row's own trouble, not that of the turn. */
static ms_status make_works(ms_engine *engine, const ms_arrival *arrival, const ms_arrived *arrived,
                            ms_err *why) {
  const ms_preview *seen = NULL;
  ms_text *snapshots = NULL;
  if (has_files(arrived) && !engine->options.stepped) {
    MS_TRY(ms_preview_find(engine, arrival->id, arrived, &seen));
    engine->turn.looks = !seen;
    if (!seen) return MS_OK;
    if (seen->status == MS_NOMEM) return ms_engine_no_memory(engine);
    if (seen->status != MS_OK) return ms_fail(why, MS_MISUSE, "%s", seen->err.message);
    snapshots = seen->snapshots;
  }
  return ms_enqueue_arrival(engine, arrived, snapshots, arrival->at_ms, why);
}

/* The row goes in the transaction in which its works come, so that they come once. */
static ms_status take_in(ms_engine *engine, ms_arrival *arrival) {
  ms_arrived arrived;
  ms_err why = {0};
  set_moment(engine, arrival);
  ms_status status =
      engine->options.read_arrival(engine->options.read_arrival_data, arrival, &arrived, &why);
  if (status == MS_OK) status = make_works(engine, arrival, &arrived, &why);
  if (status == MS_OK && engine->turn.looks) return MS_OK;
  MS_POINT("intake");
  if (status == MS_OK) return ms_arrival_delete(engine->store, arrival->id);
  return ms_is_refusal(status) ? refuse(engine, arrival, &why) : status;
}

static ms_status take_in_next(ms_engine *engine, bool *found) {
  ms_arena arena = {0};
  ms_arrival arrival;
  ms_status status = ms_arrival_first(engine->store, &arena, &arrival, found);
  if (status == MS_OK && *found) status = take_in(engine, &arrival);
  if (*found && !engine->turn.looks) engine->turn.returned = engine->turn.takes_rows = true;
  ms_arena_deinit(&arena);
  return status;
}

static int64_t steady_ms(const ms_engine *engine) {
  return ms_clock_steady_ms(&engine->world->clock);
}

ms_status ms_intake(ms_engine *engine) {
  bool found = true;
  int64_t wait_ms = engine->rows_from_ms - steady_ms(engine);
  if (!engine->options.read_arrival) return MS_OK;
  if (wait_ms > 0) {
    ms_turn_wake_at(engine, engine->turn.now_ms + wait_ms);
    return MS_OK;
  }
  for (int i = 0; found && !engine->turn.looks && i < ROWS_A_TURN; i++)
    MS_TRY(take_in_next(engine, &found));
  ms_preview_forget(engine);
  engine->arrivals = found && !engine->turn.looks;
  if (engine->arrivals) ms_turn_go_on(engine);
  return MS_OK;
}

void ms_intake_failed(ms_engine *engine) {
  if (!engine->turn.takes_rows) return;
  ms_preview_forget(engine);
  engine->rows_from_ms = steady_ms(engine) + STAND_BACK_MS;
}

void ms_intake_tell(ms_engine *engine) {
  const ms_refused *refused = &engine->turn.refused;
  char more[40] = "", message[sizeof refused->why.message + 80];
  if (refused->count == 0) return;
  if (refused->count > 1) {
    snprintf(more, sizeof more, " (and %lld more)", (long long)refused->count - 1);
  }
  snprintf(message, sizeof message, "row %lld of moonshift_inbox: %s%s", (long long)refused->row,
           refused->why.message, more);
  ms_engine_trouble(engine, "request", message, 0, NULL);
}

ms_status ms_intake_waits(ms_engine *engine, bool *waits) {
  *waits = false;
  return engine->options.read_arrival ? ms_arrival_any(engine->store, waits) : MS_OK;
}

typedef struct refused_call {
  ms_call call;
  ms_arena *arena;
  ms_arrival *list;
  size_t count;
} refused_call;

static ms_status apply_refused(ms_engine *engine, ms_call *call) {
  refused_call *args = (refused_call *)(void *)call;
  return ms_arrivals_refused(engine->store, args->arena, &args->list, &args->count);
}

ms_status ms_get_refused(ms_manager *engine, ms_arena *arena, ms_arrival **arrivals, size_t *count,
                         ms_err *err) {
  refused_call args = {.call = {.apply = apply_refused, .reads = true}, .arena = arena};
  MS_TRY(ms_engine_call(engine, &args.call, err));
  *arrivals = args.list;
  *count = args.count;
  return MS_OK;
}
