/* The moments of a store when the wall clock is set.
 *
 * Delays, backoff, intervals, retention and rates follow elapsed time, so what the store remembers
 * of them moves along when the wall clock jumps; calendar times ("at", cron, deadlines that are
 * times) stay. A work that is to run at such a time has other times as well: a backoff, an
 * interval.
 *
 * The thread that holds the store calls, inside a transaction. What stands in memory is out of date
 * afterwards and is read again.
 *
 * Failures leave their detail in ms_store_err. */
#ifndef MS_STORE_SHIFT_H
#define MS_STORE_SHIFT_H

#include "base/ids.h"
#include "base/status.h"

struct ms_store;

/* The wall clock has jumped by jump_ms, to now. */
ms_status ms_shift_moments(struct ms_store *store, int64_t jump_ms, int64_t now_ms);
/* Waiting works that, as their moments say, were enqueued or ended after now. */
ms_status ms_shift_future(struct ms_store *store, int64_t now_ms, ms_ids *ids);
/* Nothing but these has been after now. */
ms_status ms_shift_bound(struct ms_store *store, int64_t now_ms);
/* Waiting works whose next run the calendar tells. */
ms_status ms_shift_calendar(struct ms_store *store, ms_ids *ids);
/* The periods of a work begin at another time. */
ms_status ms_shift_start(struct ms_store *store, int64_t id, int64_t at_ms);

#endif
