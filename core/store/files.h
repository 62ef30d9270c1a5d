/* What works know of their files: which changes have made them due, and what stood there last.
 *
 * An ms_files is a plain value; its texts live in the arena it was loaded into, or belong to the
 * caller who made it. Each work with files has one row of it as long as it is stored, and a
 * snapshot beside it while it may still be needed.
 *
 * The thread that holds the store calls, inside a transaction.
 *
 * Failures leave their detail in ms_store_err. */
#ifndef MS_STORE_FILES_H
#define MS_STORE_FILES_H

#include "base/arena.h"
#include "base/ids.h"
#include "base/status.h"

struct ms_store;

/* Changes that lead to one run. */
typedef struct ms_trigger {
  int64_t first_at_ms; /* of the first of them; MS_NEVER = nothing has changed */
  int64_t due_at_ms;   /* they have settled, or will have then */
  ms_text paths;       /* JSON text from the paths model, absent = none */
} ms_trigger;

typedef struct ms_files {
  int64_t id;
  int64_t base; /* names the snapshot: another one has another number */
  bool open;    /* changes count: the work is not finished */
  ms_trigger now;
  ms_trigger next; /* what has changed since the present run began */
} ms_files;

void ms_files_init(ms_files *files, int64_t id);
ms_status ms_files_load(struct ms_store *store, int64_t id, ms_arena *arena, ms_files *files,
                        bool *found);
ms_status ms_files_write(struct ms_store *store, const ms_files *files);
/* When the changes have settled; MS_NEVER while there are none. */
ms_status ms_files_due(struct ms_store *store, int64_t id, int64_t *due_at_ms);
ms_status ms_files_delete(struct ms_store *store, int64_t id);

/* The number of the newest write to any of the rows; and the works written after that one. */
ms_status ms_files_newest(struct ms_store *store, int64_t *version);
ms_status ms_files_since(struct ms_store *store, int64_t version, ms_ids *ids);

/* Keeps a snapshot; *base is its number. */
ms_status ms_files_keep_snapshot(struct ms_store *store, int64_t id, ms_text data, int64_t *base);
/* Absent if nobody has looked yet. */
ms_status ms_files_read_snapshot(struct ms_store *store, int64_t id, ms_arena *arena,
                                 ms_text *data);
ms_status ms_files_drop_snapshot(struct ms_store *store, int64_t id);

#endif
