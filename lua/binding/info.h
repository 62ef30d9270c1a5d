/* What is known about a work, as a Lua table.
 *
 * Nothing is owned; texts are copied into Lua.
 *
 * The thread that holds the Lua state.
 *
 * A text of the store that does not parse is CORRUPT and pushes nothing. */
#ifndef MS_BINDING_INFO_H
#define MS_BINDING_INFO_H

#include "base/arena.h"
#include "binding/compat.h"
#include "model/work.h"

/* Pushes one info. The arena takes what is needed in between. */
ms_status ms_info_push(lua_State *L, const ms_info *info, ms_arena *arena, ms_err *err);
/* Pushes a list of infos. */
ms_status ms_info_push_list(lua_State *L, const ms_info *infos, size_t count, ms_arena *arena,
                            ms_err *err);
/* Pushes seconds since the epoch, or nil for MS_NEVER. */
void ms_info_push_time(lua_State *L, int64_t at_ms);

#endif
