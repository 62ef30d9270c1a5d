/* What a store holds: as SQL sees it, and as a manager tells it.
 *
 * The caller owns what it is given. A disk that is looked at stays as it is.
 *
 * One thread at a time, with no fault planned.
 *
 * What is wrong is told in a sentence, in the ms_err; the status is then CORRUPT. */
#ifndef SPEC_SOAK_SIGHT_H
#define SPEC_SOAK_SIGHT_H

#include "disk.h"
#include "moonshift.h"

/* Opens what the disk holds, as after a crash. digest is the same for the same rows in all tables.
 * Wrong is what SQLite's own check finds, and a work that stands in two places or in none. */
ms_status sight_store(const soak_disk *disk, const char *path, uint64_t *digest, ms_err *err);

/* One line a work. Of a work that runs only what its process's death leaves is told. */
ms_status sight_works(ms_manager *manager, ms_buf *lines, ms_err *err);
/* Whether the second lines may have become of the first when their process died: works that ran
 * wait again, everything else is the same. */
bool sight_survives(ms_text before, ms_text after);

#endif
