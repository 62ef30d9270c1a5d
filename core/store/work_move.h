/* Works on the move: the one place through which they come into the store, change their state, and
 * leave it.
 *
 * The works and tags that are given are the caller's.
 *
 * The thread that holds the store calls, inside a transaction.
 *
 * Failures leave their detail in ms_store_err. A move that the store's rows contradict is CORRUPT
 * and names the work. */
#ifndef MS_STORE_WORK_MOVE_H
#define MS_STORE_WORK_MOVE_H

#include "store/work.h"

/* Nothing is to be known of the work beyond its plain columns. */
bool ms_work_is_plain(const ms_work *work);

/* Decides which rows say what state a new work is in; before it is stored. */
void ms_work_bear(ms_work *work);
/* Stores a new work in its state: blocked, failed or cancelled; or enqueued, but for its place. */
ms_status ms_work_insert(struct ms_store *store, const ms_work *work, const ms_text *tags,
                         size_t tag_count);
/* Replaces the spec of a stored work, its tags included; a waiting one changes its place. */
ms_status ms_work_replace(struct ms_store *store, const ms_work *before, const ms_work *after,
                          const ms_text *tags, size_t tag_count);
/* Moves a work from before->state to after->state and writes what else differs. ended: its run, if
 * it was running, is over; else the run stays in its claim as a void one. */
ms_status ms_work_move(struct ms_store *store, const ms_work *before, const ms_work *after,
                       bool ended);
/* Writes the life row of a work that stays in its state and place. */
ms_status ms_work_write_life(struct ms_store *store, const ms_work *work);
/* The work's name no longer leads to it. */
ms_status ms_work_drop_name(struct ms_store *store, int64_t id, ms_text name);
/* Removes a finished work and everything about it. */
ms_status ms_work_delete(struct ms_store *store, const ms_work *work);

ms_status ms_progress_write(struct ms_store *store, int64_t id, ms_text data);
ms_status ms_progress_clear(struct ms_store *store, int64_t id);

#endif
