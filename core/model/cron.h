/* When periodic work by calendar is due: five-field cron expressions.
 *
 * An ms_cron is a plain value.
 *
 * Any thread may call; no clock is read.
 *
 * Text that is no expression, or one that never matches, is MS_MISUSE with a message that names the
 * field; the caller puts the path of the request's field before it. */
#ifndef MS_MODEL_CRON_H
#define MS_MODEL_CRON_H

#include "base/status.h"
#include "base/text.h"
#include "model/zone.h"

#include <stdint.h>

/* Sets are bits: 1 << value. Weekdays count from 0 = Sunday. */
typedef struct ms_cron {
  uint64_t minutes;
  uint64_t hours;
  uint64_t days; /* of the month, from 1 */
  uint64_t months;
  uint64_t weekdays;
  uint64_t nth_weekdays[5]; /* [n − 1]: those whose n-th in the month matches (5#3) */
  uint64_t last_weekdays;   /* those whose last in the month matches (5L) */
  bool last_day;            /* the last day of the month matches */
  bool either_day;          /* both day fields are restricted: either matches, else both must */
  bool elapsed;             /* the hour field is "*" or "*" with a step, see ms_cron_next */
} ms_cron;

/* Reads "minute hour day-of-month month day-of-week" or "@hourly", "@daily", "@midnight",
 * "@weekly", "@monthly", "@yearly", "@annually". A field is a list of "*", values and ranges, each
 * also with a step ("5/15" runs from 5 to the end). Months and weekdays have names of three letters
 * in any case, and 7 is Sunday. "L" is the last day of the month, "5L" its last Friday, "5#3" its
 * third. */
ms_status ms_cron_parse(ms_text text, ms_cron *cron, ms_err *err);

/* The first instant after the given one at which local time matches; NULL is UTC. False only where
 * after is 2^60 ms or more in size. A first run that is due not before an instant is asked for with
 * the millisecond before it.
 *
 * A time that a clock change skips counts at the first valid instant behind the gap; several of
 * them are one. A time that is repeated counts when it first occurs. Expressions with elapsed set
 * count both passes instead, and one of every hour ignores what is skipped: the hour behind the
 * gap has its turn anyway. */
bool ms_cron_next(const ms_cron *cron, const ms_zone *zone, int64_t after, int64_t *next);

#endif
