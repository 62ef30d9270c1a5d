#include "model/backoff.h"

const ms_backoff ms_backoff_default = {
    .policy = MS_BACKOFF_EXPONENTIAL,
    .delay_ms = 30 * 1000,
    .max_ms = 5 * 60 * 60 * 1000,
    .jitter = 0,
};

static int64_t multiply_up_to(int64_t value, int64_t factor, int64_t max) {
  return value > max / factor ? max : value * factor;
}

static int64_t exponential_ms(const ms_backoff *backoff, int64_t n) {
  int64_t wait = backoff->delay_ms;
  while (--n > 0 && wait < backoff->max_ms) {
    wait = multiply_up_to(wait, 2, backoff->max_ms);
  }
  return wait < backoff->max_ms ? wait : backoff->max_ms;
}

int64_t ms_backoff_wait_ms(const ms_backoff *backoff, int64_t n, double random) {
  if (n <= 0) return 0;
  int64_t wait = backoff->policy == MS_BACKOFF_LINEAR
                     ? multiply_up_to(backoff->delay_ms, n, backoff->max_ms)
                     : exponential_ms(backoff, n);
  if (backoff->jitter <= 0) return wait;
  double spread = (double)wait * backoff->jitter * (2 * random - 1);
  return wait + (int64_t)spread;
}
