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
#include "store/lane.h"
#include "store/work.h"

struct ms_store;

/* A work that waits: where, and what its row says of how it is read. */
typedef struct ms_waiting {
  ms_spot spot;
  int64_t more;
} ms_waiting;

/* The works of a lane that wait behind a spot, up to limit. */
typedef struct ms_stretch {
  int64_t lane;
  ms_spot after;
  size_t limit;
} ms_stretch;

/* Where they wait, in their order. */
ms_status ms_waiting_list(struct ms_store *store, const ms_stretch *stretch, ms_waiting *list,
                          size_t *count);
/* Reads whole works of any lanes, each to the place of its waiting; so many at most, best in the
 * order of their ids. */
#define MS_WAITING_MOST 16
ms_status ms_waiting_read(struct ms_store *store, const ms_waiting *waiting, size_t count,
                          ms_arena *arena, ms_work *works);
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
