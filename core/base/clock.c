#include "base/clock.h"

#include <time.h>

/* Suspended time counts for delays where the system can tell. */
#ifdef CLOCK_BOOTTIME
#define STEADY_CLOCK CLOCK_BOOTTIME
#else
#define STEADY_CLOCK CLOCK_MONOTONIC
#endif

static int64_t read_ms(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t ms_clock_steady_ns(void) {
  struct timespec now;
  clock_gettime(STEADY_CLOCK, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t ms_clock_wall_ms(const ms_clock *clock) {
  if (clock->is_virtual) return clock->virtual_ms + clock->skew_ms;
  return clock->is_shared ? read_ms(STEADY_CLOCK) + clock->shared_ms : read_ms(CLOCK_REALTIME);
}

int64_t ms_clock_steady_ms(const ms_clock *clock) {
  return clock->is_virtual ? clock->virtual_ms : read_ms(STEADY_CLOCK);
}
