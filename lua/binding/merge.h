/* A worker's input: the work's own, merged with what its prerequisites put out.
 *
 * Nothing is owned; texts belong to the run.
 *
 * The thread that runs the work.
 *
 * A merge that cannot be done raises: the caller calls protected, and the work fails. */
#ifndef MS_BINDING_MERGE_H
#define MS_BINDING_MERGE_H

#include "moonshift.h"

#include <lua.h>

/* Pushes the input; entries is the index of the table that merger functions stand in. */
void ms_merge_push_input(lua_State *L, const ms_run *run, int entries);

#endif
