/* Managers of tests: the virtual clock, moved and asked by moonshift.testing.
 *
 * Nothing is owned.
 *
 * The host's thread.
 *
 * Misuse raises; what the world causes is answered with nil, a message and a code. */
#ifndef MS_BINDING_STEP_H
#define MS_BINDING_STEP_H

#include "binding/manager.h"

/* Times are milliseconds.
 *
 * step_now(manager) → the clock. step_next(manager) → the next moment, or nil.
 * step_clock(manager, now): the clock alone. step_to(manager, now): and what that time brings.
 * step_claim(manager) → work, or nil. step_meet(manager, id, kind). step_stop(manager, id, reason).
 * crash(manager). */
extern const ms_method ms_step_primitives[];

#endif
