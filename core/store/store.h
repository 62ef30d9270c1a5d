/* The store: one connection to a database, its transactions and its counters.
 *
 * A store is opened by one engine (stepped managers may share one) and owns its connection and
 * prepared statements.
 *
 * One thread at a time: the one that holds the engine's turn.
 *
 * Functions return a status and leave the detail in ms_store_err. After a failure inside a
 * transaction the caller rolls back; the store stays usable. Only this folder knows SQL. */
#ifndef MS_STORE_STORE_H
#define MS_STORE_STORE_H

#include "base/status.h"
#include "store/board.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ms_store ms_store;

typedef struct ms_store_options {
  const char *database; /* a path, or ":memory:" */
  bool full;            /* every commit reaches the disk before it returns */
  int64_t busy_timeout_ms;
} ms_store_options;

ms_status ms_store_open(const ms_store_options *options, ms_store **store, ms_err *err);
/* Another connection to the same file, for the thread that it is given to; what goes wrong is told
 * by the first store. */
ms_status ms_store_open_beside(ms_store *store, ms_store **beside);
void ms_store_close(ms_store *store);
/* Before each write the store stands in the board's line, which must live until the store is
 * closed. */
void ms_store_share(ms_store *store, ms_board *board);
/* The detail of the last failure. */
ms_err *ms_store_err(ms_store *store);
bool ms_store_in_memory(const ms_store *store);
/* Several machines may share it, and store/session.h knows them. */
bool ms_store_on_server(const ms_store *store);
bool ms_store_in_file(const ms_store *store);

/* Begins the write transaction. *changed: another connection has committed since the last time,
 * so everything remembered from the store is out of date. */
ms_status ms_store_begin(ms_store *store, bool *changed);
ms_status ms_store_commit(ms_store *store);
/* The same in two steps. After the first others see the commit and may go on; nobody is to be told
 * of it before the second, whose failure takes nothing back. */
ms_status ms_store_commit_first(ms_store *store);
ms_status ms_store_secure(ms_store *store);
void ms_store_rollback(ms_store *store);
/* Begins a read of one moment; what is remembered is brought up to date. */
ms_status ms_store_begin_read(ms_store *store, bool *changed);
/* Begins the write transaction for a look that changes nothing, without waiting: BUSY while another
 * connection writes, since what it is about to commit cannot be seen yet. What is remembered is not
 * brought up to date. */
ms_status ms_store_begin_if_free(ms_store *store);

/* Ids that no work of this store has had; the lowest of count in a row. */
ms_status ms_store_take_ids(ms_store *store, int64_t count, int64_t *first);
/* A number that this process has not used for a claim; those of others are told apart by their
 * owner. */
int64_t ms_store_take_batch(ms_store *store);
/* The id is about to be deleted and must not come again. */
ms_status ms_store_keep_id(ms_store *store, int64_t id);
/* Numbers that live in the store; 0 before they are set. */
ms_status ms_store_counter(ms_store *store, const char *name, int64_t *value);
ms_status ms_store_set_counter(ms_store *store, const char *name, int64_t value);

/* Of the pages in the write-ahead log after the last commit, or of those that a checkpoint has
 * seen. */
int64_t ms_store_wal_bytes(const ms_store *store);
/* Copies the log's pages into the database as far as readers allow; *whole: all of them. Where
 * there is a log, and outside a transaction. */
ms_status ms_store_checkpoint(ms_store *store, bool *whole);
/* While works of many lanes take turns, which stand on pages that lie far apart, more of these are
 * kept in memory. */
ms_status ms_store_widen(ms_store *store, bool wide);
/* Waits until the disk has what was written so far, to the database and to its log. Where a
 * checkpoint is next, that has little left to wait for. */
ms_status ms_store_sync(ms_store *store);

#endif
