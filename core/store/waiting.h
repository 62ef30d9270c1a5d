/* Works that wait: in the places of their lanes, or for the one work that they came blocked by.
 *
 * The works that are read are the caller's, their texts in the arena given.
 *
 * The thread that holds the store calls, inside a transaction.
 *
 * Failures leave their detail in ms_store_err. A place that is gone when its work is claimed is
 * CORRUPT; one that its work knows nothing of reads as cancelled. */
#ifndef MS_STORE_WAITING_H
#define MS_STORE_WAITING_H

#include "base/arena.h"
#include "store/work.h"

struct ms_store;

/* A spot in the order of a lane's waiting works. */
typedef struct ms_spot {
  int64_t due_at_ms; /* MS_NEVER = behind all */
  int64_t id;
} ms_spot;
/* Nothing that can be reckoned with is due before that. */
#define MS_SPOT_FIRST ((ms_spot){.due_at_ms = INT64_MIN / 8, .id = INT64_MIN})

/* The works of a lane that wait behind a spot, up to limit. */
typedef struct ms_stretch {
  int64_t lane;
  ms_spot after;
  size_t limit;
} ms_stretch;

/* Reads whole works, in their order. */
ms_status ms_waiting_read(struct ms_store *store, const ms_stretch *stretch, ms_arena *arena,
                          ms_work *works, size_t *count);
/* The lane's first spot behind the given one that a work waits at. */
ms_status ms_waiting_head(struct ms_store *store, int64_t lane, ms_spot after, ms_spot *head);
/* Claims the works from one spot to another, count of them, which are all that wait there. */
ms_status ms_waiting_take(struct ms_store *store, int64_t lane, ms_spot first, ms_spot last,
                          int64_t count);

/* ---- work_move.c: it knows what a claim must read ---- */

/* Gives a place to a work that has just become enqueued and has none. */
ms_status ms_waiting_place(struct ms_store *store, const ms_work *work);
/* An un-begun claim is given back as if it had never been. */
ms_status ms_waiting_return(struct ms_store *store, const ms_work *work);

/* Those of the works that are born_blocked and still blocked, whole, their prerequisite's output
 * included, in any order; so many ids at most. */
#define MS_FREED_MOST 8
ms_status ms_works_freed(struct ms_store *store, const int64_t *ids, size_t count, ms_arena *arena,
                         ms_work *works, size_t *found);

#endif
