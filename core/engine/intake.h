/* Requests that other programs left as rows of moonshift_inbox.
 *
 * The rows are the store's; what is refused is kept in the turn until it is told.
 *
 * Whoever turns calls.
 *
 * A row that is wrong is refused and harms no other. Any other failure leaves its detail in the
 * store's err and fails the turn. */
#ifndef MS_ENGINE_INTAKE_H
#define MS_ENGINE_INTAKE_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct ms_engine;

/* Makes works of them, or refuses them. */
ms_status ms_intake(struct ms_engine *engine);
/* The turn failed: for a while the next ones go without rows. */
void ms_intake_failed(struct ms_engine *engine);
/* After the commit: the host hears of what was refused. */
void ms_intake_tell(struct ms_engine *engine);
/* Whether there are any. In a read. */
ms_status ms_intake_waits(struct ms_engine *engine, bool *waits);

#endif
