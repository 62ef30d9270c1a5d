/* The tables of a store, and how an older store becomes a newer one.
 *
 * Nothing is owned here; the connection belongs to the caller.
 *
 * The thread that holds the connection calls.
 *
 * A database that is not a store of ours is CORRUPT and stays untouched, one written by a newer
 * moonshift is VERSION; everything else is the disk's failure. */
#ifndef MS_STORE_SCHEMA_H
#define MS_STORE_SCHEMA_H

#include "base/status.h"

#include <sqlite3.h>
#include <stdint.h>

/* "MoSh": says in the file's header that the database is ours. */
#define MS_APPLICATION_ID 0x4d6f5368

/* The statements that lead from that version to the next, for another dialect too: they keep to
 * words that store/postgres_schema.c knows how to say there. */
const char *ms_schema_step(int64_t version);
int64_t ms_schema_newest(void);
/* Of a database that is ours. A version that no moonshift has written is CORRUPT. */
ms_status ms_schema_judge(int64_t version, ms_err *err);

/* Looks at the database without changing it: is it ours, or empty? */
ms_status ms_schema_check(sqlite3 *connection, ms_err *err);
/* Brings an empty or older database up to date, each step in a transaction of its own. */
ms_status ms_schema_migrate(sqlite3 *connection, ms_err *err);

#endif
