/* The time of managers on one machine. */
#include "engine/engine.h"
#include "unit.h"

#include <time.h>

#define MANAGERS 20
#define US_PER_MS 1000

/* By the wall clock. */
static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void wait_for(int64_t us_of_ms) {
  while (now_us() % US_PER_MS / 50 != us_of_ms / 50) {
  }
}

/* In the middle of a millisecond, unless it is over before both clocks are read. */
static bool agrees(const ms_manager *manager) {
  int64_t before_ms, at_ms, after_us;
  do {
    wait_for(US_PER_MS / 2);
    before_ms = now_us() / US_PER_MS;
    at_ms = ms_engine_now(manager);
    after_us = now_us();
  } while (after_us / US_PER_MS != before_ms || after_us % US_PER_MS > 900);
  return at_ms == before_ms;
}

/* What one of them enqueues is due for all others. */
static void the_time_of_managers_does_not_depend_on_when_they_were_opened(void) {
  for (int64_t i = 0; i < MANAGERS; i++) {
    ms_options options;
    ms_manager *manager;
    ms_options_init(&options);
    options.database = ":memory:";
    wait_for(US_PER_MS * i / MANAGERS);
    UNIT_INT(MS_OK, ms_open(&options, &manager, NULL));
    UNIT_CHECK(agrees(manager));
    UNIT_INT(MS_OK, ms_close(manager, 0, NULL));
    ms_free(manager);
  }
}

int main(void) {
  UNIT_RUN(the_time_of_managers_does_not_depend_on_when_they_were_opened);
  return unit_end();
}
