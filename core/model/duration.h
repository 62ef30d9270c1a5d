/* How long: lengths of time as callers write them.
 *
 * A duration is a plain number of milliseconds, 0 ≤ ms ≤ MS_DURATION_MAX_MS.
 *
 * Any thread may call; no clock is read.
 *
 * What is not a duration is MS_MISUSE with a message that says what was expected; the caller puts
 * the path of the field before it. Zero is a duration: whether waiting may be left out is the
 * caller's business. */
#ifndef MS_MODEL_DURATION_H
#define MS_MODEL_DURATION_H

#include "base/status.h"
#include "base/text.h"

#include <stdint.h>

/* 285,616 years: every duration is exact in a double, and the sum of a thousand of them and a
 * wall time stays within 64 bits. */
#define MS_DURATION_MAX_MS ((INT64_C(1) << 53) - 1)

/* Reads "500ms", "30s", "1.5h", "1h30m", "2d", "1w": a unit on every part, each unit at most once,
 * the largest first. The whole is rounded to the millisecond, halves up. */
ms_status ms_duration_parse(ms_text text, int64_t *ms, ms_err *err);
/* Rounds a number of seconds to the millisecond. */
ms_status ms_duration_of_seconds(double seconds, int64_t *ms, ms_err *err);

#endif
