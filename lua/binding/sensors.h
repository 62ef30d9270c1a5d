/* The option `sensors` of moonshift.open: what sensors are told, or that there are none.
 *
 * Texts point into the Lua strings of the options, which must stay on the stack.
 *
 * The thread that holds the Lua state.
 *
 * Everything wrong raises with the path of the field. */
#ifndef MS_BINDING_SENSORS_H
#define MS_BINDING_SENSORS_H

#include "binding/check.h"
#include "moonshift.h"

/* Reads the value at index over the defaults in options. */
void ms_sensors_read(lua_State *L, int index, const ms_path *path, ms_sensor_options *options);

#endif
