/* The manager's methods that ask: find, query, count, names, tags, why, last_cancel_all, stats,
 * conditions; and what await asks again and again.
 *
 * What is read and answered lives in an ms_own on the stack until it is in Lua.
 *
 * The host's thread.
 *
 * Misuse raises; what the world causes is answered with nil, a message and a code. */
#ifndef MS_BINDING_QUERY_H
#define MS_BINDING_QUERY_H

#include "binding/manager.h"

extern const ms_method ms_query_methods[];

/* target(manager, selector) → a selector, checked and kept: misuse raises.
 * unfinished(manager, target) → whether any work of it is unfinished.
 * list(manager, target) → its works' infos in the order of ids. */
extern const ms_method ms_query_primitives[];

#endif
