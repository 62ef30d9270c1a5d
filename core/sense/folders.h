/* Hears of changes at watched files while the program runs, folder by folder.
 *
 * An ms_folders belongs to whoever made it, and owns its handles on the loop; the loop outlives it.
 * Watching says that something has happened, not what: that is for a snapshot to find out.
 *
 * The loop's thread alone.
 *
 * Watching fails with LIMIT when the system has no more watches or descriptors, and with NOMEM;
 * what stands by then goes on. Folders that are gone or unreadable are passed over. */
#ifndef MS_SENSE_FOLDERS_H
#define MS_SENSE_FOLDERS_H

#include "sense/snapshot.h"

#include <uv.h>

typedef struct ms_folders ms_folders;

/* changed is called from the loop when something may have changed. most bounds the watches; 0
 * leaves that to the system. NULL when memory is out. */
ms_folders *ms_folders_new(uv_loop_t *loop, const ms_store_files *store, size_t most,
                           void (*changed)(void *context), void *context);
/* Nothing is called any more; the handles close with the loop's next turns. NULL is fine. */
void ms_folders_free(ms_folders *folders);

/* Watches what the snapshot shows: each folder that it looked into and, for what is no folder, the
 * nearest folder above it. *fresh: a watch stands that did not stand before, so that the snapshot
 * may lack what happened since it was taken. */
ms_status ms_folders_follow(ms_folders *folders, const ms_watched *files, size_t count,
                            ms_text snapshot, bool *fresh, ms_err *err);
size_t ms_folders_count(const ms_folders *folders);

#endif
