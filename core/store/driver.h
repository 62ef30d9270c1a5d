/* What the store asks of a database: one table of functions for each kind there is.
 *
 * Private to the store's folder. A driver owns the connection it made for a store, and what its
 * statements point to; the statements themselves stand in the store.
 *
 * The thread that holds the store calls.
 *
 * Failures are put into the store's own ms_err, but for those of open, which has an ms_err of the
 * caller. */
#ifndef MS_STORE_DRIVER_H
#define MS_STORE_DRIVER_H

#include "base/status.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

struct ms_store;
struct ms_store_options;

/* One statement in the two dialects. */
typedef struct ms_dialects {
  const char *sqlite;
  const char *postgres;
} ms_dialects;

/* A statement may change as many rows as it finds. */
#define MS_ANY_ROWS (-1)

typedef struct ms_statement {
  const struct ms_driver *driver;
  const char *sql; /* a constant, by whose address the statement is found; NULL = put together */
  void *handle;    /* the driver's */
} ms_statement;

/* A value that was gathered, by one of the types of ms_sql_open. */
typedef struct ms_value {
  char type;
  union {
    int64_t integer;
    double real;
    ms_text text;
  };
} ms_value;

typedef struct ms_driver {
  bool is_server; /* PostgreSQL: several machines may share the store */

  /* Connects, refuses what is not a store of ours, and brings its tables up to date. */
  ms_status (*open)(struct ms_store *store, const struct ms_store_options *options, ms_err *err);
  /* Another connection to the database of an open store; NULL = there is none. */
  ms_status (*open_beside)(struct ms_store *store, const struct ms_store *other, ms_err *err);
  /* Others have the database open as well, and the board is there; NULL = that is no matter. */
  void (*share)(struct ms_store *store);
  /* Statements are dropped before. */
  void (*close)(struct ms_store *store);

  /* *version differs from the last time if another connection has committed since. */
  ms_status (*begin)(struct ms_store *store, bool writes, int64_t *version);
  /* A write transaction, or BUSY without waiting. */
  ms_status (*begin_if_free)(struct ms_store *store);
  ms_status (*commit)(struct ms_store *store);
  /* What commit has left to do after others see it; NULL = nothing. */
  ms_status (*secure)(struct ms_store *store);
  void (*rollback)(struct ms_store *store);

  ms_status (*prepare)(struct ms_store *store, const char *sql, ms_statement *statement);
  /* Binds values, as ms_sql_open says, for a statement that gives rows. */
  ms_status (*open_rows)(struct ms_store *store, ms_statement *statement, const char *types,
                         va_list *values);
  /* A statement that was put together, with texts as the values of its numbered parameters; and its
   * end, after which the driver may keep it for the next time. */
  ms_status (*open_once)(struct ms_store *store, ms_text sql, const ms_text *values, size_t count,
                         ms_statement *statement);
  void (*end_once)(struct ms_store *store, ms_statement *statement);
  /* Binds values and runs a statement that gives no rows. NOTFOUND, or CORRUPT by the time of the
   * commit, if it changes another number of rows than is asked for. */
  ms_status (*run)(struct ms_store *store, ms_statement *statement, int64_t rows, const char *types,
                   va_list *values);
  /* The same with values that were gathered, and any number of rows. */
  ms_status (*run_values)(struct ms_store *store, ms_statement *statement, const ms_value *values,
                          size_t count);
  ms_status (*step)(struct ms_store *store, ms_statement *statement, bool *row);
  void (*reset)(ms_statement *statement);
  void (*drop)(ms_statement *statement);

  bool (*is_null)(const ms_statement *statement, int column);
  int64_t (*get_int)(const ms_statement *statement, int column);
  double (*get_double)(const ms_statement *statement, int column);
  ms_text (*get_text)(const ms_statement *statement, int column);

  /* How many pages are kept in memory; NULL = that is not ours to say. */
  ms_status (*widen)(struct ms_store *store, bool wide);
  /* Of a log beside the database, where there is one. */
  int64_t (*wal_bytes)(const struct ms_store *store);
  ms_status (*checkpoint)(struct ms_store *store, bool *whole);
  ms_status (*sync)(struct ms_store *store);
} ms_driver;

#endif
