/* Descriptors that end with this process: the child of a fork closes its copies.
 *
 * The caller owns the descriptor; it stands in a list from open or guard to close or release.
 *
 * Any thread.
 *
 * ms_fork_open returns −1 and leaves errno, ms_fork_guard returns false when memory is out. */
#ifndef MS_BASE_FORK_H
#define MS_BASE_FORK_H

#include <stdbool.h>

/* As open(2) and close(2); no fork comes in between. */
int ms_fork_open(const char *path, int flags, int mode);
void ms_fork_close(int file);

/* For a descriptor that somebody else opened and closes. */
bool ms_fork_guard(int file);
void ms_fork_release(int file);

#endif
