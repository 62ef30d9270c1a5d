/* Posts: one for each work whose files the lookout watches.
 *
 * The lookout owns the ms_posts, and with it all posts; their timers and watches stand in the
 * engine's loop, which outlives them.
 *
 * The engine's thread calls, but for what says otherwise. The engine's mutex guards the map of
 * posts and when each of them settles.
 *
 * What cannot be watched or read is reported as trouble and looked at again after a while. */
#ifndef MS_ENGINE_POST_H
#define MS_ENGINE_POST_H

#include "base/list.h"
#include "base/map.h"
#include "base/status.h"
#include "base/text.h"

struct ms_engine;

typedef struct ms_posts {
  struct ms_engine *engine;
  ms_map by_id;
  ms_link waiting; /* posts to look at */
  int looking;
} ms_posts;

/* The struct is zeroed. */
void ms_posts_init(ms_posts *posts, struct ms_engine *engine);
/* When the loop has ended. */
void ms_posts_deinit(ms_posts *posts);
/* Watches the files of a work, which spec names as canonical constraints; other files, or other
 * times, make another post. False, with the reason in err, when that cannot be. */
bool ms_posts_put(ms_posts *posts, int64_t id, ms_text spec, ms_err *err);
/* The work waits for files no more. */
void ms_posts_end(ms_posts *posts, int64_t id);
/* With the mutex held, on any thread: when the changes that were noticed at a work's files settle;
 * MS_NEVER = none. */
int64_t ms_posts_settle_at(const ms_posts *posts, int64_t id);
/* Ends all of them, while no look is under way; the loop runs until that is done. */
void ms_posts_close(ms_posts *posts);

#endif
