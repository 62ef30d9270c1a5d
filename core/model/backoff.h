/* How long a work waits between two attempts.
 *
 * An ms_backoff is a plain value.
 *
 * Any thread may call; no clock is read and no state is kept.
 *
 * Nothing here fails: waits saturate at the policy's maximum. */
#ifndef MS_MODEL_BACKOFF_H
#define MS_MODEL_BACKOFF_H

#include <stdint.h>

typedef enum ms_backoff_policy { MS_BACKOFF_EXPONENTIAL, MS_BACKOFF_LINEAR } ms_backoff_policy;

typedef struct ms_backoff {
  ms_backoff_policy policy;
  int64_t delay_ms; /* ≥ 1 */
  int64_t max_ms;   /* ≥ 1 */
  double jitter;    /* 0..1: the share of the wait by which it may be shorter or longer */
} ms_backoff;

/* 30 s exponential, at most 5 h, no jitter. */
extern const ms_backoff ms_backoff_default;

/* The wait after the n-th attempt (n ≥ 1; n ≤ 0 does not wait): min(delay × n, max) or
 * min(delay × 2^(n−1), max), then ± jitter. random is uniform in 0..1. */
int64_t ms_backoff_wait_ms(const ms_backoff *backoff, int64_t n, double random);

#endif
