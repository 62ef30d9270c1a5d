/* The driver of PostgreSQL: a database on a server, which many machines may share.
 *
 * Private to the store's folder. Everything stands in the schema "moonshift" of the database. Turns
 * take an advisory lock for their transaction, so that one process at a time writes, as with
 * SQLite; a row counts the commits, so that others see that something has changed. A connection
 * that is lost is made anew at the next transaction.
 *
 * The thread that holds the store calls.
 *
 * A server that cannot be reached is IO, a database that is not there NOTFOUND, a user who may not
 * PERMISSION. */
#ifndef MS_STORE_POSTGRES_H
#define MS_STORE_POSTGRES_H

#include "base/ids.h"
#include "store/driver.h"
#include "store/pipeline.h"

/* The first key of all our advisory locks: "MoSh". The second is a process number, or 0 for the
 * lock of the turn. */
#define MS_LOCK_CLASS "1299141480"

typedef struct ms_postgres {
  ms_pipeline pipeline;
  const ms_libpq *pq;
  PGconn *link;
  char *url;
  bool full;
  int64_t busy_timeout_ms;
  bool writes; /* this transaction may */
  bool dirty;  /* and has */
  int64_t version;
  int64_t clock_ms; /* from the steady clock here to the server's wall clock */
  int64_t clock_error_ms;
  int64_t owner; /* whose lock the session holds; 0 = none yet */
  bool renewed;  /* the connection is another one since the owner joined */
  bool outlives; /* the connection stays when the store is closed */
  bool knows_living;
  ms_ids living; /* in this transaction */
  _Atomic int backend;
} ms_postgres;

extern const ms_driver ms_postgres_driver;

#endif
