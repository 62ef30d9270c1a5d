/* Orphans: works whose process has ended while they ran.
 *
 * Which other processes there are is kept in the engine.
 *
 * Whoever turns calls.
 *
 * Failures leave their detail in the store's err, and fail the turn: the next one looks again. */
#ifndef MS_ENGINE_ORPHANS_H
#define MS_ENGINE_ORPHANS_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct ms_engine;

/* Works of processes that are not alive any more are enqueued again, and what is known of the
 * others is brought up to date. */
ms_status ms_orphans_settle(struct ms_engine *engine);
bool ms_owner_alive(const struct ms_engine *engine, int64_t owner);

#endif
