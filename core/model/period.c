#include "model/period.h"

#include "model/instant.h"

/* The begin of the window in the period that begins at start. */
static int64_t window_of(const ms_period *period, int64_t start) {
  return period->flex_ms == 0 ? start : start + period->every_ms - period->flex_ms;
}

int64_t ms_period_first_due(const ms_period *period) {
  return period->repeats == MS_FIXED_DELAY ? period->anchor_ms
                                           : window_of(period, period->anchor_ms);
}

int64_t ms_period_next_due(const ms_period *period, int64_t started_at_ms, int64_t finished_at_ms) {
  if (period->repeats == MS_FIXED_DELAY) return finished_at_ms + period->every_ms;
  if (started_at_ms < period->anchor_ms) return window_of(period, period->anchor_ms);
  int64_t into_period = ms_floor_mod(started_at_ms - period->anchor_ms, period->every_ms);
  return window_of(period, started_at_ms - into_period + period->every_ms);
}
