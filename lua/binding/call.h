/* Calling a worker: from a run to a function with its arguments, and from what the function
 * returned or raised to the run's result.
 *
 * Results are written into the run, which owns them; texts are copied.
 *
 * The thread that runs the work, on a Lua stack without Lua functions below: messages about what
 * a worker returned have no place in its code to name.
 *
 * Whatever is wrong raises: the caller calls protected, with ms_call_traceback, and gives the
 * error to ms_call_read_error, which makes it the run's failure. */
#ifndef MS_BINDING_CALL_H
#define MS_BINDING_CALL_H

#include "binding/work.h"

/* Pushes the worker's function, its input and, from index work, the work object, which learns of
 * on_stop. */
void ms_call_prepare(lua_State *L, ms_run *run, int entries, int work);
/* Reads the count values from index first on that a worker returned: outcome, output,
 * retry_after_ms. */
void ms_call_read_result(lua_State *L, int first, int count, ms_run *run);

/* A message handler for lua_pcall: turns any error value into text, with a traceback if there are
 * Lua functions on the stack. */
int ms_call_traceback(lua_State *L);
/* The same for a coroutine that has raised: the value is on top of thread, the text goes to L. */
void ms_call_push_error(lua_State *L, lua_State *thread);
/* The run failed, with that text. */
void ms_call_fail(ms_run *run, ms_text text);
/* The run failed with the text on top of the stack; never raises. */
void ms_call_read_error(lua_State *L, ms_run *run);

#endif
