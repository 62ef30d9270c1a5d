/* A descriptor by which the system tells that something has changed.
 *
 * A watch owns its descriptor, and belongs to whoever opened it. Its memory goes when the loop has
 * run once more after the close.
 *
 * The loop's thread.
 *
 * Opening fails with NULL, and the descriptor is closed. However much the system has to tell, the
 * watch speaks at most ten times a second: of the first news at once, and once more after the last,
 * because some news come a moment before what they tell of. */
#ifndef MS_SENSE_WATCH_H
#define MS_SENSE_WATCH_H

#include <stdbool.h>
#include <uv.h>

#define MS_WATCH_PAUSE_MS 100

typedef struct ms_watch ms_watch;

/* The end of the descriptor, too, is news. */
typedef enum ms_news { MS_NEWS_NONE, MS_NEWS_SOME, MS_NEWS_END } ms_news;

/* drain empties the descriptor and says what that brought. */
ms_watch *ms_watch_open(uv_loop_t *loop, int fd, ms_news (*drain)(int fd),
                        void (*hear)(void *context), void *context);
/* The system will not tell anything any more. */
bool ms_watch_ended(const ms_watch *watch);
void ms_watch_close(ms_watch *watch);

#endif
