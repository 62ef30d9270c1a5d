/* What time it is.
 *
 * A clock is a plain value that the caller owns; a virtual one moves only when told, and a shared
 * one follows what its owner hears of it.
 *
 * Any thread may read the system's clocks; a virtual clock belongs to one thread at a time.
 *
 * Reading a clock does not fail. */
#ifndef MS_BASE_CLOCK_H
#define MS_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* An instant that never comes; also "absent" in fields that hold an instant. */
#define MS_NEVER INT64_MAX

typedef struct ms_clock {
  bool is_virtual;
  int64_t virtual_ms; /* of the steady clock */
  int64_t skew_ms;    /* by which the virtual wall clock was set since */
  bool is_shared;     /* the wall clock is that of another machine, on which others agree too */
  _Atomic int64_t shared_ms; /* from the steady clock here to that wall clock */
} ms_clock;

/* Milliseconds since the Unix epoch, by the wall clock. */
int64_t ms_clock_wall_ms(const ms_clock *clock);
/* Milliseconds since some moment of this boot; never goes back. */
int64_t ms_clock_steady_ms(const ms_clock *clock);
/* The same of the system, in nanoseconds. */
int64_t ms_clock_steady_ns(void);

/* By how many microseconds the wall clock is ahead of the steady one; *doubt_us is by how many that
 * may be wrong, since two clocks cannot be read at once. */
int64_t ms_clock_ahead_us(const ms_clock *clock, int64_t *doubt_us);
/* What a clock shows, in milliseconds, that is so many microseconds ahead of the steady one. */
int64_t ms_clock_at_ms(const ms_clock *clock, int64_t ahead_us);

#endif
