/* Retention: how finished works are deleted, by age or when somebody asks for it.
 *
 * Nothing is kept here: the store knows when each work finished.
 *
 * Whoever turns calls.
 *
 * Failures leave their detail in the store's err, and fail the turn. */
#ifndef MS_ENGINE_RETENTION_H
#define MS_ENGINE_RETENTION_H

#include "base/status.h"

struct ms_engine;

/* Deletes some of the works that have outlived their retention; time asks for a turn when the next
 * ones have. */
ms_status ms_retention_sweep(struct ms_engine *engine);

#endif
