/* Claims beyond the threads that are free: how many, and what of them goes back.
 *
 * What was claimed ahead belongs to the executor or to the host until it begins or is taken back.
 *
 * Whoever turns calls.
 *
 * Failures leave their detail in the store's err, and fail the turn. */
#ifndef MS_ENGINE_AHEAD_H
#define MS_ENGINE_AHEAD_H

#include "base/status.h"
#include "execute/runner.h"

struct ms_engine;

/* What was claimed ahead and has not begun so long after it was handed over may begin elsewhere. */
#define MS_AHEAD_PATIENCE_MS 20
/* So many lanes that have works that are due are many. */
#define MS_AHEAD_MANY_LANES 32
/* A run has ended: how long it took tells whether to claim ahead. */
void ms_ahead_note_length(struct ms_engine *engine, ms_run *run);
/* How many works to claim that no thread is free for. */
size_t ms_ahead_room(struct ms_engine *engine);
/* So many lanes could give works: where they are many, turns are longer and look at more pages,
 * until none has anything left. */
ms_status ms_ahead_note_lanes(struct ms_engine *engine, size_t due);
/* While no thread is free: does each of them run what takes long, or is not known to be quick? So
 * many more of these are about to begin. */
bool ms_ahead_is_blocked(struct ms_engine *engine, int beginning);
/* How much to claim for a host that asks. */
size_t ms_ahead_host_room(struct ms_engine *engine);
/* Gives back what has waited for too long, before anything is claimed. */
ms_status ms_ahead_take_back(struct ms_engine *engine);

#endif
