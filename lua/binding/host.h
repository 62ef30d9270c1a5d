/* What the host's own loop needs of a manager: its runs, its trouble, when to look, and signals.
 *
 * A run belongs to its work object between take_run and give_back.
 *
 * The host's thread.
 *
 * Misuse raises; what the world causes is answered with nil, a message and a code. */
#ifndef MS_BINDING_HOST_H
#define MS_BINDING_HOST_H

#include "binding/manager.h"

/* pollfd, getfd, events. */
extern const ms_method ms_host_methods[];

/* Times are milliseconds.
 *
 * blank(manager) → a work without a run. take_run(manager, work) → whether it has one now.
 * give_back(manager, work): its run has ended; without a result memory was missing.
 * next_trouble(manager) → { kind, message, id, worker }, or nothing; it stays the next until
 * drop_trouble(manager).
 * clear(manager): empties the descriptor. wake(manager).
 * changes(manager) → a number. wait(manager, seen [, timeout]).
 * idle(manager), done(manager) → boolean.
 * drain(manager): no more claims; what runs is told to stop.
 * shut(manager [, grace]): closes; works that still run are given up. */
extern const ms_method ms_host_primitives[];

/* Parts the works that stand as keys in the state's table `active` from their runs. */
void ms_host_give_up(lua_State *L, int manager);

/* Sets in the table on top of the stack: stopped(active) → a list of its works that are told to
 * stop, or nil; report(event): writes trouble to stderr; steady() → milliseconds; signals_begin
 * (manager), signals_caught(manager), signals_end(manager). */
void ms_host_register(lua_State *L);

#endif
