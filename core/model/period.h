/* When periodic work with an interval is due.
 *
 * An ms_period is a plain value of the numbers that stand in the store.
 *
 * Any thread may call; no clock is read and no state is kept: the moments of the run before are all
 * that is needed.
 *
 * Nothing here fails. Instants and intervals stay below 2^60 ms in size, so that sums of them fit;
 * a due time that lies in the past means due now. */
#ifndef MS_MODEL_PERIOD_H
#define MS_MODEL_PERIOD_H

#include "model/request.h"

/* Fixed rate: period k = 0, 1, … is [anchor + k·every, anchor + (k + 1)·every), and its window is
 * its last flex. Fixed delay knows no windows: flex does not count there. */
typedef struct ms_period {
  ms_repeats repeats;
  int64_t anchor_ms; /* enqueue time + delay, or at */
  int64_t every_ms;  /* > 0 */
  int64_t flex_ms;   /* 0 < flex ≤ every; 0 = the whole interval */
} ms_period;

/* Before anything has run: the begin of the first window. */
int64_t ms_period_first_due(const ms_period *period);
/* After a run: fixed rate, the begin of the window in the period behind the one in which the run
 * started (a run before the anchor started in none), so that missed periods fold into one run;
 * fixed delay, the interval counted from the finish. */
int64_t ms_period_next_due(const ms_period *period, int64_t started_at_ms, int64_t finished_at_ms);

#endif
