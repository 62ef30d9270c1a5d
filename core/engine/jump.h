/* The engine's clock, and what moves when the wall clock is set.
 *
 * The clock is the steady one and an offset, which the engine holds; moments in the store and in
 * runs are moved with it.
 *
 * Whoever turns calls, or who opens the engine, but for what says otherwise.
 *
 * Failures leave their detail in the store's err, and the next turn tries again. */
#ifndef MS_ENGINE_JUMP_H
#define MS_ENGINE_JUMP_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct ms_engine;

/* Sets the engine's clock by the wall clock. */
void ms_jump_init(struct ms_engine *engine);
/* At the begin of a turn: was the clock set? Before the engine has joined: was it, or has the
 * system started, since the store was last open? */
ms_status ms_jump_check(struct ms_engine *engine);
/* A descriptor that is readable when the clock was set, −1 if there is none; and its emptying. */
int ms_jump_watch(void);
void ms_jump_drain(int file);

#endif
