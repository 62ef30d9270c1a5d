/* The client library of PostgreSQL, found when it is first asked for: who never names a server
 * needs no such library.
 *
 * Loaded once, and kept until the process ends.
 *
 * Any thread.
 *
 * NOTFOUND, with what to install, where there is no libpq or one older than version 14. */
#ifndef MS_STORE_LIBPQ_H
#define MS_STORE_LIBPQ_H

#include "base/status.h"

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;
typedef void (*ms_libpq_notice)(void *context, const char *message);

typedef struct ms_libpq_notify {
  char *channel;
  int sender; /* process id of the server's process */
  char *extra;
} ms_libpq_notify;

/* The values of libpq that are used here; they never change within libpq.so.5. */
enum {
  MS_CONNECTION_OK = 0,
  MS_POLLING_FAILED = 0,
  MS_POLLING_READING = 1,
  MS_POLLING_WRITING = 2,
  MS_POLLING_OK = 3,
  MS_RESULT_COMMAND = 1,
  MS_RESULT_ROWS = 2,
  MS_RESULT_SYNC = 10,
  MS_RESULT_SKIPPED = 11,
  MS_TRANSACTION_NONE = 0,
  MS_ERRORS_VERBOSE = 2
};

/* result, name, parameters */
#define MS_LIBPQ_LIST(X)                                                                           \
  X(PGconn *, PQconnectStartParams, (const char *const *, const char *const *, int))               \
  X(int, PQconnectPoll, (PGconn *))                                                                \
  X(void *, PQconninfoParse, (const char *, char **))                                              \
  X(void, PQconninfoFree, (void *))                                                                \
  X(void, PQfinish, (PGconn *))                                                                    \
  X(void, PQfreemem, (void *))                                                                     \
  X(int, PQstatus, (const PGconn *))                                                               \
  X(int, PQsocket, (const PGconn *))                                                               \
  X(int, PQbackendPID, (const PGconn *))                                                           \
  X(int, PQtransactionStatus, (const PGconn *))                                                    \
  X(char *, PQerrorMessage, (const PGconn *))                                                      \
  X(int, PQsetErrorVerbosity, (PGconn *, int))                                                     \
  X(ms_libpq_notice, PQsetNoticeProcessor, (PGconn *, ms_libpq_notice, void *))                    \
  X(PGresult *, PQexec, (PGconn *, const char *))                                                  \
  X(int, PQenterPipelineMode, (PGconn *))                                                          \
  X(int, PQpipelineSync, (PGconn *))                                                               \
  X(int, PQsendPrepare, (PGconn *, const char *, const char *, int, const unsigned *))             \
  X(int, PQsendQueryPrepared,                                                                      \
    (PGconn *, const char *, int, const char *const *, const int *, const int *, int))             \
  X(int, PQsendQueryParams,                                                                        \
    (PGconn *, const char *, int, const unsigned *, const char *const *, const int *, const int *, \
     int))                                                                                         \
  X(PGresult *, PQgetResult, (PGconn *))                                                           \
  X(int, PQresultStatus, (const PGresult *))                                                       \
  X(char *, PQresultErrorField, (const PGresult *, int))                                           \
  X(char *, PQcmdStatus, (PGresult *))                                                             \
  X(int, PQnfields, (const PGresult *))                                                            \
  X(int, PQntuples, (const PGresult *))                                                            \
  X(int, PQgetisnull, (const PGresult *, int, int))                                                \
  X(int, PQgetlength, (const PGresult *, int, int))                                                \
  X(char *, PQgetvalue, (const PGresult *, int, int))                                              \
  X(void, PQclear, (PGresult *))                                                                   \
  X(int, PQconsumeInput, (PGconn *))                                                               \
  X(ms_libpq_notify *, PQnotifies, (PGconn *))

typedef struct ms_libpq {
#define X(type, name, parameters) type(*name) parameters;
  MS_LIBPQ_LIST(X)
#undef X
} ms_libpq;

ms_status ms_libpq_load(const ms_libpq **libpq, ms_err *err);

#endif
