#include "engine/jump.h"

#include "engine/due.h"
#include "engine/engine.h"
#include "store/session.h"
#include "store/shift.h"
#include "store/work_move.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* The engine's time is a steady clock plus an offset. A difference to the wall clock below this is
 * the wall clock being kept in step, and followed; one above is the wall clock being set. */
#define JUMP_MS 500

/* Of processes on one machine each comes to the same time, within microseconds: what one of them
 * enqueues is due for the others at once, also if they look a moment later. */
int64_t ms_engine_now(const ms_engine *engine) {
  return ms_clock_at_ms(&engine->world->clock, engine->offset_us);
}

static void hear_clock(ms_engine *engine) {
  ms_clock *clock = &engine->world->clock;
  if (clock->is_shared) clock->shared_ms = ms_session_clock_ms(engine->store);
}

/* With a server its clock is the one on which all machines agree. */
void ms_jump_init(ms_engine *engine) {
  ms_clock *clock = &engine->world->clock;
  if (!clock->is_virtual) clock->is_shared = ms_store_on_server(engine->store);
  hear_clock(engine);
  int64_t doubt_us;
  engine->offset_us = ms_clock_ahead_us(clock, &doubt_us);
}

/* A number for this boot of the system; the steady clock starts anew with each. 0 = unknown. */
static int64_t boot_number(const ms_engine *engine) {
  char text[64] = "";
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  if (engine->options.stepped) return engine->world->boot;
  int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t size = read(file, text, sizeof text);
  close(file);
  for (ssize_t i = 0; i < size; i++) {
    hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
  }
  return (int64_t)(hash >> 1);
}

static int64_t bounded(int64_t moment_ms, int64_t low_ms, int64_t high_ms) {
  if (moment_ms < low_ms) return low_ms;
  return moment_ms > high_ms ? high_ms : moment_ms;
}

/* A run that began since the jump has noted its begin by the new time already. */
static void shift_flight(ms_flight *flight, int64_t jump_ms, int64_t now_ms) {
  int64_t begun_at_ms = flight->run.begun_at_ms;
  flight->fresh = false;
  flight->claimed_at_ms += jump_ms;
  flight->start_at_ms += jump_ms;
  flight->progress_at_ms = 0;
  if (flight->stopped_at_ms != MS_NEVER) flight->stopped_at_ms += jump_ms;
  if (!begun_at_ms) return;
  flight->run.begun_at_ms = bounded(begun_at_ms + jump_ms, flight->claimed_at_ms, now_ms);
}

static void shift_own(ms_engine *engine, int64_t jump_ms) {
  size_t at = 0;
  pthread_mutex_lock(&engine->mutex);
  engine->look_again_ms += jump_ms;
  if (engine->armed_at_ms != MS_NEVER) engine->armed_at_ms += jump_ms;
  pthread_mutex_unlock(&engine->mutex);
  engine->handed_at_ms += jump_ms;
  engine->called_at_ms += jump_ms;
  engine->host_claimed_at_ms += jump_ms;
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    shift_flight(flight, jump_ms, engine->turn.now_ms);
  }
}

typedef ms_status change_one(ms_engine *engine, int64_t id, ms_arena *arena);

static ms_status change_each(ms_engine *engine, const ms_ids *ids, change_one *change) {
  ms_arena arena = {0};
  ms_status status = MS_OK;
  for (size_t i = 0; i < ids->count && status == MS_OK; i++) {
    ms_arena_clear(&arena);
    status = change(engine, ids->items[i], &arena);
  }
  ms_arena_deinit(&arena);
  return status;
}

/* What would be run from a time on that has become the future again goes on in its rhythm: its
 * periods have begun earlier by whole intervals. */
static ms_status begin_earlier(ms_engine *engine, ms_work *work) {
  int64_t ahead_ms = work->started_at_ms - engine->turn.now_ms;
  if (!work->every_ms || work->ended_at_ms == MS_NEVER || ahead_ms < work->every_ms) return MS_OK;
  ahead_ms -= ahead_ms % work->every_ms;
  work->at_ms -= ahead_ms;
  work->started_at_ms -= ahead_ms;
  return ms_shift_start(engine->store, work->id, work->at_ms);
}

static ms_status retime_one(ms_engine *engine, int64_t id, ms_arena *arena) {
  ms_work before, after;
  bool found;
  MS_TRY(ms_work_load(engine->store, id, arena, &before, &found));
  if (!found || before.state != MS_ENQUEUED) return MS_OK;
  after = before;
  after.has_life = true;
  MS_TRY(begin_earlier(engine, &after));
  MS_TRY(ms_due_anew(engine, &after));
  bool same = after.due_at_ms == before.due_at_ms && after.at_ms == before.at_ms;
  if (same) return MS_OK;
  return ms_work_move(engine->store, &before, &after, true);
}

