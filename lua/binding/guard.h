/* Stops reach Lua code that never asks: a hook looks after every thousand instructions.
 *
 * A guarded Lua state has the hook for good, and so have the coroutines made in it. Nothing is
 * owned: entering remembers a work object until leaving.
 *
 * Each thread has its own present work; the functions speak of the calling thread's.
 *
 * Nothing here fails. Once a run is interrupted the hook raises at every instruction, so that code
 * which catches errors is unwound as well. LuaJIT's compiled code calls no hooks: its compiler is
 * switched off in guarded states, and whoever switches it on again gives up interruption. Within
 * on_stop called by the hook LuaJIT and native code are not interrupted. */
#ifndef MS_BINDING_GUARD_H
#define MS_BINDING_GUARD_H

#include "binding/work.h"

/* Guards a state that is used for nothing but work. */
void ms_guard_install(lua_State *L);
/* Guards one coroutine of a state that others use as well; does nothing where a hook is set
 * already, or where hooks hold for the whole state (LuaJIT). */
void ms_guard_install_thread(lua_State *thread);

/* From now on this thread works on that run; returns what it worked on before, for leave. */
ms_work_object *ms_guard_enter(ms_work_object *work);
void ms_guard_leave(ms_work_object *before);

#endif
