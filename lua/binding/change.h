/* The manager's methods that change something: enqueue, chain, update, cancel, retry, run_now,
 * prune, pause, resume, set_queue, set_condition.
 *
 * What is read from the arguments lives in an ms_own on the stack.
 *
 * The host's thread.
 *
 * Misuse raises; what the world causes is answered with nil, a message and a code. */
#ifndef MS_BINDING_CHANGE_H
#define MS_BINDING_CHANGE_H

#include "binding/manager.h"

extern const ms_method ms_change_methods[];

#endif
