/* Statements on one connection: prepared once, bound by a type string, stepped.
 *
 * Private to the store's folder. Statements belong to the store's cache and are found by the
 * address of their text, so the text must be a constant.
 *
 * The thread that holds the store calls.
 *
 * Failures are put into the store's own ms_err, which the caller of the store reads. */
#ifndef MS_STORE_SQL_H
#define MS_STORE_SQL_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "base/text.h"
#include "store/driver.h"

#include <stdint.h>
#include <stdio.h>

struct ms_store;

/* Moments and lengths stay within this, some thirty million years, so that sums of several do not
 * overflow, whatever somebody has written into a row. */
#define MS_FAR (INT64_C(1) << 60)

/* Whether a value of that type, as below, is NULL. */
static inline bool ms_sql_is_absent(char type, int64_t value) {
  return (type == 'n' && value == MS_NEVER) || (type == 'z' && value == 0) ||
         (type == 'm' && value == -1);
}

/* Types: i int64, n int64 with MS_NEVER as NULL, z int64 with 0 as NULL, m int64 with −1 as NULL,
 * t ms_text with absent as NULL, r double. Texts must live until the next use of the statement. */
ms_status ms_sql_open(struct ms_store *store, const char *sql, ms_statement **statement,
                      const char *types, ...);
/* As open, for a text that was put together: its parameters are the texts, and the caller ends it,
 * also after a failure. */
ms_status ms_sql_open_once(struct ms_store *store, ms_text sql, const ms_text *values, size_t count,
                           ms_statement *statement);
void ms_sql_end_once(struct ms_store *store, ms_statement *statement);
void ms_sql_drop(ms_statement *statement);
/* *row is false at the end; the statement is reset then and after a failure. */
static inline ms_status ms_sql_step(struct ms_store *store, ms_statement *statement, bool *row) {
  return statement->driver->step(store, statement, row);
}
/* Ends a statement before its last row. */
static inline void ms_sql_close(ms_statement *statement) {
  statement->driver->reset(statement);
}
/* Runs a statement that gives no rows. */
ms_status ms_sql_run(struct ms_store *store, const char *sql, const char *types, ...);
/* The same with values that were gathered; what else was gathered may still wait. */
ms_status ms_sql_run_values(struct ms_store *store, const char *sql, const ms_value *values,
                            size_t count);
/* Runs a statement that must change so many rows; NOTFOUND, without detail, if it does not. */
ms_status ms_sql_take(struct ms_store *store, int64_t rows, const char *sql, const char *types,
                      ...);
/* The first column of the first row, or other when there is no row or it is NULL. */
ms_status ms_sql_int(struct ms_store *store, const char *sql, int64_t other, int64_t *value,
                     const char *types, ...);
/* Reads the statement's first column to its end, into ids; what can be no id is left out. */
ms_status ms_sql_collect(struct ms_store *store, ms_statement *statement, ms_ids *ids);

static inline bool ms_sql_column_is_null(const ms_statement *statement, int column) {
  return statement->driver->is_null(statement, column);
}
static inline int64_t ms_sql_column_int(const ms_statement *statement, int column) {
  return statement->driver->get_int(statement, column);
}
static inline double ms_sql_column_double(const ms_statement *statement, int column) {
  return statement->driver->get_double(statement, column);
}
/* Valid until the next step. */
static inline ms_text ms_sql_column_text(const ms_statement *statement, int column) {
  return statement->driver->get_text(statement, column);
}
/* other when the column is NULL. */
int64_t ms_sql_column_or(const ms_statement *statement, int column, int64_t other);
/* The next number from low to high, for rows that somebody altered. */
static inline int64_t ms_sql_column_within(const ms_statement *statement, int column, int64_t low,
                                           int64_t high) {
  int64_t value = ms_sql_column_int(statement, column);
  return value < low ? low : value > high ? high : value;
}
/* A length of time, or a count. */
static inline int64_t ms_sql_column_length(const ms_statement *statement, int column) {
  return ms_sql_column_within(statement, column, 0, MS_FAR);
}
/* When a work is due: rows are found by it, so it stays what it is as far as it can be reckoned
 * with. */
static inline int64_t ms_sql_column_due(const ms_statement *statement, int column) {
  return ms_sql_column_within(statement, column, -MS_FAR, MS_NEVER);
}
/* A moment as far as it can be reckoned with; MS_NEVER stays what it is. */
int64_t ms_sql_moment(int64_t value);
/* MS_NEVER when the column is NULL. */
int64_t ms_sql_column_moment(const ms_statement *statement, int column);
/* Adds the ids of a list as JSON text; one that does not parse, in a row that somebody altered,
 * names none. */
ms_status ms_sql_column_ids(struct ms_store *store, const ms_statement *statement, int column,
                            ms_ids *ids);
/* *failed is set when memory is out. */
ms_text ms_sql_column_copy(const ms_statement *statement, int column, ms_arena *arena,
                           bool *failed);

#endif
