/* The front of a lane: the first spot at which a work waits, and the works from there on as far as
 * they have been read ahead.
 *
 * It belongs to its lane. What was read stands in an arena of the front's own and is valid until
 * the lane's works are read again. Works that were passed over count as not there until the fronts
 * are forgotten.
 *
 * The thread that holds the store calls, inside a transaction.
 *
 * Failures leave their detail in ms_store_err; what is known of the front stays true. */
#ifndef MS_STORE_FRONT_H
#define MS_STORE_FRONT_H

#include "store/lane.h"
#include "store/waiting.h"
#include "store/work.h"

/* As many works of a lane are read at once, at least and at most. */
#define MS_FRONT_FIRST 2
#define MS_FRONT_MOST 64

/* Finds the head, if it is not known. */
ms_status ms_front_find(struct ms_store *store, ms_lane *lane);
/* The work at the head, of which the front must know; up to most works are read, of which few are
 * used up at first and more each time. NULL if nothing waits there after all: then the head is
 * where the next one waits. */
ms_status ms_front_read(struct ms_store *store, ms_lane *lane, size_t most, const ms_work **work);
/* The work at the head was claimed or passed over: what comes behind it is the head. Where that has
 * not been read, up to most works are, with one look instead of two; 0 if none of them is wanted.
 */
ms_status ms_front_pass(struct ms_store *store, ms_lane *lane, size_t most);
/* At least so many works are about to be used: if fewer are at hand, up to most are read. */
ms_status ms_front_top_up(struct ms_store *store, ms_lane *lane, size_t wanted, size_t most);
/* Lets go of works that are used up, or too large to be kept until they are claimed. */
void ms_front_rest(ms_lane *lane);

/* For the store: a work has come to wait; one has left by another way than past the head; what was
 * read may have changed; nothing is known any more. */
void ms_front_join(ms_lane *lane, ms_spot spot);
void ms_front_leave(ms_lane *lane, int64_t id);
void ms_front_drop(ms_lane *lane);
void ms_front_forget(ms_lane *lane);
void ms_front_deinit(ms_lane *lane);

#endif
