#include "sense/load.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MINUTE_S 60

double ms_load_damp(double own, double cpus, double seconds) {
  double kept = exp(-seconds / MINUTE_S);
  return own * kept + cpus * (1 - kept);
}

static double cpu_time_s(void) {
  struct rusage it;
  if (getrusage(RUSAGE_SELF, &it) != 0) return 0;
  return (double)(it.ru_utime.tv_sec + it.ru_stime.tv_sec) +
         (double)(it.ru_utime.tv_usec + it.ru_stime.tv_usec) / 1e6;
}

static void measure_own(ms_load *load, int64_t now_ms) {
  double used_s = cpu_time_s(), passed_s = (double)(now_ms - load->looked_at_ms) / 1000;
  if (load->looked_at_ms && passed_s > 0) {
    load->own = ms_load_damp(load->own, (used_s - load->used_s) / passed_s, passed_s);
  }
  load->looked_at_ms = now_ms;
  load->used_s = used_s;
}

/* 0 and the load, or the number of an error. The kernel writes 0.85, whatever the program's locale
 * has for a point. */
static int read_load(const char *procfs, double *minute) {
  unsigned long whole, hundredths;
  char path[4096];
  snprintf(path, sizeof path, "%s/loadavg", procfs);
  FILE *file = fopen(path, "r");
  if (!file) return errno;
  bool read = fscanf(file, "%lu.%2lu", &whole, &hundredths) == 2;
  fclose(file);
  if (read) *minute = (double)whole + (double)hundredths / 100;
  return read ? 0 : EINVAL;
}

void ms_load_look(ms_load *load, const char *procfs, double limit, int64_t now_ms,
                  ms_reading *reading) {
  double minute = 0;
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  int error = read_load(procfs, &minute);
  *reading = (ms_reading){.source = "load"};
  if (error) {
    snprintf(reading->trouble, sizeof reading->trouble, "%.100s/loadavg: %s", procfs,
             strerror(error));
    return;
  }
  measure_own(load, now_ms);
  double others = (minute - load->own) / (double)(cpus > 0 ? cpus : 1);
  load->idle = others < limit * (load->idle ? MS_LOAD_BACK : 1);
  reading->value = load->idle ? MS_TRUE : MS_FALSE;
}
