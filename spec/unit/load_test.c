#include "sense/load.h"

#include "unit.h"

#include <locale.h>
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

/* A locale of our own, since a machine need not have one with a comma. */
static void enter_a_place_that_writes_a_comma(void) {
  char command[400];
  snprintf(command, sizeof command,
           "cd %s && printf 'LC_NUMERIC\\ndecimal_point \",\"\\nthousands_sep \"\"\\ngrouping -1\\n"
           "END LC_NUMERIC\\n' >source && localedef -c -i ./source ./comma >/dev/null 2>&1",
           folder);
  UNIT_CHECK(system(command) >= 0);
  setenv("LOCPATH", folder, 1);
  UNIT_CHECK(setlocale(LC_NUMERIC, "comma") != NULL);
}

static void the_kernels_point_is_none_of_the_programs_locale(void) {
  ms_load load = {0};
  ms_reading reading;
  double cpus = (double)sysconf(_SC_NPROCESSORS_ONLN);
  look_at(&load, 0.99 / cpus);
  enter_a_place_that_writes_a_comma();
  ms_load_look(&load, folder, 0.5 / cpus, now_ms += 3600 * 1000, &reading);
  setlocale(LC_NUMERIC, "C");
  UNIT_INT(MS_FALSE, reading.value);
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
  char command[64];
  if (!mkdtemp(folder)) return 1;
  UNIT_RUN(idle_begins_below_the_limit_and_ends_half_above_it);
  UNIT_RUN(a_load_that_cannot_be_read_is_trouble);
  UNIT_RUN(the_kernels_point_is_none_of_the_programs_locale);
  UNIT_RUN(what_a_process_adds_follows_the_kernels_minute);
  snprintf(command, sizeof command, "rm -r %s", folder);
  UNIT_INT(0, system(command));
  return unit_end();
}
