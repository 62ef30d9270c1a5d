/* Whether the file system that holds the store has room.
 *
 * The caller owns the reading.
 *
 * Any thread. Looking waits as long as the file system does, as every commit would.
 *
 * A file system that does not answer is told in the reading's trouble. */
#ifndef MS_SENSE_STORAGE_H
#define MS_SENSE_STORAGE_H

#include "sense/reading.h"

/* Storage that was low has room again when a fifth more than the limits is free. */
#define MS_STORAGE_BACK 1.2

/* path NULL: the store is in memory and needs no room. *low is kept by the caller from one look to
 * the next. */
void ms_storage_look(const char *path, const ms_sensor_options *limits, bool *low,
                     ms_reading *reading);

#endif
