/* The tables of a store in PostgreSQL: those of schema.h in the other dialect, in the schema
 * "moonshift".
 *
 * Nothing is owned here; the connection belongs to the caller.
 *
 * The thread that holds the connection calls, before there is a pipeline.
 *
 * A schema of that name that is not ours is CORRUPT and stays untouched, one written by a newer
 * moonshift is VERSION. */
#ifndef MS_STORE_POSTGRES_SCHEMA_H
#define MS_STORE_POSTGRES_SCHEMA_H

#include "store/libpq.h"

ms_status ms_postgres_migrate(const ms_libpq *pq, PGconn *link, ms_err *err);

#endif
