/* What a turn changed, for the observers of other processes: one packed row a turn.
 *
 * Rows are written only while another process observes, and trimmed when they are old.
 *
 * The thread that holds the store calls, inside a transaction.
 *
 * Failures leave their detail in ms_store_err. */
#ifndef MS_STORE_CHANGE_H
#define MS_STORE_CHANGE_H

#include "base/ids.h"
#include "base/status.h"

struct ms_store;

/* Says that this process observes, or no longer does. */
ms_status ms_change_observe(struct ms_store *store, int64_t owner, bool observes);
/* Does any other process observe? */
ms_status ms_change_wanted(struct ms_store *store, int64_t owner, bool *wanted);
/* Pairs of event type + 1 and id. Older rows go. */
ms_status ms_change_write(struct ms_store *store, int64_t owner, int64_t now_ms,
                          const ms_ids *pairs);
ms_status ms_change_newest(struct ms_store *store, int64_t *turn);
/* Appends the pairs of other processes' turns after *turn, which moves on. */
ms_status ms_change_read(struct ms_store *store, int64_t owner, int64_t *turn, ms_ids *pairs);

#endif
