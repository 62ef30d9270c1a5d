#include "engine/due.h"

#include "engine/engine.h"
#include "model/cron.h"
#include "model/period.h"
#include "store/files.h"

#include <stdio.h>

/* xorshift64*: jitter needs to be spread, not secret. */
static double next_random(ms_engine *engine) {
  uint64_t x = engine->random;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  engine->random = x;
  return (double)(x * UINT64_C(0x2545F4914F6CDD1D) >> 11) / 9007199254740992.0;
}

static int64_t start_of(const ms_work *work) {
  if (work->at_ms != MS_NEVER) return work->at_ms;
  return work->enqueued_at_ms + work->delay_ms;
}

/* Both were read when the work was enqueued, but rows are changed by hand, and zones go. */
static ms_status read_calendar(ms_engine *engine, const ms_work *work, ms_cron *cron,
                               ms_zone **zone) {
  ms_err err = {0};
  ms_status status = ms_cron_parse(work->cron, cron, &err);
  if (status == MS_OK) status = ms_zone_open(work->zone, zone, &err);
  if (status == MS_OK || status == MS_NOMEM) return status;
  return ms_fail(ms_store_err(engine->store), MS_CORRUPT, "table ms_work: the calendar of %lld: %s",
                 (long long)work->id, err.message);
}

/* A clock that was set back comes to the same times again. Up to so far they are those that have
 * been, further they are new ones: a minute where every hour counts, since then little is missed,
 * else three hours, as cron has it. */
#define SAME_MINUTE_MS INT64_C(60000)
#define SAME_HOURS_MS (3 * 60 * INT64_C(60000))

static int64_t past(const ms_engine *engine, const ms_cron *cron, int64_t moment_ms) {
  int64_t now_ms = engine->turn.now_ms;
  int64_t ahead_ms = cron->elapsed ? SAME_MINUTE_MS : SAME_HOURS_MS;
  return moment_ms > now_ms + ahead_ms ? now_ms : moment_ms;
}

/* Before anything has run the first match may be the start itself, but not the enqueue time. */
static ms_status cron_due(ms_engine *engine, const ms_work *work, int64_t *due_at_ms) {
  ms_cron cron;
  ms_zone *zone = NULL;
  MS_TRY(read_calendar(engine, work, &cron, &zone));
  bool first = work->ended_at_ms == MS_NEVER;
  int64_t after = past(engine, &cron, first ? work->enqueued_at_ms : work->started_at_ms);
  int64_t start_ms = work->at_ms != MS_NEVER ? work->at_ms : after + work->delay_ms;
  if (first && after < start_ms - 1) after = start_ms - 1;
  if (!ms_cron_next(&cron, zone, after, due_at_ms)) *due_at_ms = MS_NEVER - 1;
  ms_zone_free(zone);
  return MS_OK;
}

static int64_t period_due(const ms_work *work) {
  ms_period period = {
      .repeats = work->repeats,
      .anchor_ms = start_of(work),
      .every_ms = work->every_ms,
      .flex_ms = work->flex_ms,
  };
  if (work->ended_at_ms == MS_NEVER) return ms_period_first_due(&period);
  return ms_period_next_due(&period, work->started_at_ms, work->ended_at_ms);
}

static bool rests(const ms_work *work) {
  return work->ended_at_ms != MS_NEVER && (work->attempt > 0 || work->streak > 0);
}

bool ms_due_starts_after(const ms_work *work, int64_t moment_ms) {
  return work->ended_at_ms == MS_NEVER && start_of(work) > moment_ms;
}

/* What repeats from its start on, not at the end of its periods, waits for the start alone. */
const char *ms_due_kind(const ms_work *work) {
  bool wished = work->wish_at_ms != MS_NEVER;
  if (!wished && rests(work)) return "backoff";
  if (!ms_work_is_periodic(work)) return "delay";
  if (wished) return work->run ? "period" : "delay";
  bool from_start = work->every_ms && !work->flex_ms;
  return from_start && work->ended_at_ms == MS_NEVER ? "delay" : "period";
}

static int64_t rest_ms(ms_engine *engine, const ms_work *work) {
  if (work->wait_ms >= 0) return work->wait_ms;
  int64_t n = work->streak > 0 ? work->streak - 1 : work->attempt;
  return ms_backoff_wait_ms(&work->backoff, n, next_random(engine));
}

ms_status ms_due_by_time(ms_engine *engine, const ms_work *work, int64_t *due_at_ms) {
  if (work->wish_at_ms != MS_NEVER) {
    *due_at_ms = work->wish_at_ms;
  } else if (rests(work)) {
    *due_at_ms = work->ended_at_ms + rest_ms(engine, work);
  } else if (work->cron.data) {
    return cron_due(engine, work, due_at_ms);
  } else {
    *due_at_ms = work->every_ms ? period_due(work) : start_of(work);
  }
  return MS_OK;
}

ms_status ms_due_at(ms_engine *engine, const ms_work *work, int64_t *due_at_ms) {
  int64_t settled_ms;
  MS_TRY(ms_due_by_time(engine, work, due_at_ms));
  if (!work->files.data) return MS_OK;
  MS_TRY(ms_files_due(engine->store, work->id, &settled_ms));
  if (settled_ms > *due_at_ms) *due_at_ms = settled_ms;
  return MS_OK;
}

ms_status ms_due_anew(ms_engine *engine, ms_work *work) {
  int64_t due_at_ms;
  ms_status status = ms_due_at(engine, work, &due_at_ms);
  if (status == MS_OK) work->due_at_ms = due_at_ms;
  if (status != MS_CORRUPT) return status;
  ms_engine_pass_over(engine, work->id);
  return MS_OK;
}
