/* What stands at watched files: their paths, sizes, times of change and inodes, in one text.
 *
 * A snapshot is plain text that the caller owns; it can be kept in a store and read by another
 * process. Nothing is kept of what a snapshot was taken of.
 *
 * Any thread may call. Taking one reads folders and may take as long as that takes.
 *
 * What cannot be read counts as not there. Taking fails with LIMIT when there are too many files or
 * no descriptors left, and with NOMEM; reading fails with CORRUPT on text that is no snapshot. */
#ifndef MS_SENSE_SNAPSHOT_H
#define MS_SENSE_SNAPSHOT_H

#include "base/buf.h"
#include "base/status.h"
#include "model/constraint.h"

#include <sys/types.h>

/* More files than this are refused: a snapshot takes about 40 bytes for each. */
#define MS_SNAPSHOT_MOST 1000000

/* The files of a store, which are never looked at: those in that folder whose name is the
 * database's, or begins with it and "-". */
typedef struct ms_store_files {
  dev_t device;
  ino_t folder;
  ms_text name; /* absent = there are none */
} ms_store_files;

typedef enum ms_sight_kind {
  MS_SIGHT_FILE = 'f',      /* whatever is not looked into, symbolic links among them */
  MS_SIGHT_FOLDER = 'd',    /* what stands in it follows */
  MS_SIGHT_UNREADABLE = 'u' /* a folder that cannot be looked into */
} ms_sight_kind;

/* One thing that stands there. */
typedef struct ms_sight {
  ms_text path;
  size_t root; /* which of the watched files it belongs to */
  ms_sight_kind kind;
  uint64_t size;
  uint64_t changed_ns;
  uint64_t inode;
} ms_sight;

typedef struct ms_snapshot_reader {
  const char *next;
  const char *end;
  ms_buf path;
  size_t root;
  bool corrupt;
} ms_snapshot_reader;

/* The database's place, by its path; name points into that. */
void ms_store_files_init(ms_store_files *store, const char *database);
/* Whether that name in that folder is one of them. */
bool ms_store_files_have(const ms_store_files *store, dev_t device, ino_t folder, const char *name);

/* Appends a snapshot of the files. A path leads through symbolic links to what is watched; links
 * that stand in folders are things by themselves. If something has changed so lately that a next
 * change would not be told from it by its time, this waits for the clock's next tick. */
ms_status ms_snapshot_take(const ms_watched *files, size_t count, const ms_store_files *store,
                           ms_buf *out, ms_err *err);

/* Reads one thing after the other, in the order of the watched files and then of the paths: a
 * folder before what stands in it. False at the end and on failure; the path is valid until the
 * next call. */
void ms_snapshot_open(ms_snapshot_reader *reader, ms_text snapshot);
bool ms_snapshot_next(ms_snapshot_reader *reader, ms_sight *sight);
/* The reader is done; NOMEM or CORRUPT if it ended before the text did. */
ms_status ms_snapshot_close(ms_snapshot_reader *reader, ms_err *err);

/* Calls changed for each path that stands in one of the two only, or differs. Both are of the same
 * watched files. */
ms_status ms_snapshot_compare(ms_text before, ms_text after,
                              void (*changed)(void *context, ms_text path), void *context,
                              ms_err *err);

#endif
