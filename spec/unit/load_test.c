#include "sense/load.h"

#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/moonshift-load-XXXXXX";
static int64_t now_ms = 1;

/* A look at a machine whose load per CPU is that. */
static ms_truth look_at(ms_load *load, double per_cpu) {
  char path[64];
  ms_reading reading;
  snprintf(path, sizeof path, "%s/loadavg", folder);
  FILE *file = fopen(path, "w");
  if (!file) return MS_UNKNOWN;
  fprintf(file, "%.3f 1.00 1.00 1/100 4711\n", per_cpu * (double)sysconf(_SC_NPROCESSORS_ONLN));
  fclose(file);
  now_ms += 3600 * 1000; /* whatever this process does is little in an hour */
  ms_load_look(load, folder, 0.3, now_ms, &reading);
  UNIT_STRING("", reading.trouble);
  return (ms_truth)reading.value;
}

static void idle_begins_below_the_limit_and_ends_half_above_it(void) {
  ms_load load = {0};
  UNIT_INT(MS_FALSE, look_at(&load, 0.31));
  UNIT_INT(MS_TRUE, look_at(&load, 0.29));
  UNIT_INT(MS_TRUE, look_at(&load, 0.44));
  UNIT_INT(MS_FALSE, look_at(&load, 0.46));
  UNIT_INT(MS_FALSE, look_at(&load, 0.31));
  UNIT_INT(MS_TRUE, look_at(&load, 0));
}

static void a_load_that_cannot_be_read_is_trouble(void) {
  ms_load load = {0};
  ms_reading reading;
  ms_load_look(&load, "/nowhere", 0.3, 1, &reading);
  UNIT_INT(MS_UNKNOWN, reading.value);
  UNIT_CHECK(strstr(reading.trouble, "/nowhere/loadavg") != NULL);
}

/* One busy thread makes the load of one, after as long as the kernel's takes. */
static void what_a_process_adds_follows_the_kernels_minute(void) {
  double own = 0;
  for (int i = 0; i < 12; i++)
    own = ms_load_damp(own, 1, 5);
  UNIT_CHECK(fabs(own - (1 - exp(-1))) < 1e-9);
  UNIT_CHECK(fabs(ms_load_damp(own, 1, 60) - (1 - exp(-2))) < 1e-9);
  UNIT_CHECK(ms_load_damp(own, 0, 3600) < 1e-9);
}

int main(void) {
  char path[64];
  if (!mkdtemp(folder)) return 1;
  UNIT_RUN(idle_begins_below_the_limit_and_ends_half_above_it);
  UNIT_RUN(a_load_that_cannot_be_read_is_trouble);
  UNIT_RUN(what_a_process_adds_follows_the_kernels_minute);
  snprintf(path, sizeof path, "%s/loadavg", folder);
  remove(path);
  rmdir(folder);
  return unit_end();
}
