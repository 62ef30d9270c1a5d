/* Host runs: workers as coroutines in the caller's Lua state, stepped by Lua code.
 *
 * The work object stands for the run. A trial is a work object with a run of its own, for trying a
 * worker without a manager.
 *
 * The host's thread.
 *
 * Whatever a worker does wrong is the run's result; misuse of these functions raises. A worker may
 * close its own manager: then its run has ended, and step and heed return nothing. */
#ifndef MS_BINDING_DRIVE_H
#define MS_BINDING_DRIVE_H

#include "binding/work.h"

/* Sets in the table on top of the stack:
 *
 * entries(workers [, path [, entries]]) → entries: checks a table of workers and adds it to new or
 *   given entries; the path stands in messages, "options.workers" by default.
 * start(work, entries) → thread, or nothing when the run has failed already (no such worker, a
 *   merge that cannot be done). Nothing of the worker has run yet.
 * step(work, thread, …) → milliseconds if the worker sleeps, or nothing when it has ended. The
 *   first time without further values; to wake it: true, or nil and the stop reason.
 * heed(work) → the stop reason or nil; calls on_stop if that has not been done.
 * outcome(work) → "success" | "failure" | "retry" | nil, output, error, milliseconds to wait.
 * trial(fields, record) → work; fields are worker, input, attempt, tags, files; record has the
 *   lists `progress` and `log`.
 * stop_trial(work, reason), end_trial(work). */
void ms_drive_register(lua_State *L);

#endif
