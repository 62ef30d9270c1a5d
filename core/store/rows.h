/* The rows that every work brings with it, gathered: many are inserted by one statement. Those that
 * come in another order than they will stand in wait for more, so that a page is looked for once.
 *
 * A row that was added is written at the latest before any statement runs that is not one of
 * these, so nobody can tell the difference. Texts are copied. The store owns what it has gathered.
 *
 * The thread that holds the store calls, inside a transaction.
 *
 * Failures leave their detail in ms_store_err; that of a row may come with a later statement of the
 * same transaction, which fails as a whole. */
#ifndef MS_STORE_ROWS_H
#define MS_STORE_ROWS_H

#include "base/arena.h"
#include "store/sql.h"

struct ms_store;

/* How many rows one statement inserts. */
#define MS_ROWS_TOGETHER 16
/* How many of them wait for each other where they are to be put in order, and how many bytes of
 * texts. */
#define MS_ROWS_MOST 512
#define MS_ROWS_TEXTS_MOST ((size_t)65536)

/* What a row has, in this order, all int64_t where nothing else is said. */
typedef enum ms_rows_kind {
  /* id, lane, enqueued_at, due_at, blocked, ms_text input, ms_text tags, ms_text name, delay,
   * max_attempts, timeout, prerequisites, ms_text trace, source, ms_text enqueued_by; everything
   * else is absent. */
  MS_ROWS_PLAIN_WORK,
  MS_ROWS_EDGE,    /* prerequisite, dependent, position; one that is there already is left out */
  MS_ROWS_LIFE,    /* id, enqueued_at, due_at, and nothing that has happened since */
  MS_ROWS_WAITING, /* lane, due_at, id, more */
  /* id, state, outcome, attempt, run, started_at, finished_at, ms_text stop_reason,
   * ms_text output, ms_text error, enqueued_at */
  MS_ROWS_DONE,
  MS_ROWS_START, /* ms_text queue, number, at */
  MS_ROWS_KINDS
} ms_rows_kind;

/* What has been gathered of one kind. */
typedef struct ms_rows {
  ms_value *values; /* row after row */
  size_t capacity;  /* in rows */
  size_t count;
  bool mixed; /* they are not in order */
  ms_arena texts;
  size_t text_bytes;
} ms_rows;

ms_status ms_rows_add(struct ms_store *store, ms_rows_kind kind, ...);

/* For the statements: writes what has been gathered. */
ms_status ms_rows_write(struct ms_store *store);
/* For the store: forgets what has been gathered, as the transaction is rolled back. */
void ms_rows_drop(struct ms_store *store);
void ms_rows_deinit(struct ms_store *store);

#endif
