/* When: moments as callers write them, and the calendar days behind them.
 *
 * An instant is a plain number of milliseconds since the Unix epoch, a day a plain number of days
 * since 1970-01-01, both in the proleptic Gregorian calendar.
 *
 * Any thread may call; no clock is read.
 *
 * What is not a time is MS_MISUSE with a message that says what was expected; the caller puts the
 * path of the field before it. The functions on days do not fail. */
#ifndef MS_MODEL_INSTANT_H
#define MS_MODEL_INSTANT_H

#include "base/status.h"
#include "base/text.h"

#include <stdint.h>

#define MS_DAY_MS (24 * 60 * 60 * INT64_C(1000))
/* Enough for every 64-bit instant, with the NUL. */
#define MS_INSTANT_SIZE 32

typedef struct ms_date {
  int64_t year;
  int month; /* 1..12 */
  int day;   /* 1..31 */
} ms_date;

/* Reads ISO 8601 in its extended form, years 0000 to 9999, with a zone: "2026-11-22T07:30:00Z",
 * "2026-11-22T09:30:00.250+02:00". Seconds may be left out; fractions of them are rounded to the
 * millisecond. Leap seconds are refused: the Unix epoch has no number for them. */
ms_status ms_instant_parse(ms_text text, int64_t *ms, ms_err *err);
/* Writes UTC as "2026-01-01T00:00:00Z", with ".mmm" only where it is not zero. */
void ms_instant_format(int64_t ms, char out[MS_INSTANT_SIZE]);

/* Days since the epoch of a date, and back (Howard Hinnant, "chrono-compatible low-level date
 * algorithms"). */
int64_t ms_day_of_date(ms_date date);
ms_date ms_date_of_day(int64_t day);
int ms_days_in_month(int64_t year, int month);
/* 0 = Sunday … 6 = Saturday. */
int ms_weekday_of_day(int64_t day);
/* The quotient and the remainder 0 ≤ rest < divisor, for negative values too. */
int64_t ms_floor_div(int64_t value, int64_t divisor);
int64_t ms_floor_mod(int64_t value, int64_t divisor);

#endif
