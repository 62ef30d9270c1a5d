/* Opens a database file as a program would, and asks and changes whatever there is.
 *
 * The file stays the caller's.
 *
 * One thread at a time.
 *
 * Whatever the file holds, every call returns: what it returns does not matter. */
#ifndef SPEC_FUZZ_VISIT_H
#define SPEC_FUZZ_VISIT_H

#include "moonshift.h"

/* Makes a store with works in every state, graphs, names, tags, progress and queues. */
void fuzz_make_store(const char *path);
void fuzz_visit_store(const char *path);

#endif
