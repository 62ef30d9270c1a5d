/* What a sensor says of a condition, and what sensors may be told when a manager opens.
 *
 * All of it is plain values. Texts in a reading are static or stand inside it; those of the options
 * belong to whoever opens.
 *
 * Any thread may use them.
 *
 * A sensor that cannot read says so in the reading: the value is then unknown. */
#ifndef MS_SENSE_READING_H
#define MS_SENSE_READING_H

#include "model/constraint.h"

/* The conditions that sensors tell, in the order of the canonical text of constraints. */
typedef enum ms_sensed {
  MS_SENSED_NETWORK,
  MS_SENSED_CHARGING,
  MS_SENSED_BATTERY_NOT_LOW,
  MS_SENSED_STORAGE_NOT_LOW,
  MS_SENSED_IDLE,
  MS_SENSED_COUNT
} ms_sensed;

/* Sets of conditions have one bit for each. */
#define MS_SENSED_BIT(sensed) (1u << (sensed))
#define MS_SENSED_ALL (MS_SENSED_BIT(MS_SENSED_COUNT) - 1)
#define MS_SENSED_POWER                                                                            \
  (MS_SENSED_BIT(MS_SENSED_CHARGING) | MS_SENSED_BIT(MS_SENSED_BATTERY_NOT_LOW))

typedef struct ms_reading {
  int value;          /* an ms_network for the network, else an ms_truth; 0 = unknown in both */
  const char *source; /* who says so, such as "rtnetlink"; NULL = nobody has looked */
  char trouble[160];  /* why it could not be read; empty = none */
} ms_reading;

typedef struct ms_sensor_options {
  bool manual;            /* no sensors: what the application does not set is unknown */
  bool no_bus;            /* the system's services are not asked */
  const char *sysfs;      /* where the kernel describes power supplies */
  const char *procfs;     /* where it tells the load */
  int64_t poll_ms;        /* between two looks at what the system does not tell by itself */
  ms_truth metered;       /* what a connection is where nothing tells */
  double storage_percent; /* storage is low from these on, down */
  double storage_bytes;
  bool storage_is_far; /* the store is on a server, whose disk nobody here sees */
  double idle_load;    /* the machine is idle below this load per CPU */
} ms_sensor_options;

void ms_sensor_options_init(ms_sensor_options *options);

#endif
