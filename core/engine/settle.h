/* What becomes of a work after a result, a stop, a deadline, and of those that depend on it.
 *
 * Runs stay the caller's; works that are given are changed only where that is said.
 *
 * Whoever turns calls.
 *
 * Failures leave their detail in the store's err, and fail the turn. */
#ifndef MS_ENGINE_SETTLE_H
#define MS_ENGINE_SETTLE_H

#include "execute/runner.h"
#include "store/work.h"

struct ms_engine;

/* A run has returned. What it returns counts only while its claim stands; a void one just ends. */
ms_status ms_settle_result(struct ms_engine *engine, ms_run *run);
/* Stops a live run for a reason that gives the attempt back, or "timeout" or "crashed". ended: the
 * run is over already. */
ms_status ms_settle_stop(struct ms_engine *engine, int64_t id, const char *reason, bool ended);
/* The end of a void run: what waited for it may start. */
ms_status ms_settle_void(struct ms_engine *engine, int64_t id);
/* An un-begun run is given back as if it had never been claimed. */
ms_status ms_settle_return(struct ms_engine *engine, ms_run *run);
/* Unfinished work that is not running and whose deadline has passed fails. */
ms_status ms_settle_deadline(struct ms_engine *engine, int64_t id);
/* Cancels one unfinished work, without its dependents. */
ms_status ms_settle_cancel(struct ms_engine *engine, int64_t id, const char *reason,
                           bool *cancelled);
/* Work that is not running, with a calendar that cannot be read any more, fails. */
ms_status ms_settle_unreadable(struct ms_engine *engine, const ms_work *before);
/* Puts a work that is in no place into the state that its prerequisites allow. */
ms_status ms_settle_standing(struct ms_engine *engine, ms_arena *arena, ms_work *work);
/* The work has just reached a finished state. */
ms_status ms_settle_finished(struct ms_engine *engine, const ms_work *work);

#endif
