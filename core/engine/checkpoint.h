/* Checkpoints: what stands in the write-ahead log is copied into the database.
 *
 * An ms_checkpoint belongs to its engine. It owns a connection of its own, made when it is first
 * needed.
 *
 * The engine's thread calls, but for ms_checkpoint_note, which belongs to whoever has turned, and
 * ms_checkpoint_is_due. The copying is an errand.
 *
 * A checkpoint that fails is reported, and tried again when the log has grown; nothing but the size
 * of the log depends on when it takes place.
 *
 * Copying, and waiting for the disk, go on beside turns. A log that has been copied as a whole is
 * begun anew by the next commit. Where commits come all the time it grows to its bound; then the
 * few pages that came last are copied while nobody turns and no process writes.
 *
 * SQLite up to 3.51.2 can lose pages if a checkpoint begins on a log that has been copied already
 * and somebody begins that log anew at the same moment. So a copy beside turns comes after a commit
 * of this process, made while no other process checkpoints: a log with a page that was not copied
 * is not begun anew. The last copy holds the right to write. */
#ifndef MS_ENGINE_CHECKPOINT_H
#define MS_ENGINE_CHECKPOINT_H

#include "base/status.h"
#include "engine/errand.h"

#include <stdbool.h>
#include <stdint.h>

struct ms_engine;
struct ms_store;

typedef struct ms_checkpoint {
  struct ms_store *store; /* the connection; NULL = not made yet */
  ms_errand errand;
  bool ends_log; /* this time the log has reached its bound */
  /* Of the copying. */
  ms_status status;
  bool whole;
  /* Guarded by the engine's mutex. */
  bool copying;
  int64_t bytes;         /* of the log, after the last commit */
  int64_t copied;        /* so many of them when the last checkpoint ended */
  int64_t tell_at_bytes; /* with so many its size is reported */
} ms_checkpoint;

/* For a log that is empty, or has been begun anew. */
void ms_checkpoint_init(ms_checkpoint *checkpoint);
/* With the mutex held: the log is so large after a commit. */
void ms_checkpoint_note(struct ms_engine *engine, int64_t bytes);
/* With the mutex held: the log has grown enough. */
bool ms_checkpoint_is_due(const struct ms_engine *engine);
/* Begins one, unless another process is at it. */
void ms_checkpoint_begin(struct ms_engine *engine);
/* When the loop has ended. */
void ms_checkpoint_close(struct ms_engine *engine);

#endif
