/* Questions: which works a selector means, and everything about one of them.
 *
 * Lists belong to the caller, infos to the arena.
 *
 * The thread that holds the store calls, inside a transaction or a read.
 *
 * Failures leave their detail in ms_store_err. */
#ifndef MS_STORE_QUERY_H
#define MS_STORE_QUERY_H

#include "base/ids.h"
#include "model/request.h"
#include "store/work.h"

#define MS_UNFINISHED_STATES (1u << MS_ENQUEUED | 1u << MS_RUNNING | 1u << MS_BLOCKED)
#define MS_FINISHED_STATES (1u << MS_SUCCEEDED | 1u << MS_FAILED | 1u << MS_CANCELLED)

/* The selected works that are in one of states (0 = any) as well. page NULL = all, in id order. */
ms_status ms_query_ids(struct ms_store *store, const ms_selector *selector, unsigned states,
                       const ms_page *page, ms_ids *ids);
ms_status ms_query_count(struct ms_store *store, const ms_selector *selector, int64_t *count);
/* How many works are in each of the states; the others' counts are 0. */
ms_status ms_query_tally(struct ms_store *store, unsigned states, int64_t counts[MS_STATE_COUNT]);
/* The lowest id from *from on that is selected and unfinished; 0 if none. */
ms_status ms_query_unfinished(struct ms_store *store, const ms_selector *selector, int64_t from,
                              int64_t *id);
/* Is any one-time work unfinished? */
ms_status ms_query_once(struct ms_store *store, bool *any);

ms_status ms_query_info(struct ms_store *store, int64_t id, ms_arena *arena, ms_info *info,
                        bool *found);
/* Does the selector mean this work? */
bool ms_selector_matches(const ms_selector *selector, const ms_info *info);

ms_status ms_query_names(struct ms_store *store, ms_arena *arena, ms_text **names, size_t *count);
ms_status ms_query_tags(struct ms_store *store, ms_arena *arena, ms_text **tags, size_t *count);

#endif
