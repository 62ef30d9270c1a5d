/* Finished work that nobody needs any more.
 *
 * Lists belong to the caller.
 *
 * The thread that holds the store calls, inside a transaction.
 *
 * Failures leave their detail in ms_store_err. */
#ifndef MS_STORE_PRUNE_H
#define MS_STORE_PRUNE_H

#include "base/ids.h"
#include "base/status.h"

struct ms_store;

/* Notes that works finished, in one row: retention finds them there again. */
ms_status ms_prune_note(struct ms_store *store, int64_t at_ms, const int64_t *ids, size_t count);

/* Takes the oldest notes of works that finished at or before before_ms: a batch of works to look
 * at, and *more when other such notes are left. Sweeping looks only at these. */
ms_status ms_prune_take(struct ms_store *store, int64_t before_ms, ms_ids *ids, bool *more);
/* A work that such a note led to is left alone, since an unfinished one depends on it. */
ms_status ms_prune_pass_over(struct ms_store *store);
/* Whether any work ever was. */
ms_status ms_prune_has_passed_over(struct ms_store *store, bool *any);
/* When the oldest note was made; MS_NEVER if there is none. */
ms_status ms_prune_next(struct ms_store *store, int64_t *finished_at_ms);
/* All works that finished at or before before_ms. */
ms_status ms_prune_finished(struct ms_store *store, int64_t before_ms, ms_ids *ids);

#endif
