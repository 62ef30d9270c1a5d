/* Unique names: what becomes of a call whose works are to have one.
 *
 * Nothing is kept: what stands under the name is looked up in the call's own transaction.
 *
 * Whoever turns calls.
 *
 * As enqueue.h says; a policy that does not fit what stands under the name is MISUSE. */
#ifndef MS_ENGINE_UNIQUE_H
#define MS_ENGINE_UNIQUE_H

#include "engine/enqueue.h"

/* Judges the policy and does what it says: inserts, keeps, updates, appends or replaces. */
ms_status ms_unique_apply(ms_engine *engine, ms_enqueue_call *args);

#endif
