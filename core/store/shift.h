/* The moments of a store when the wall clock is set.
 *
 * Delays, backoff, intervals, retention and rates follow elapsed time, so what the store remembers
 * of them moves along when the wall clock jumps; calendar times ("at", cron, deadlines) stay.
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

/* The wall clock has jumped by jump_ms. */
ms_status ms_shift_moments(struct ms_store *store, int64_t jump_ms);
/* Waiting works that, as their moments say, were enqueued or ended after now. */
ms_status ms_shift_future(struct ms_store *store, int64_t now_ms, ms_ids *ids);

#endif
