/* A disk that has failed: what SQLite's log holds is read back, held against what it must be, and
 * written once more.
 *
 * Owns nothing. The files are those of one connection, the log's with the methods of the system.
 * What the log must be stands in SQLite's index of it, whose layout all its versions share.
 *
 * The thread that holds the store calls, inside of a write transaction that has written nothing, so
 * that nobody writes or begins the log anew meanwhile.
 *
 * A sync that fails leaves behind that the system takes for written what the disk never got, and
 * says so at the next sync; by then it may also read something else in its place. What cannot be
 * read back as it was written is an SQLITE_IOERR_DATA, also the next time. */
#ifndef MS_STORE_MENDING_H
#define MS_STORE_MENDING_H

#include <sqlite3.h>

/* Writes all of the log again and brings it to the disk; from then on nothing in it counts as
 * copied into the database, so that checkpoints copy all of it once more. SQLITE_BUSY while one is
 * under way. */
int ms_mend(sqlite3_file *log, const sqlite3_io_methods *system, sqlite3_file *database);

#endif
