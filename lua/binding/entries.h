/* Worker tables: which function a worker's name stands for.
 *
 * Entries are a Lua table, name → function, or name → { run, on_stop, timeout in milliseconds } for
 * workers that are more than a function. Merger functions are entries like any other.
 *
 * The thread that holds the Lua state.
 *
 * What is wrong with a table of workers raises, with a path from the root that the caller names:
 * `options.workers.upload.timeout: …`. Finding does not raise. */
#ifndef MS_BINDING_ENTRIES_H
#define MS_BINDING_ENTRIES_H

#include "base/buf.h"
#include "binding/check.h"

/* Pushes an empty table of entries. */
void ms_entries_push(lua_State *L);
/* Checks the table of workers at index table and adds it. A name that is there already raises. */
void ms_entries_add(lua_State *L, int entries, int table, const ms_path *path);
/* Pushes the worker's function and its on_stop (or nil). Without that name: false, pushes
 * nothing. */
bool ms_entries_find(lua_State *L, int entries, ms_text name);
/* Pushes the function of that name; false, and nothing, if there is no plain function. */
bool ms_entries_find_merger(lua_State *L, int entries, ms_text name);
/* The timeout in the entry at that index; 0 = none. */
int64_t ms_entries_timeout_ms(lua_State *L, int entry);
/* Appends for each worker its name, NUL, its timeout in decimal milliseconds (0 = none), NUL.
 * False when memory is out. */
bool ms_entries_list(lua_State *L, int entries, ms_buf *names);

#endif
