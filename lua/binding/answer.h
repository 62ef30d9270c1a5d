/* What a call answers in Lua when the core could not do it.
 *
 * Nothing is owned.
 *
 * The thread that holds the Lua state.
 *
 * What the world caused is returned as nil, a message and a code word; misuse and memory errors
 * raise. */
#ifndef MS_BINDING_ANSWER_H
#define MS_BINDING_ANSWER_H

#include "base/status.h"
#include "binding/compat.h"

/* Pushes nil, message, code and returns 3, or raises at the level of the Lua code that called;
 * status is not MS_OK. Callers write `return ms_answer(…)`. */
int ms_answer(lua_State *L, ms_status status, const ms_err *err);

#endif
