#include "model/duration.h"

#include <math.h>

/* The largest first: a part may only use a unit that stands behind that of the part before. */
static const struct unit {
  const char *name;
  int64_t ms;
} units[] = {
    {"w", 7 * 24 * 60 * 60 * INT64_C(1000)},
    {"d", 24 * 60 * 60 * INT64_C(1000)},
    {"h", 60 * 60 * INT64_C(1000)},
    {"m", 60 * INT64_C(1000)},
    {"s", INT64_C(1000)},
    {"ms", INT64_C(1)},
};
#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

/* Fractions are kept in billionths. A billionth of a week is below a thousandth of a millisecond,
 * so digits behind the ninth cannot matter to anyone. */
#define BILLION INT64_C(1000000000)

typedef struct reader {
  const char *next;
  const char *end;
  size_t first_unit; /* units before this one are used up */
  int64_t ms;
  int64_t billionths; /* of a millisecond, still to be rounded */
} reader;

static ms_status refuse(ms_err *err) {
  return ms_fail(err, MS_MISUSE, "expected a duration such as 30, \"1.5h\" or \"1h30m\"");
}

static ms_status refuse_length(ms_err *err) {
  return ms_fail(err, MS_MISUSE, "expected a duration of at most 2^53 - 1 ms");
}

static bool is_digit(const reader *r) {
  return r->next < r->end && *r->next >= '0' && *r->next <= '9';
}

/* Stops growing at the longest duration: what is longer is refused anyway. */
static int64_t take_whole(reader *r) {
  int64_t value = 0;
  for (; is_digit(r); r->next++) {
    if (value <= MS_DURATION_MAX_MS) value = value * 10 + (*r->next - '0');
  }
  return value;
}

static int64_t take_billionths(reader *r) {
  int64_t value = 0;
  for (int64_t place = BILLION / 10; is_digit(r); r->next++, place /= 10) {
    value += place * (*r->next - '0');
  }
  return value;
}

/* The unit's position, or UNIT_COUNT. The name ends where the next part's digits begin. */
static size_t take_unit(reader *r) {
  const char *start = r->next;
  while (r->next < r->end && !is_digit(r))
    r->next++;
  ms_text name = {start, (size_t)(r->next - start)};
  size_t unit = 0;
  while (unit < UNIT_COUNT && !ms_text_equal(name, ms_text_of(units[unit].name)))
    unit++;
  return unit;
}

static ms_status take_part(reader *r, ms_err *err) {
  if (!is_digit(r)) return refuse(err);
  int64_t whole = take_whole(r);
  int64_t billionths = 0;
  if (r->next < r->end && *r->next == '.') {
    r->next++;
    if (!is_digit(r)) return refuse(err);
    billionths = take_billionths(r);
  }
  size_t unit = take_unit(r);
  if (unit == UNIT_COUNT) return refuse(err);
  if (unit < r->first_unit) {
    return ms_fail(err, MS_MISUSE,
                   "expected a duration with each unit once and the largest first, "
                   "such as \"1h30m\"");
  }
  r->first_unit = unit + 1;
  if (whole > (MS_DURATION_MAX_MS - r->ms) / units[unit].ms) return refuse_length(err);
  billionths *= units[unit].ms;
  r->ms += whole * units[unit].ms + billionths / BILLION;
  r->billionths += billionths % BILLION;
  return r->ms > MS_DURATION_MAX_MS ? refuse_length(err) : MS_OK;
}

ms_status ms_duration_parse(ms_text text, int64_t *ms, ms_err *err) {
  if (text.size == 0) return refuse(err);
  reader r = {.next = text.data, .end = text.data + text.size};
  while (r.next < r.end) {
    ms_status status = take_part(&r, err);
    if (status != MS_OK) return status;
  }
  int64_t rounded = r.ms + (r.billionths + BILLION / 2) / BILLION;
  if (rounded > MS_DURATION_MAX_MS) return refuse_length(err);
  *ms = rounded;
  return MS_OK;
}

ms_status ms_duration_of_seconds(double seconds, int64_t *ms, ms_err *err) {
  if (!isfinite(seconds) || seconds < 0) return refuse(err);
  double rounded = round(seconds * 1000);
  if (!(rounded <= (double)MS_DURATION_MAX_MS)) return refuse_length(err);
  *ms = (int64_t)rounded;
  return MS_OK;
}
