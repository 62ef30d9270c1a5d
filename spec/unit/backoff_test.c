/* The waits between two attempts. */
#include "model/backoff.h"
#include "unit.h"

/* A check that says more when it fails. */
#define CHECK(condition, ...)                                                                      \
  (unit_check((condition), __FILE__, __LINE__, #condition)                                         \
       ? (void)0                                                                                   \
       : (void)(printf("  "), printf(__VA_ARGS__), putchar('\n')))

static void waits(ms_backoff backoff, int64_t n, double random, int64_t expected) {
  int64_t wait = ms_backoff_wait_ms(&backoff, n, random);
  CHECK(wait == expected, "attempt %lld waits %lld, not %lld", (long long)n, (long long)wait,
        (long long)expected);
}

static void default_is_thirty_seconds_doubling_to_five_hours(void) {
  static const int64_t seconds[] = {30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360};
  for (int n = 0; n < 10; n++)
    waits(ms_backoff_default, n + 1, 0.5, seconds[n] * 1000);
  waits(ms_backoff_default, 11, 0.5, 18000000);
  waits(ms_backoff_default, 12, 0.5, 18000000);
  waits(ms_backoff_default, INT64_MAX, 0.5, 18000000);
}

static void linear_grows_by_its_delay(void) {
  ms_backoff linear = {MS_BACKOFF_LINEAR, 1000, 3500, 0};
  waits(linear, 1, 0, 1000);
  waits(linear, 2, 0, 2000);
  waits(linear, 3, 0, 3000);
  waits(linear, 4, 0, 3500);
  waits(linear, INT64_MAX, 0, 3500);
}

static void nothing_before_the_first_attempt(void) {
  waits(ms_backoff_default, 0, 0.5, 0);
  waits(ms_backoff_default, -1, 0.5, 0);
  waits(ms_backoff_default, INT64_MIN, 0.5, 0);
}

static void large_numbers_saturate(void) {
  const int64_t most = (INT64_C(1) << 53) - 1;
  waits((ms_backoff){MS_BACKOFF_EXPONENTIAL, 1, most, 0}, 53, 0, INT64_C(1) << 52);
  waits((ms_backoff){MS_BACKOFF_EXPONENTIAL, 1, most, 0}, 54, 0, most);
  waits((ms_backoff){MS_BACKOFF_EXPONENTIAL, 3, INT64_MAX, 0}, 1000, 0, INT64_MAX);
  waits((ms_backoff){MS_BACKOFF_LINEAR, most, most, 0}, INT64_MAX, 0, most);
  waits((ms_backoff){MS_BACKOFF_LINEAR, 2, INT64_MAX, 0}, INT64_MAX, 0, INT64_MAX);
}

static void a_delay_above_the_maximum_waits_the_maximum(void) {
  waits((ms_backoff){MS_BACKOFF_EXPONENTIAL, 5000, 1000, 0}, 1, 0, 1000);
  waits((ms_backoff){MS_BACKOFF_LINEAR, 5000, 1000, 0}, 1, 0, 1000);
}

static void jitter_spreads_both_ways(void) {
  ms_backoff backoff = {MS_BACKOFF_EXPONENTIAL, 1000, 4000, 0.5};
  waits(backoff, 1, 0, 500);
  waits(backoff, 1, 0.5, 1000);
  waits(backoff, 1, 1, 1500);
  waits(backoff, 9, 0, 2000);
  waits(backoff, 9, 1, 6000);
  backoff.jitter = 1;
  waits(backoff, 1, 0, 0);
  waits(backoff, 1, 1, 2000);
}

int main(void) {
  UNIT_RUN(default_is_thirty_seconds_doubling_to_five_hours);
  UNIT_RUN(linear_grows_by_its_delay);
  UNIT_RUN(nothing_before_the_first_attempt);
  UNIT_RUN(large_numbers_saturate);
  UNIT_RUN(a_delay_above_the_maximum_waits_the_maximum);
  UNIT_RUN(jitter_spreads_both_ways);
  return unit_end();
}
