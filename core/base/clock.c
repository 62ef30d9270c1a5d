#include "base/clock.h"

#include <time.h>

/* Suspended time counts for delays where the system can tell. */
#ifdef CLOCK_BOOTTIME
#define STEADY_CLOCK CLOCK_BOOTTIME
#else
#define STEADY_CLOCK CLOCK_MONOTONIC
#endif

/* Whoever is held up between two looks at clocks would see them apart. So long is no hold-up. */
#define SURE_US 20
#define MOST_LOOKS 10

static int64_t read_us(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t read_ms(clockid_t id) {
  return read_us(id) / 1000;
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

static int64_t look_ahead_us(int64_t *doubt_us) {
  int64_t before_us, wall_us, after_us;
  int looks = 0;
  do {
    before_us = read_us(STEADY_CLOCK);
    wall_us = read_us(CLOCK_REALTIME);
    after_us = read_us(STEADY_CLOCK);
  } while (after_us - before_us > SURE_US && ++looks < MOST_LOOKS);
  *doubt_us = after_us - before_us > SURE_US ? after_us - before_us : SURE_US;
  return wall_us - before_us;
}

int64_t ms_clock_ahead_us(const ms_clock *clock, int64_t *doubt_us) {
  *doubt_us = 0;
  if (clock->is_virtual) return clock->skew_ms * 1000;
  return clock->is_shared ? clock->shared_ms * 1000 : look_ahead_us(doubt_us);
}

int64_t ms_clock_at_ms(const ms_clock *clock, int64_t ahead_us) {
  if (clock->is_virtual) return clock->virtual_ms + ahead_us / 1000;
  return (read_us(STEADY_CLOCK) + ahead_us) / 1000;
}
