/* Opens a database file as a program would, and takes steps there: asks, changes, runs works, lets
 * time pass, dies.
 *
 * The bytes stay the caller's.
 *
 * One thread at a time; a manager with a thread of its own ends it before the visit is over.
 *
 * Whatever the file holds, every call returns: what it returns does not matter, but where a file is
 * whole, that nothing in its rows holds up what has nothing to do with it. */
#ifndef SPEC_FUZZ_VISIT_H
#define SPEC_FUZZ_VISIT_H

#include "fuzz.h"
#include "image.h"

typedef struct fuzz_store {
  const uint8_t *bytes; /* its file */
  size_t size;
  bool is_whole; /* SQLite finds nothing wrong with it */
  /* A real one is opened in real time, with a thread, sensors, locks and all else that a program
   * has, which takes ten times as long as in virtual time; a fresh one by a connection of its own.
   */
  fuzz_place place;
} fuzz_store;

/* Makes a store with rows in every table, always the same, as a program leaves it that is killed
 * while it runs works. */
void fuzz_make_store(const char *path);
/* Each byte that is left is a step. */
void fuzz_visit_store(const fuzz_store *store, fuzz_bytes *bytes);

#endif
