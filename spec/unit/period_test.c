/* When work with an interval is due: every statement of the contract about periods. */
#include "model/period.h"
#include "unit.h"

/* A check that says more when it fails. */
#define CHECK(condition, ...)                                                                      \
  (unit_check((condition), __FILE__, __LINE__, #condition)                                         \
       ? (void)0                                                                                   \
       : (void)(printf("  "), printf(__VA_ARGS__), putchar('\n')))

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define NOON INT64_C(1767268800000) /* 2026-01-01T12:00:00Z, the anchor of all periods here */

static const ms_period hourly = {MS_FIXED_RATE, NOON, HOUR, 0};
static const ms_period flexible = {MS_FIXED_RATE, NOON, HOUR, 10 * MINUTE};
static const ms_period delayed = {MS_FIXED_DELAY, NOON, HOUR, 0};

#define FIRST(period, expected)                                                                    \
  CHECK(ms_period_first_due(&(period)) == (expected), "%lld ms after the anchor",                  \
        (long long)(ms_period_first_due(&(period)) - NOON))
#define NEXT(period, started_at, finished_at, expected)                                            \
  CHECK(ms_period_next_due(&(period), started_at, finished_at) == (expected),                      \
        "%lld ms after the anchor",                                                                \
        (long long)(ms_period_next_due(&(period), started_at, finished_at) - NOON))

static void without_flex_the_first_run_is_immediate(void) {
  FIRST(hourly, NOON);
}

static void a_run_is_followed_in_the_period_behind_its_start(void) {
  NEXT(hourly, NOON, NOON + 1, NOON + HOUR);
  NEXT(hourly, NOON + 5 * MINUTE, NOON + 6 * MINUTE, NOON + HOUR);
  NEXT(hourly, NOON + HOUR - 1, NOON + HOUR + MINUTE, NOON + HOUR);
  NEXT(hourly, NOON + HOUR, NOON + HOUR, NOON + 2 * HOUR);
}

/* What starts late does not move what follows. */
static void fixed_rate_does_not_drift(void) {
  int64_t due = ms_period_first_due(&hourly);
  for (int64_t k = 0; k < 1000; k++) {
    CHECK(due == NOON + k * HOUR, "period %lld", (long long)k);
    due = ms_period_next_due(&hourly, due + k % 60 * MINUTE, due + HOUR);
  }
}

static void a_run_longer_than_its_period_is_due_again_at_once(void) {
  int64_t finished_at = NOON + 3 * HOUR + 20 * MINUTE;
  CHECK(ms_period_next_due(&hourly, NOON, finished_at) <= finished_at, "the window lies behind");
}

static void missed_periods_fold_into_one_run(void) {
  int64_t back_at = NOON + 5 * HOUR + 30 * MINUTE;
  CHECK(ms_period_next_due(&hourly, NOON, NOON) < back_at, "one run is due");
  NEXT(hourly, back_at, back_at + 1, NOON + 6 * HOUR);
}

static void a_run_before_the_anchor_belongs_to_no_period(void) {
  NEXT(hourly, NOON - 1, NOON, NOON);
  NEXT(hourly, NOON - 10 * HOUR, NOON - 10 * HOUR, NOON);
  NEXT(flexible, NOON - 5 * MINUTE, NOON, NOON + 50 * MINUTE);
}

static void flex_holds_in_every_period(void) {
  int64_t due = ms_period_first_due(&flexible);
  for (int64_t k = 0; k < 1000; k++) {
    CHECK(due == NOON + k * HOUR + 50 * MINUTE, "period %lld", (long long)k);
    due = ms_period_next_due(&flexible, due + k % 10 * MINUTE, due + HOUR);
  }
}

static void a_run_outside_its_window_belongs_to_its_period_all_the_same(void) {
  NEXT(flexible, NOON + 5 * MINUTE, NOON + 6 * MINUTE, NOON + HOUR + 50 * MINUTE);
  NEXT(flexible, NOON + HOUR, NOON + HOUR, NOON + 2 * HOUR + 50 * MINUTE);
  NEXT(flexible, NOON + 5 * HOUR + 30 * MINUTE, NOON + 6 * HOUR, NOON + 6 * HOUR + 50 * MINUTE);
}

static void flex_of_the_whole_interval_is_no_flex(void) {
  ms_period whole = hourly;
  whole.flex_ms = HOUR;
  FIRST(whole, NOON);
  NEXT(whole, NOON + 5 * MINUTE, NOON + 6 * MINUTE, NOON + HOUR);
}

static void fixed_delay_counts_from_the_finish(void) {
  FIRST(delayed, NOON);
  NEXT(delayed, NOON, NOON + 7 * MINUTE, NOON + HOUR + 7 * MINUTE);
  NEXT(delayed, NOON, NOON + 5 * HOUR, NOON + 6 * HOUR);
  NEXT(delayed, NOON - HOUR, NOON - HOUR + 1, NOON + 1);
}

static void long_intervals_do_not_overflow(void) {
  int64_t every = (INT64_C(1) << 53) - 1;
  ms_period longest = {MS_FIXED_RATE, NOON, every, 1};
  FIRST(longest, NOON + every - 1);
  NEXT(longest, NOON + every - 1, NOON + every, NOON + 2 * every - 1);
  longest.anchor_ms = -NOON;
  NEXT(longest, NOON, NOON, -NOON + 2 * every - 1);
}

int main(void) {
  UNIT_RUN(without_flex_the_first_run_is_immediate);
  UNIT_RUN(a_run_is_followed_in_the_period_behind_its_start);
  UNIT_RUN(fixed_rate_does_not_drift);
  UNIT_RUN(a_run_longer_than_its_period_is_due_again_at_once);
  UNIT_RUN(missed_periods_fold_into_one_run);
  UNIT_RUN(a_run_before_the_anchor_belongs_to_no_period);
  UNIT_RUN(flex_holds_in_every_period);
  UNIT_RUN(a_run_outside_its_window_belongs_to_its_period_all_the_same);
  UNIT_RUN(flex_of_the_whole_interval_is_no_flex);
  UNIT_RUN(fixed_delay_counts_from_the_finish);
  UNIT_RUN(long_intervals_do_not_overflow);
  return unit_end();
}
