/* Requests that other programs left as rows of the table moonshift_inbox.
 *
 * Texts of a row live in the arena that the caller gives.
 *
 * The thread that holds the store calls, within a transaction but for ms_arrival_look.
 *
 * Functions return a status and leave the detail in ms_store_err. */
#ifndef MS_STORE_ARRIVAL_H
#define MS_STORE_ARRIVAL_H

#include "base/arena.h"
#include "model/request.h"
#include "store/store.h"

/* Whether any row has not been read yet. */
ms_status ms_arrival_any(ms_store *store, bool *any);
/* The same outside a transaction. BUSY, without waiting, while another connection writes, whose
 * rows cannot be seen yet. */
ms_status ms_arrival_look(ms_store *store, bool *any);
/* The row inserted first among those. */
ms_status ms_arrival_first(ms_store *store, ms_arena *arena, ms_arrival *arrival, bool *found);
/* The row has become works. */
ms_status ms_arrival_delete(ms_store *store, int64_t id);
/* The row stays, and is not read again unless somebody takes the error away. */
ms_status ms_arrival_refuse(ms_store *store, int64_t id, ms_text error);
/* All refused rows in order of their insertion; list lives in the arena. */
ms_status ms_arrivals_refused(ms_store *store, ms_arena *arena, ms_arrival **list, size_t *count);

#endif
