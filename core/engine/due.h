/* When a work is due, from the moments that it keeps.
 *
 * Nothing is kept here but the state of the dice for jitter, which is the engine's.
 *
 * Whoever turns calls.
 *
 * A calendar that cannot be read, in a row that somebody altered or without its zone, is CORRUPT
 * and names the work; the detail is in the store's err. */
#ifndef MS_ENGINE_DUE_H
#define MS_ENGINE_DUE_H

#include "store/work.h"

struct ms_engine;

/* When time lets the work run: a wish comes before the backoff between attempts, and that before
 * its period, its calendar or its delay. */
ms_status ms_due_by_time(struct ms_engine *engine, const ms_work *work, int64_t *due_at_ms);
/* When the work is due: not before its files, if it has any, have changed and settled. */
ms_status ms_due_at(struct ms_engine *engine, const ms_work *work, int64_t *due_at_ms);
/* Sets when it is due; a calendar that cannot be read leaves that as it is, and is told. */
ms_status ms_due_anew(struct ms_engine *engine, ms_work *work);
/* What the work waits for while time does not let it run: "backoff" "period" "delay". */
const char *ms_due_kind(const ms_work *work);
/* Has it never run, and does its delay, or the time it was given, end after the moment? */
bool ms_due_starts_after(const ms_work *work, int64_t moment_ms);

#endif
