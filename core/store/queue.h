/* Queues that have settings: how many may run, how often they start, whether they are paused.
 *
 * The store owns what stands in memory; pointers stay valid until the end of the transaction.
 *
 * The thread that holds the store calls.
 *
 * Failures leave their detail in ms_store_err. */
#ifndef MS_STORE_QUEUE_H
#define MS_STORE_QUEUE_H

#include "base/status.h"
#include "base/text.h"

#include <stdint.h>

struct ms_store;

typedef struct ms_queue {
  ms_text name;
  int64_t limit; /* 0 = unlimited */
  int64_t rate;  /* starts per window, 0 = unlimited */
  int64_t rate_window_ms;
  bool paused;
} ms_queue;

typedef struct ms_queues {
  ms_queue *items; /* sorted, so that names are found among thousands */
  size_t count;
  size_t capacity;
  bool altered; /* by another process, since somebody asked */
} ms_queues;

/* The settings of a queue, or NULL when it has none. */
const ms_queue *ms_queue_find(const struct ms_store *store, ms_text name);
const ms_queues *ms_queues_all(const struct ms_store *store);
ms_status ms_queue_write(struct ms_store *store, const ms_queue *queue);

/* The starts of a rated queue that count at one moment. */
typedef struct ms_starts {
  bool known;
  bool noted;    /* a start of this moment, and those that left the window are forgotten */
  int64_t first; /* numbers; first is last + 1 if none counts */
  int64_t last;
  int64_t last_at_ms;
  int64_t room;       /* how many may start now */
  int64_t room_at_ms; /* when the next may, if none may now */
} ms_starts;

ms_status ms_queue_read_starts(struct ms_store *store, const ms_queue *queue, int64_t now_ms,
                               ms_starts *starts);
/* Notes a start at that moment, or that of the last, whichever is later: it becomes the last. */
ms_status ms_queue_note_start(struct ms_store *store, const ms_queue *queue, int64_t at_ms,
                              ms_starts *starts);
/* A start, and what was numbered after it, counts from that moment at the earliest. */
ms_status ms_queue_delay_start(struct ms_store *store, ms_text queue, int64_t number,
                               int64_t at_ms);
/* A start that never happened. */
ms_status ms_queue_forget_start(struct ms_store *store, ms_text queue, int64_t number);

/* Whether another process has changed settings. Asked once. */
bool ms_queues_take_altered(struct ms_store *store);

/* For the store. */
ms_status ms_queues_load(struct ms_store *store);
void ms_queues_deinit(ms_queues *queues);

#endif
