/* The lookout: watches files for the works that wait for them and that can run here.
 *
 * It belongs to the engine, made when there is something to watch. It changes nothing by itself:
 * what it sees it tells in a call, as any caller would.
 *
 * The engine's thread calls, but for what says otherwise.
 *
 * What cannot be watched or read is reported as trouble and looked at again after a while. */
#ifndef MS_ENGINE_LOOKOUT_H
#define MS_ENGINE_LOOKOUT_H

#include <stdint.h>

struct ms_engine;
struct ms_lookout;

/* Takes in the news that waits. */
void ms_lookout_serve(struct ms_engine *engine);
/* When the changes that it has noticed at a work's files settle; MS_NEVER = none. Any thread. */
int64_t ms_lookout_settles_at(struct ms_engine *engine, int64_t id);
/* Ends all watching; the loop runs until it has ended. */
void ms_lookout_close(struct ms_engine *engine);
/* When the loop has ended. */
void ms_lookout_free(struct ms_lookout *lookout);

#endif
