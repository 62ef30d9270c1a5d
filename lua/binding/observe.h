/* Observing: `manager:observe` and the subscription that it answers.
 *
 * An observation lasts until its subscription or its manager is closed, also if nobody keeps the
 * subscription. The callback stands in the manager's state, under the observer's number.
 *
 * The host's thread.
 *
 * Misuse raises; what the world causes is answered with nil, a message and a code. */
#ifndef MS_BINDING_OBSERVE_H
#define MS_BINDING_OBSERVE_H

#include "binding/manager.h"

#define MS_SUBSCRIPTION_METATABLE "moonshift.subscription"

extern const ms_method ms_observe_methods[];

/* take_event(manager) → callback, event, or nothing. */
extern const ms_method ms_observe_primitives[];

/* Makes the metatable of subscriptions. */
void ms_observe_register(lua_State *L);

#endif
