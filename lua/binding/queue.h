/* The settings of a queue: `{ limit, rate, paused }`.
 *
 * The name in them points to a Lua string; nothing is owned.
 *
 * The thread that holds the Lua state.
 *
 * Everything wrong raises, as check.h says. */
#ifndef MS_BINDING_QUEUE_H
#define MS_BINDING_QUEUE_H

#include "binding/check.h"
#include "moonshift.h"

/* Reads everything but the name, which stays as it is. */
void ms_queue_read(lua_State *L, int index, const ms_path *path, ms_queue_settings *settings);
/* Pushes the same table. */
void ms_queue_push(lua_State *L, const ms_queue_settings *settings);

#endif
