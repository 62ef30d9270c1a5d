/* How SQLite's log is written: the frames of a transaction with one system call and not with two
 * for each page.
 *
 * A connection owns its frames; the file whose methods they stand before is SQLite's.
 *
 * The thread that holds the store calls.
 *
 * A frame that waits here belongs to a transaction that nobody can see, since the one that ends a
 * transaction is never held back: its write takes along whatever waits, and what fails then fails
 * that write, as it would have without us. Everything else that is asked of the file finds it
 * written. Writes that are no frames go through as they come. What waits when a transaction is
 * rolled back is never written: others may have taken its place. The connection's rollback hook
 * sees to it.
 *
 * The sync of a commit can be left to later: at the moment at which it would be done the commit
 * gets its number on the board, and nobody may be told of it before the disk has the log up to
 * there.
 *
 * After a sync that failed all others fail, also those of other processes and of checkpoints, until
 * a transaction has begun by writing the log once more. */
#ifndef MS_STORE_FRAMES_H
#define MS_STORE_FRAMES_H

#include "store/board.h"

#include <sqlite3.h>

typedef struct ms_frames ms_frames;

/* Puts itself before the log of the connection; *frames stays NULL where it keeps none. Of a
 * connection that writes nothing only syncs are of interest. */
ms_status ms_frames_open(sqlite3 *handle, bool writes, ms_frames **frames, ms_err *err);
/* Others write the log as well: what fails is their business too. */
void ms_frames_share(ms_frames *frames, ms_board *board);
/* Before a commit: whether its sync is left to later, and numbered on the board. */
void ms_frames_put_off(ms_frames *frames, bool later);
typedef enum ms_reached {
  MS_REACHED_NOTHING, /* nothing was written, or nobody syncs it */
  MS_REACHED_DISK,
  MS_REACHED_LATER /* under that number */
} ms_reached;
/* After the commit. */
ms_reached ms_frames_reached(const ms_frames *frames, uint32_t *number);
/* A sync of the database failed. */
void ms_frames_doubt(ms_frames *frames);
/* No sync counts, since one has failed. */
bool ms_frames_in_doubt(const ms_frames *frames);
/* At the beginning of a write transaction: ends the doubt. A code of SQLite's. */
int ms_frames_mend(ms_frames *frames, sqlite3 *handle);
/* After the connection was closed, and its log with it. */
void ms_frames_free(ms_frames *frames);

#endif
