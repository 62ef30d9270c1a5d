/* How busy others keep the machine: the kernel's load of the last minute per CPU, without what this
 * process adds to it. If its own work counted, work that asks for an idle machine would stop
 * itself, and start again a minute later.
 *
 * (Pressure stall information says how long threads had to wait, not whether the CPUs work: a
 * machine that is busy to the brim and no further has none.)
 *
 * An ms_load is a plain value that the caller owns.
 *
 * Any thread may look, one at a time.
 *
 * What cannot be read is told in the reading's trouble. */
#ifndef MS_SENSE_LOAD_H
#define MS_SENSE_LOAD_H

#include "sense/reading.h"

/* A machine that is idle stays so until the load is half above the limit. */
#define MS_LOAD_BACK 1.5

typedef struct ms_load {
  bool idle;
  int64_t looked_at_ms; /* 0 = never */
  double used_s;        /* CPU time of this process when it was last looked at */
  double own;           /* the load that it makes, damped as the kernel damps the system's */
} ms_load;

/* procfs is where that is mounted. */
void ms_load_look(ms_load *load, const char *procfs, double limit, int64_t now_ms,
                  ms_reading *reading);
/* What one process adds: the CPUs that it keeps busy, damped over a minute. Pure. */
double ms_load_damp(double own, double cpus, double seconds);

#endif
