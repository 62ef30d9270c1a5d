/* The processes that have the store open.
 *
 * A row says that a process once joined; whether it lives is the engine's to find out.
 *
 * The thread that holds the store calls, inside a transaction.
 *
 * Failures leave their detail in ms_store_err. */
#ifndef MS_STORE_PROCESS_H
#define MS_STORE_PROCESS_H

#include "base/ids.h"
#include "base/status.h"

struct ms_store;

/* Numbers are never reused. */
ms_status ms_process_add(struct ms_store *store, int64_t pid, int64_t door, int64_t now_ms,
                         int64_t *owner);
ms_status ms_process_exists(struct ms_store *store, int64_t owner, bool *exists);
ms_status ms_process_delete(struct ms_store *store, int64_t owner);
/* doors: where each of them is knocked at, 0 = nowhere. */
ms_status ms_process_list(struct ms_store *store, ms_ids *owners, ms_ids *doors);

#endif
