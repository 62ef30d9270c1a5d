/* The front of a lane: the first works that wait in it, as far as they are known. It tells where a
 * work stands and how it is read, and nothing of the work itself.
 *
 * It belongs to its lane. What is known is what the store holds, from the last work that was passed
 * on; works that were passed over count as not there until the fronts are forgotten.
 *
 * The thread that holds the store calls, inside a transaction.
 *
 * Failures leave their detail in ms_store_err; what is known of the front stays true. */
#ifndef MS_STORE_FRONT_H
#define MS_STORE_FRONT_H

#include "store/lane.h"
#include "store/waiting.h"

/* So many works of a lane are read at once at first, and known at most. */
#define MS_FRONT_FIRST 2
#define MS_FRONT_MOST 64

/* Finds the head, if it is not known: up to most works are read, of which few are used up at first
 * and more each time. */
ms_status ms_front_find(struct ms_store *store, ms_lane *lane, size_t most);
/* At least so many works are about to be used: if fewer are known, up to most more are read. */
ms_status ms_front_top_up(struct ms_store *store, ms_lane *lane, size_t wanted, size_t most);
/* The work at the head was found; MS_NEVER if none waits. */
ms_spot ms_front_head(const ms_lane *lane);
/* The head is claimed or passed over: what comes behind it, which must be found, is the head. */
ms_waiting ms_front_pass(ms_lane *lane);
/* Nothing waits here, as far as is known. */
bool ms_front_is_empty(const ms_lane *lane);

/* For the store: the lane is new; a work has come to wait; one has left by another way than past
 * the head; nothing is known any more. */
void ms_front_begin(ms_lane *lane);
void ms_front_join(ms_lane *lane, ms_waiting waiting);
void ms_front_leave(ms_lane *lane, int64_t id);
void ms_front_forget(ms_lane *lane);
void ms_front_deinit(ms_lane *lane);

#endif
