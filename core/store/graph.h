/* Prerequisites and dependents, and the works of a unique name.
 *
 * Lists belong to the caller.
 *
 * The thread that holds the store calls, inside a transaction.
 *
 * Failures leave their detail in ms_store_err. Whether the graph has cycles is the caller's to
 * check: edges only ever lead to works that are stored in the same call or before. */
#ifndef MS_STORE_GRAPH_H
#define MS_STORE_GRAPH_H

#include "base/arena.h"
#include "base/ids.h"
#include "base/status.h"

struct ms_store;

ms_status ms_edge_add(struct ms_store *store, int64_t prerequisite, int64_t dependent,
                      int64_t position);
/* In id order. */
ms_status ms_edge_dependents(struct ms_store *store, int64_t id, ms_ids *ids);
/* Those of all these works, whose ids are sorted; a work that depends on several stands there as
 * often. Most works have none, and one look passes over all of those that follow each other but for
 * works that have some. */
ms_status ms_edge_all_dependents(struct ms_store *store, const ms_ids *ids, ms_ids *dependents);
/* In the declared order. */
ms_status ms_edge_prerequisites(struct ms_store *store, int64_t id, ms_ids *ids);
/* The outputs of the succeeded prerequisites, absent where there is none, in the declared order. */
ms_status ms_edge_outputs(struct ms_store *store, int64_t id, ms_arena *arena, ms_text **outputs,
                          size_t *count);
ms_status ms_edge_unfinished_dependent(struct ms_store *store, int64_t id, bool *any);
/* Notes the finished prerequisites whose last dependent has finished with this one, each under the
 * time at which it finished itself: sweeping may have passed over them for their dependents' sake.
 * As long as it has passed over nothing, their own notes are still there. */
ms_status ms_edge_note_released(struct ms_store *store, int64_t id);
/* How many prerequisites are unfinished, and the lowest-placed failed and cancelled ones (0 =
 * none). */
typedef struct ms_standing {
  int64_t unfinished;
  int64_t failed;
  int64_t cancelled;
} ms_standing;
ms_status ms_edge_standing(struct ms_store *store, int64_t id, ms_standing *standing);
/* Forgets all edges of a work that is deleted. name: its unique name or absent. */
ms_status ms_edge_drop(struct ms_store *store, int64_t id, ms_text name);

/* All works of the name, or only the unfinished ones, in id order. */
ms_status ms_name_works(struct ms_store *store, ms_text name, bool unfinished, ms_ids *ids);
/* The works of the name that no other work of the name depends on. */
ms_status ms_name_leaves(struct ms_store *store, ms_text name, ms_ids *ids);
/* Appends the works whose runs the name's works wait for. */
ms_status ms_name_behind(struct ms_store *store, ms_text name, ms_ids *ids);
/* Another work of the name depends on this one now. */
ms_status ms_name_set_trunk(struct ms_store *store, ms_text name, int64_t id);

#endif
