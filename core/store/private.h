/* What the files of this folder know of the store besides store.h. */
#ifndef MS_STORE_PRIVATE_H
#define MS_STORE_PRIVATE_H

#include "base/arena.h"
#include "store/board.h"
#include "store/claim.h"
#include "store/lane.h"
#include "store/queue.h"
#include "store/rows.h"
#include "store/source.h"
#include "store/sql.h"
#include "store/store.h"

/* A power of two well above the number of statements in this folder. */
#define MS_STATEMENTS_MAX 512

/* The first moment in a table, so that nobody looks for what is not there. A row that joins can
 * only bring it forward; with one that leaves it may be unknown. */
typedef struct ms_first {
  bool known;
  int64_t at_ms; /* MS_NEVER = no row */
} ms_first;

static inline void ms_first_join(ms_first *first, int64_t at_ms) {
  if (at_ms < first->at_ms) first->at_ms = at_ms;
}

static inline void ms_first_leave(ms_first *first, int64_t at_ms) {
  if (at_ms <= first->at_ms) first->known = false;
}

/* What a plain work has more of than its id; see ms_work_read_plain. */
#define MS_PLAIN_COLUMNS                                                                           \
  "w.lane, w.enqueued_at, w.input, w.tags, w.name, w.delay, w.max_attempts, w.timeout, w.trace"

#define MS_PLAIN_COUNT 9

/* What ms_waiting says of the works that wait: how a claim reads them. */
typedef enum ms_reading_of {
  MS_READ_PLAIN = 0, /* by the plain columns, all else is absent */
  MS_READ_WHOLE = 1, /* whole, one by one */
  MS_READ_FREED = 2  /* by the plain columns and the output of the one work it waited for */
} ms_reading_of;

struct ms_store {
  const ms_driver *driver;
  void *connection; /* the driver's */
  ms_board *board;  /* NULL = nobody shares the store, or its writers need no line */
  ms_err err;
  bool in_memory;
  int64_t data_version;
  bool knows_ids;     /* the two that follow have been read */
  int64_t last_id;    /* the highest ever given out */
  int64_t deleted_id; /* ids up to this one are remembered by a row of their own */
  int64_t last_batch;
  int64_t owner; /* the process that joined last through this store; 0 = none yet */
  int64_t notes; /* that it has made */
  bool knows_passed_over;
  int64_t passed_over; /* not 0: retention has left works alone that others still needed */
  ms_lanes lanes;
  ms_claims claims;
  ms_queues queues;
  ms_sources sources;
  ms_rows rows[MS_ROWS_KINDS];
  ms_first deadline;
  ms_first finish;
  ms_statement statements[MS_STATEMENTS_MAX];
};

/* The statement in the dialect of the store. */
static inline const char *ms_sql_in(const ms_store *store, const ms_dialects *dialects) {
  return store->driver->is_server ? dialects->postgres : dialects->sqlite;
}

#endif
