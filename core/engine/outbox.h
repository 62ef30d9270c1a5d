/* The outbox: events on their way to observers, here and in other processes.
 *
 * Events belong to the turn until it is committed, then to the engine until the host takes them.
 *
 * Whoever turns calls.
 *
 * Failures leave their detail in the store's err. What others noted and does not parse is told and
 * passed over. */
#ifndef MS_ENGINE_OUTBOX_H
#define MS_ENGINE_OUTBOX_H

#include "engine/engine.h"

/* A change of one work: an event for everybody whom it concerns. */
ms_status ms_outbox_event(ms_engine *engine, ms_event_type type, int64_t id);
/* An event for one observer alone, if its selector matches the work. */
ms_status ms_outbox_add(ms_engine *engine, const ms_observer *observer, ms_event_type type,
                        int64_t id);
/* What other processes' observers must hear of, into the store; and what ours must, out of it. */
ms_status ms_outbox_write(ms_engine *engine);
ms_status ms_outbox_read(ms_engine *engine);

/* After the commit: the host may take the events, and is woken if anything concerns it. */
void ms_outbox_publish(ms_engine *engine);
/* The turn was rolled back: its events have not happened. */
void ms_outbox_drop(ms_engine *engine);

#endif