/* What the calendar tells is judged anew by the time that it is now. */
static ms_status retime_calendar(ms_engine *engine) {
  ms_ids ids = {0};
  ms_status status = ms_shift_calendar(engine->store, &ids);
  if (status == MS_OK) status = change_each(engine, &ids, retime_one);
  ms_ids_deinit(&ids);
  return status;
}

/* All processes see the jump; the first to turn moves the store's moments. */
static ms_status shift_store(ms_engine *engine) {
  int64_t known, offset_ms = engine->offset_us / 1000 - engine->clock_base_ms;
  MS_TRY(ms_store_counter(engine->store, "clock", &known));
  int64_t jump_ms = offset_ms - known;
  if (llabs(jump_ms) < JUMP_MS) return MS_OK;
  MS_TRY(ms_store_set_counter(engine->store, "clock", offset_ms));
  MS_TRY(ms_shift_moments(engine->store, jump_ms, engine->turn.now_ms));
  return retime_calendar(engine);
}

/* After a restart nobody knows how long it took; but no delay gets longer than it was. */
static ms_status bound_one(ms_engine *engine, int64_t id, ms_arena *arena) {
  ms_work before, after;
  bool found;
  MS_TRY(ms_work_load(engine->store, id, arena, &before, &found));
  if (!found || before.state != MS_ENQUEUED) return MS_OK;
  bool ended_last = before.ended_at_ms != MS_NEVER && before.ended_at_ms > before.enqueued_at_ms;
  int64_t newest_ms = ended_last ? before.ended_at_ms : before.enqueued_at_ms;
  int64_t jump_ms = engine->turn.now_ms - newest_ms;
  after = before;
  after.has_life = true;
  after.enqueued_at_ms += jump_ms;
  if (after.started_at_ms != MS_NEVER) after.started_at_ms += jump_ms;
  if (after.ended_at_ms != MS_NEVER) after.ended_at_ms += jump_ms;
  if (after.wish_at_ms == MS_NEVER && after.due_at_ms != MS_NEVER) after.due_at_ms += jump_ms;
  return ms_work_move(engine->store, &before, &after, true);
}

static ms_status bound_all(ms_engine *engine) {
  ms_ids ids = {0};
  ms_status status = ms_shift_future(engine->store, engine->turn.now_ms, &ids);
  if (status == MS_OK) status = change_each(engine, &ids, bound_one);
  ms_ids_deinit(&ids);
  MS_TRY(status);
  MS_TRY(ms_shift_bound(engine->store, engine->turn.now_ms));
  return retime_calendar(engine);
}

/* Machines start at different times, so each counts its offset from the one that the store knows:
 * what they have in common is by how much it has jumped. */
static ms_status join_server(ms_engine *engine) {
  int64_t known;
  MS_TRY(ms_store_counter(engine->store, "clock", &known));
  engine->clock_base_ms = engine->offset_us / 1000 - known;
  return MS_OK;
}

static ms_status join(ms_engine *engine) {
  if (engine->world->clock.is_shared) return join_server(engine);
  int64_t boot = boot_number(engine), known;
  MS_TRY(ms_store_counter(engine->store, "boot", &known));
  if (boot && boot == known) return shift_store(engine);
  MS_TRY(ms_store_set_counter(engine->store, "boot", boot));
  MS_TRY(ms_store_set_counter(engine->store, "clock", engine->offset_us / 1000));
  return bound_all(engine);
}

ms_status ms_jump_check(ms_engine *engine) {
  hear_clock(engine);
  if (!engine->owner) return join(engine);
  int64_t doubt_us, ahead_us = ms_clock_ahead_us(&engine->world->clock, &doubt_us);
  int64_t jump_us = ahead_us - engine->offset_us, jump_ms = jump_us / 1000;
  if (llabs(jump_us) <= doubt_us) return engine->jumped ? shift_store(engine) : MS_OK;
  engine->offset_us = ahead_us;
  engine->turn.now_ms = ms_engine_now(engine);
  if (llabs(jump_ms) < JUMP_MS) {
    engine->clock_base_ms += engine->world->clock.is_shared ? jump_ms : 0;
  } else {
    engine->jumped = true;
    shift_own(engine, jump_ms);
  }
  return engine->jumped ? shift_store(engine) : MS_OK;
}

/* ---- Hearing of it ---- */

/* As far as the kernel can count. What is not in the future fires at once, and again and again. */
#define LAST_SECOND ((((time_t)1 << (8 * sizeof(time_t) - 2)) - 1) * 2 + 1)

/* A timer that never fires, but for being cancelled when the clock is set. */
static void arm(int file) {
  struct itimerspec never = {.it_value = {.tv_sec = LAST_SECOND}};
  timerfd_settime(file, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

int ms_jump_watch(void) {
  int file = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (file >= 0) arm(file);
  return file;
}

void ms_jump_drain(int file) {
  uint64_t times;
  ssize_t size = read(file, &times, sizeof times);
  (void)size;
  arm(file);
}
