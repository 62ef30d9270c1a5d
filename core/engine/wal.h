/* The write-ahead log, watched for rows that other programs leave in moonshift_inbox.
 *
 * An ms_wal belongs to its engine. It knows the log by its path and never opens it: closing a
 * second descriptor of it would drop SQLite's locks.
 *
 * The thread that runs the engine's loop calls; ms_wal_look needs the engine besides.
 *
 * Nothing here fails for good: without a watch the next turn sees what others have left.
 *
 * The log is written before the commit can be seen, and by our own commits as well. So the watch
 * fires once and then rests, which keeps it from costing each of our commits something. What tells
 * is a look at the store, repeated for as long as another connection holds the write lock. After
 * its rest the watch is set again, there is one look more, and all sleeps. */
#ifndef MS_ENGINE_WAL_H
#define MS_ENGINE_WAL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct ms_engine;

typedef struct ms_wal {
  int fd;           /* −1 = no watch */
  char *path;       /* of the log */
  bool armed;       /* the next write to the log is an event */
  bool writing;     /* at the last look another connection held the write lock */
  int64_t pause_ms; /* until the next look then */
  uv_poll_t poll;
  uv_timer_t timer;
} ms_wal;

void ms_wal_init(ms_wal *wal);
/* The log of the database is there. */
void ms_wal_open(ms_wal *wal, const char *database);
/* Adds the watch to the engine's loop; 0 or libuv's error. */
int ms_wal_start(struct ms_engine *engine);
/* Takes it out again. */
void ms_wal_stop(struct ms_engine *engine);
void ms_wal_close(ms_wal *wal);
/* Asks for a turn if there is a row to take in. */
void ms_wal_look(struct ms_engine *engine);

#endif
