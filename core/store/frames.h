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
 * written. Writes that are no frames go through as they come. */
#ifndef MS_STORE_FRAMES_H
#define MS_STORE_FRAMES_H

#include "base/status.h"

#include <sqlite3.h>

typedef struct ms_frames ms_frames;

/* Puts itself before the log of the connection; *frames stays NULL where it keeps none. */
ms_status ms_frames_open(sqlite3 *handle, ms_frames **frames, ms_err *err);
/* After the connection was closed, and its log with it. */
void ms_frames_free(ms_frames *frames);

#endif
