/* Other processes on the same store: who is alive, and how they hear of each other.
 *
 * An ms_peers belongs to its engine. Beside a database file lies a lock file; each process holds a
 * lock on the byte of its number for as long as it lives, and the kernel drops it at its death.
 * Everybody watches the file: the kernel tells when it closes that of a process that ended. Each
 * process also has a door, a datagram socket in the kernel's own namespace, at which others knock.
 * Who cannot be reached there (in a container with a network of its own) is nudged by a write to
 * the lock file, which all hear, the writer too. For a store on a server all this is asked of the
 * server.
 *
 * The functions belong to whoever holds the engine, but for ms_peers_drain and
 * ms_peers_answer, which belong to the thread that polls the descriptors.
 *
 * Only opening can fail. Without a watch (inotify's instances are used up) nobody is told of the
 * end of others, so the engine looks from time to time. */
#ifndef MS_ENGINE_PEERS_H
#define MS_ENGINE_PEERS_H

#include "engine/server.h"

typedef struct ms_peers {
  ms_server *server; /* NULL = the lock file knows */
  int lock_fd;       /* −1 = not open */
  int watch_fd;      /* −1 = none */
  int door_fd;       /* −1 = none */
  int64_t door;      /* its number, 0 = none */
} ms_peers;

void ms_peers_init(ms_peers *peers);
ms_status ms_peers_open(ms_peers *peers, const char *database, ms_err *err);
/* The same for a store on a server. */
ms_status ms_peers_reach(ms_peers *peers, const char *url, struct ms_store *store, ms_err *err);
void ms_peers_close(ms_peers *peers);
/* A thread that was given up may still run a work: whatever says that this process lives stays
 * until it ends. */
void ms_peers_outlive(ms_peers *peers);
/* Takes the byte of that number; BUSY if another process holds it. */
ms_status ms_peers_join(ms_peers *peers, int64_t owner, ms_err *err);
/* Does another process hold the byte of that number? Asking a server takes a transaction. */
bool ms_peers_alive(const ms_peers *peers, int64_t owner);
/* One checkpointer at a time, in all processes: false when another one is at it. */
bool ms_peers_lock_checkpoint(ms_peers *peers);
void ms_peers_unlock_checkpoint(ms_peers *peers);
/* Wakes the one with that door; false if it cannot be reached there. */
bool ms_peers_knock(ms_peers *peers, int64_t door);
/* Empties the door. */
void ms_peers_answer(ms_peers *peers);
/* Wakes all. */
void ms_peers_nudge(ms_peers *peers);
/* The connection to the server was lost meanwhile, and the others may have taken this process for
 * dead; until somebody says that this is settled. */
bool ms_peers_renewed(const ms_peers *peers);
void ms_peers_settled(ms_peers *peers);
/* Whether any process runs anything, so that it matters who dies. */
void ms_peers_watch(ms_peers *peers, bool busy);
typedef enum ms_heard {
  MS_HEARD_NOTHING,
  MS_HEARD_NUDGE,
  MS_HEARD_END /* a process closed the file, as one does that ends */
} ms_heard;
/* Empties the watch. */
ms_heard ms_peers_drain(ms_peers *peers);

#endif
