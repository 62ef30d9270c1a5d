/* Hearing: which of the other processes a commit concerns, and what this one wants to hear of.
 *
 * What each process wants stands on the board; without one, all are told of everything.
 *
 * Whoever turns calls, but for what says otherwise.
 *
 * Failures leave their detail in the store's err. */
#ifndef MS_ENGINE_HEARING_H
#define MS_ENGINE_HEARING_H

#include "engine/engine.h"

/* Of a turn. */
void ms_hearing_begin(ms_engine *engine);
/* A work changes in this turn. */
void ms_hearing_note(ms_engine *engine, ms_event_type type);
/* A run has ended, and with it what its queue had no place for may start. */
void ms_hearing_opened(ms_engine *engine);
/* Before the commit: what this process wants to hear of from now on. */
ms_status ms_hearing_write(ms_engine *engine);
/* A turn failed: whatever it was about must still be heard of. */
void ms_hearing_failed(ms_engine *engine);
/* Whether another process has nothing to do, as far as this one knows. */
bool ms_hearing_others_want_work(const ms_engine *engine);
/* After the commit: knocks at the doors of those who want to hear of it. */
void ms_hearing_publish(ms_engine *engine);
/* With the mutex held: the host will look at the store and then wait for such a change. */
void ms_hearing_heed(ms_engine *engine, ms_heed heed);
/* With the mutex held: nobody is to hear of changes while something runs here. */
bool ms_hearing_rests(const ms_engine *engine);
/* With the mutex held: there was a change; true if it may be what the host waits for. */
bool ms_hearing_heard(ms_engine *engine);

#endif
