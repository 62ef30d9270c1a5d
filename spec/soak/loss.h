/* What a disk may hold after the power was lost at some moment of its log.
 *
 * A moment owns its copy of what is safe and points into the log, which must outlive it. The disks
 * that it makes are the caller's.
 *
 * One thread at a time.
 *
 * What is safe: what stood in a file when it was last synced, and which files were there when their
 * folder was. Of all that was done since, anything may have reached the medium: nothing, all, what
 * came first, what came last, single writes or single sectors of them; a file may also have grown
 * without its bytes. What a sync that fails leaves behind is gone. Files come and go in the order
 * in which they did. */
#ifndef SPEC_SOAK_LOSS_H
#define SPEC_SOAK_LOSS_H

#include "disk.h"

typedef struct loss_moment loss_moment;

/* The beginning: nothing has happened yet. */
loss_moment *loss_new(const disk_log *log);
void loss_free(loss_moment *moment);
/* Goes on until so many records have happened; never back. */
void loss_go_to(loss_moment *moment, size_t records);
/* How many commits there were until now, and until the log was last synced. */
size_t loss_commits(const loss_moment *moment);
size_t loss_safe_commits(const loss_moment *moment);

/* Everything has reached the medium, as after a crash of the program alone. */
soak_disk *loss_of_nothing(const loss_moment *moment);
/* One of all the ways. */
soak_disk *loss_of_power(const loss_moment *moment, uint64_t *random);

#endif
