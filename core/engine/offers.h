/* Offers: works that become enqueued in a turn, are due at once and wait nowhere yet.
 *
 * The turn owns them, with copies of their texts, until they are claimed or placed.
 *
 * Whoever turns calls.
 *
 * Failures leave their detail in the store's err, and fail the turn. */
#ifndef MS_ENGINE_OFFERS_H
#define MS_ENGINE_OFFERS_H

#include "store/work.h"

struct ms_engine;

/* Whether a work that becomes enqueued may be offered, in place of being given a place. */
bool ms_offers_may(const struct ms_engine *engine, const ms_work *work);
ms_status ms_offers_add(struct ms_engine *engine, const ms_work *work);
/* After the claims, or before somebody looks for works: those not taken go to their places. */
ms_status ms_offers_place(struct ms_engine *engine);
void ms_offers_clear(struct ms_engine *engine);
void ms_offers_free(struct ms_engine *engine);

#endif
