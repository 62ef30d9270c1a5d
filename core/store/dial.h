/* Connections to a PostgreSQL server.
 *
 * A connection belongs to whoever dialled it, and hangs up. Its socket ends with this process, also
 * if a child of a fork outlives it.
 *
 * Any thread, one at a time for each connection.
 *
 * A server that cannot be reached in time is IO, a database that is not there NOTFOUND, a user who
 * may not PERMISSION, a URL that does not parse MISUSE. No message holds the password. */
#ifndef MS_STORE_DIAL_H
#define MS_STORE_DIAL_H

#include "store/libpq.h"

#include <stdbool.h>

bool ms_dial_is_url(const char *database);
ms_status ms_dial(const ms_libpq *pq, const char *url, PGconn **link, ms_err *err);
void ms_dial_hang_up(const ms_libpq *pq, PGconn *link);
/* Runs statements on a connection that has no pipeline. */
ms_status ms_dial_execute(const ms_libpq *pq, PGconn *link, const char *sql, ms_err *err);
/* The first column of the first row, as a number; 0 if there is none. */
ms_status ms_dial_ask(const ms_libpq *pq, PGconn *link, const char *sql, long long *number,
                      ms_err *err);

#endif
