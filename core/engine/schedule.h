/* The schedule: which works start now, which runs stop, which finished works are deleted.
 *
 * A claim's runs belong to the turn that claims them until it is committed.
 *
 * Whoever turns calls, inside a transaction.
 *
 * Failures leave their detail in the store's err, and fail the turn. */
#ifndef MS_ENGINE_SCHEDULE_H
#define MS_ENGINE_SCHEDULE_H

#include "engine/flight.h"

struct ms_engine;

/* Claims what may start, as far as there is room for it. */
ms_status ms_schedule_claim(struct ms_engine *engine);
/* Whether anything waits that could start now. */
ms_status ms_schedule_ready(struct ms_engine *engine, bool *ready);
/* Do runs go on that the work must not run beside, since it replaced them under its name? */
ms_status ms_schedule_is_behind(struct ms_engine *engine, const ms_work *work, bool *behind);
/* Does the lane have works whose constraints count as met? */
bool ms_schedule_has_met(const struct ms_engine *engine, const ms_lane *lane);

/* ---- watch.c: what has begun ---- */

/* Stops runs whose conditions are gone, whose claim is void and, if judges, whose time is over. */
ms_status ms_schedule_stop(struct ms_engine *engine, bool judges);

#endif
