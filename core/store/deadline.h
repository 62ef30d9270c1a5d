/* The deadlines of unfinished works, first one first.
 *
 * Lists belong to the caller. The first deadline is remembered, so that no turn asks in vain.
 *
 * The thread that holds the store calls, inside a transaction.
 *
 * Failures leave their detail in ms_store_err. */
#ifndef MS_STORE_DEADLINE_H
#define MS_STORE_DEADLINE_H

#include "base/ids.h"
#include "store/work.h"

struct ms_store;

/* The first deadline of an unfinished work, MS_NEVER if there is none; the works whose deadline is
 * at or before now (running ones among them); and the first deadline after now. */
ms_status ms_deadline_first(struct ms_store *store, int64_t *at_ms);
ms_status ms_deadline_due(struct ms_store *store, int64_t now_ms, ms_ids *ids);
ms_status ms_deadline_next(struct ms_store *store, int64_t now_ms, int64_t *at_ms);

/* A work changes, or comes into being (before is NULL): one that is finished has no deadline. */
ms_status ms_deadline_move(struct ms_store *store, const ms_work *before, const ms_work *after);

#endif
