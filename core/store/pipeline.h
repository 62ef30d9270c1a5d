/* Statements on their way to a PostgreSQL server, and what comes back.
 *
 * A round trip costs more than most statements, so those whose rows nobody waits for travel with
 * the next one that is waited for. A pipeline belongs to its connection and does not own it; an
 * ms_remote is the handle of one statement and belongs to whoever made it.
 *
 * The thread that holds the store calls.
 *
 * What fails on the way shows at the next wait, and everything behind it up to there is not done.
 * Messages never hold the password. */
#ifndef MS_STORE_PIPELINE_H
#define MS_STORE_PIPELINE_H

#include "base/buf.h"
#include "store/driver.h"
#include "store/foreign.h"
#include "store/libpq.h"

#include <stdarg.h>
#include <stdint.h>

/* Answers to so many statements fit into the buffers of any socket, so that neither side waits for
 * the other to read. */
#define MS_PENDING_MOST 256
#define MS_PARAMETERS_MAX 256

typedef struct ms_remote {
  const ms_libpq *pq;
  ms_buf sql;          /* with $1, $2 … */
  ms_buf counting_sql; /* the same, failing if it changes another number of rows than the last $n */
  int parameters;
  unsigned number;
  bool writes;
  unsigned prepared[2]; /* in which session, 0 = none: plain and counting */
  PGresult *result;     /* NULL = not open */
  int row;
  ms_text *texts; /* of the row, where some are not as they stand in the result; else NULL */
  ms_arena arena;
} ms_remote;

typedef struct ms_pending {
  ms_remote *reader;  /* who wants the result; NULL = nobody */
  unsigned *prepares; /* what is not true if this fails */
  bool sync;
} ms_pending;

typedef struct ms_pipeline {
  const ms_libpq *pq;
  PGconn *link;
  unsigned session; /* counts connections */
  unsigned last_number;
  size_t count;
  ms_arena arena;
  ms_pending pending[MS_PENDING_MOST];
} ms_pipeline;

/* The connection is another one: nothing is prepared or on its way. */
void ms_pipeline_reset(ms_pipeline *pipeline, PGconn *link);
void ms_pipeline_deinit(ms_pipeline *pipeline);

/* A statement with ?, or ?1 and so on, as its parameters. */
bool ms_remote_init(ms_pipeline *pipeline, ms_remote *remote, ms_text sql);
void ms_remote_deinit(ms_remote *remote);
void ms_remote_clear(ms_remote *remote);
/* Goes to the next row; *row is false at the end. */
ms_status ms_remote_step(ms_remote *remote, bool *row, ms_err *err);
bool ms_remote_is_null(const ms_remote *remote, int column);
/* As it stands in the result. */
ms_text ms_remote_bytes(const ms_remote *remote, int column);

typedef struct ms_sending {
  ms_remote *remote;
  bool reads;   /* its rows are wanted */
  int64_t rows; /* how many it must change, or MS_ANY_ROWS */
} ms_sending;

/* Types and values as for ms_sql_open. */
ms_status ms_pipeline_send(ms_pipeline *pipeline, const ms_sending *sending, const char *types,
                           va_list *values, ms_err *err);
/* The same with values that were gathered. */
ms_status ms_pipeline_send_values(ms_pipeline *pipeline, ms_remote *remote, const ms_value *values,
                                  size_t count, ms_err *err);
/* A statement that is not prepared; its parameters are the first of the texts. */
ms_status ms_pipeline_send_once(ms_pipeline *pipeline, ms_remote *remote, const ms_text *values,
                                ms_err *err);
/* Sends what is on its way without waiting for it. */
void ms_pipeline_flush(ms_pipeline *pipeline);
/* Waits until everything has come back. */
ms_status ms_pipeline_wait(ms_pipeline *pipeline, ms_err *err);
/* Does the connection still stand, as far as is known? */
bool ms_pipeline_stands(const ms_pipeline *pipeline);

/* What a failed result says, as a status and a message in which the operation stands first. */
ms_status ms_pipeline_fail(const ms_libpq *pq, const PGresult *result, const char *operation,
                           ms_err *err);
/* A status for one of PostgreSQL's codes of five letters. */
ms_status ms_pipeline_status(const char *state);

#endif
