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
/* What the turns of other processes have changed. */
typedef struct ms_change_news {
  int64_t turn; /* those after it are read; then the last of them */
  ms_ids pairs;
  int64_t damaged; /* a turn whose row does not parse, and is passed over; 0 = none */
} ms_change_news;
ms_status ms_change_read(struct ms_store *store, int64_t owner, ms_change_news *news);

#endif
