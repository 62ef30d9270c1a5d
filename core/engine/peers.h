/* Other processes on the same store: who is alive, and how they hear of each other.
 *
 * An ms_peers belongs to its engine. Beside the database lies a lock file; each process holds a
 * lock on the byte of its number for as long as it lives, and the kernel drops it at its death.
 * Writing to the file nudges everybody who watches it, and so does the kernel when it closes the
 * file of a process that ended.
 *
 * The functions belong to whoever holds the engine, but for ms_peers_drain, which belongs to the
 * thread that polls the descriptor.
 *
 * Only opening can fail. Without a watch (a file system that has none) processes notice each other
 * when they next turn. */
#ifndef MS_ENGINE_PEERS_H
#define MS_ENGINE_PEERS_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ms_peers {
  int lock_fd;  /* −1 = not open */
  int watch_fd; /* −1 = none */
} ms_peers;

void ms_peers_init(ms_peers *peers);
ms_status ms_peers_open(ms_peers *peers, const char *database, ms_err *err);
void ms_peers_close(ms_peers *peers);
/* Takes the byte of that number. */
ms_status ms_peers_join(ms_peers *peers, int64_t owner, ms_err *err);
/* Does another process hold the byte of that number? */
bool ms_peers_alive(const ms_peers *peers, int64_t owner);
/* One checkpointer at a time, in all processes: false when another one is at it. */
bool ms_peers_lock_checkpoint(ms_peers *peers);
void ms_peers_unlock_checkpoint(ms_peers *peers);
/* Wakes the others. */
void ms_peers_nudge(ms_peers *peers);
/* Empties the watch. True if a process closed the file, as one does that ends. */
bool ms_peers_drain(ms_peers *peers);

#endif
