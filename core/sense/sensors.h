/* All sensors of one manager. A sensor works while somebody needs it: a work that is due or runs
 * under its condition, or a question. Otherwise it sleeps, listens to nothing and wakes nobody; its
 * reading is then unknown and has no source.
 *
 * An ms_sensors belongs to the engine, as does the loop; it owns its watches. It is freed when the
 * loop has ended.
 *
 * Everything happens on the loop's thread, but for making and freeing.
 *
 * What cannot be read is a reading with trouble. Looking takes microseconds and waits for nothing
 * but the file system of the store. */
#ifndef MS_SENSE_SENSORS_H
#define MS_SENSE_SENSORS_H

#include "base/status.h"
#include "sense/reading.h"

#include <uv.h>

typedef struct ms_sensors ms_sensors;

/* The options are copied. database is the store's file, NULL for one in memory. NULL when memory is
 * out. */
ms_sensors *ms_sensors_new(const ms_sensor_options *options, const char *database);
/* hear is called, on the loop, when the sensors want to be served. */
ms_status ms_sensors_open(ms_sensors *sensors, uv_loop_t *loop, void (*hear)(void *context),
                          void *context, ms_err *err);
/* Wakes what is needed; looks where something has happened, where it is time to, and at all that is
 * asked. Both are sets of conditions. True if a reading has changed. */
bool ms_sensors_serve(ms_sensors *sensors, unsigned needed, unsigned asked);
bool ms_sensors_asleep(const ms_sensors *sensors);
/* What nobody has needed for a while, and putting it to sleep. */
unsigned ms_sensors_tired(const ms_sensors *sensors, unsigned needed);
void ms_sensors_sleep(ms_sensors *sensors, unsigned set);
/* The conditions of which services have only just been asked: more will be known soon. */
unsigned ms_sensors_unsettled(const ms_sensors *sensors);
/* One for each condition, until the next call. */
const ms_reading *ms_sensors_readings(const ms_sensors *sensors);
/* The loop then runs to its end. */
void ms_sensors_close(ms_sensors *sensors);
void ms_sensors_free(ms_sensors *sensors);

#endif
