/* A disk in memory, which SQLite takes for the real one: it can write down what happens on it, and
 * it can fail.
 *
 * Whoever makes a disk frees it, after the last connection to it is closed. A log belongs to its
 * disk. Files are known by their whole names; what is no file of SQLite's stays on the real disk.
 *
 * One disk is mounted at a time, by the thread that opens databases. A disk then belongs to the one
 * connection that has its database open: locks are granted always.
 *
 * A call of SQLite's fails where a fault was planned, with the code that the system's own disk
 * would give; the test's own memory running out ends the program. */
#ifndef SPEC_SOAK_DISK_H
#define SPEC_SOAK_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum disk_kind {
  DISK_CREATE,
  DISK_DELETE,
  DISK_WRITE,
  DISK_TRUNCATE,
  DISK_SYNC,
  DISK_FORGET,      /* a sync failed: what no sync has brought to the medium never gets there */
  DISK_SYNC_FOLDER, /* what was created and deleted until then is kept */
  DISK_COMMIT       /* SQLite has told its caller so much, or is about to */
} disk_kind;

typedef struct disk_record {
  disk_kind kind;
  int file; /* its number; a file that is made anew under an old name has a new one */
  const char *name;
  size_t offset; /* of a write; the new size of a truncate */
  size_t size;
  uint8_t *bytes;
} disk_record;

typedef struct disk_log {
  disk_record *records;
  size_t count;
  size_t capacity;
  size_t commits;
} disk_log;

typedef enum disk_trouble {
  DISK_FULL,      /* writes and new files find no room */
  DISK_SHORT,     /* the same, after half of the bytes */
  DISK_BROKEN,    /* any access fails */
  DISK_FORGETFUL, /* syncs fail, and those that come later know nothing of what was written before
                   */
  DISK_TROUBLES
} disk_trouble;

typedef struct soak_disk soak_disk;

/* SQLite's default from now on. The seed is for what SQLite asks of randomness. */
void disk_register(uint64_t seed);

soak_disk *disk_new(void);
soak_disk *disk_copy(const soak_disk *source);
void disk_free(soak_disk *disk);
/* Files that are opened from now on are on this disk. */
void disk_mount(soak_disk *disk);
/* A file with these bytes, which nobody has open. */
void disk_put(soak_disk *disk, const char *name, const uint8_t *bytes, size_t size);

/* The same for a file that may be open: with all that stands beside it gone, and what was in shared
 * memory, it is as after a loss of power. */
void disk_set(soak_disk *disk, const char *name, const uint8_t *bytes, size_t size);

/* Begins to write down. */
const disk_log *disk_record_all(soak_disk *disk);

/* The n-th access from now on that can meet this trouble does; if it lasts, so do all later ones.
 */
void disk_fail_at(soak_disk *disk, disk_trouble trouble, long n, bool lasts);
/* Ends the trouble. Returns how many accesses there were that could meet it. */
long disk_mend(soak_disk *disk);

#endif
