#include "model/instant.h"

#include <inttypes.h>
#include <stdio.h>

#define MINUTE_MS INT64_C(60000)
#define DAYS_PER_ERA 146097 /* 400 years */
#define EPOCH_DAY 719468    /* from 0000-03-01 to 1970-01-01 */

int64_t ms_floor_div(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0);
}

int64_t ms_floor_mod(int64_t value, int64_t divisor) {
  int64_t rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}

int64_t ms_day_of_date(ms_date date) {
  /* Years begin in March, so that the leap day is the last of its year. */
  int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  int64_t era = ms_floor_div(year, 400);
  int64_t year_of_era = year - era * 400;
  int64_t month = (date.month + 9) % 12;
  int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * DAYS_PER_ERA + day_of_era - EPOCH_DAY;
}

ms_date ms_date_of_day(int64_t day) {
  int64_t shifted = day + EPOCH_DAY;
  int64_t era = ms_floor_div(shifted, DAYS_PER_ERA);
  int64_t day_of_era = shifted - era * DAYS_PER_ERA;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month = (5 * day_of_year + 2) / 153;
  ms_date date = {
      .year = year_of_era + era * 400 + (month >= 10),
      .month = (int)(month < 10 ? month + 3 : month - 9),
      .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
  };
  return date;
}

int ms_days_in_month(int64_t year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

int ms_weekday_of_day(int64_t day) {
  return (int)ms_floor_mod(day + 4, 7); /* 1970-01-01 was a Thursday. */
}

typedef struct reader {
  const char *next;
  const char *end;
} reader;

static bool eat(reader *r, char c) {
  if (r->next == r->end || *r->next != c) return false;
  r->next++;
  return true;
}

static bool is_digit(const reader *r) {
  return r->next < r->end && *r->next >= '0' && *r->next <= '9';
}

static bool take_digits(reader *r, int count, int *value) {
  int result = 0;
  for (; count > 0; count--, r->next++) {
    if (!is_digit(r)) return false;
    result = result * 10 + (*r->next - '0');
  }
  *value = result;
  return true;
}

/* A fraction of a second, after its mark, rounded; may be 1000. */
static bool take_fraction(reader *r, int *ms) {
  if (!is_digit(r)) return false;
  int tenths = 0; /* of a millisecond: the fourth digit decides the rounding */
  for (int place = 1000; is_digit(r); r->next++, place /= 10)
    tenths += place * (*r->next - '0');
  *ms = (tenths + 5) / 10;
  return true;
}

typedef struct parts {
  int year, month, day, hour, minute, second, ms;
  int offset_minutes;
} parts;

static bool take_local(reader *r, parts *p) {
  bool shaped = take_digits(r, 4, &p->year) && eat(r, '-') && take_digits(r, 2, &p->month) &&
                eat(r, '-') && take_digits(r, 2, &p->day) && eat(r, 'T') &&
                take_digits(r, 2, &p->hour) && eat(r, ':') && take_digits(r, 2, &p->minute);
  if (!shaped) return false;
  if (!eat(r, ':')) return true;
  if (!take_digits(r, 2, &p->second)) return false;
  return !(eat(r, '.') || eat(r, ',')) || take_fraction(r, &p->ms);
}

/* "Z", "+02:00", "+0200" or "+02". */
static bool take_zone(reader *r, parts *p) {
  if (eat(r, 'Z')) return true;
  int sign = eat(r, '+') ? 1 : eat(r, '-') ? -1 : 0;
  int hours = 0;
  int minutes = 0;
  if (sign == 0 || !take_digits(r, 2, &hours)) return false;
  bool colon = eat(r, ':');
  if ((colon || is_digit(r)) && !take_digits(r, 2, &minutes)) return false;
  p->offset_minutes = sign * (hours * 60 + minutes);
  return hours <= 23 && minutes <= 59;
}

static bool exists(const parts *p) {
  return p->month >= 1 && p->month <= 12 && p->day >= 1 &&
         p->day <= ms_days_in_month(p->year, p->month) && p->hour <= 23 && p->minute <= 59 &&
         p->second <= 59;
}

ms_status ms_instant_parse(ms_text text, int64_t *ms, ms_err *err) {
  if (text.size == 0) text = MS_TEXT("");
  reader r = {.next = text.data, .end = text.data + text.size};
  parts p = {0};
  if (!take_local(&r, &p)) {
    return ms_fail(err, MS_MISUSE,
                   "expected a time as ISO 8601 with a zone, such as \"2026-11-22T07:30:00Z\"");
  }
  if (!take_zone(&r, &p) || r.next != r.end) {
    return ms_fail(err, MS_MISUSE,
                   "expected a zone after the time, such as \"2026-11-22T07:30:00Z\" or "
                   "\"2026-11-22T09:30:00+02:00\"");
  }
  if (!exists(&p)) {
    return ms_fail(err, MS_MISUSE,
                   "expected a date and time that exist, such as \"2026-11-22T07:30:00Z\"");
  }
  int64_t day = ms_day_of_date((ms_date){p.year, p.month, p.day});
  int64_t minute = p.hour * 60 + p.minute - p.offset_minutes;
  *ms = day * MS_DAY_MS + minute * MINUTE_MS + p.second * 1000 + p.ms;
  return MS_OK;
}

void ms_instant_format(int64_t ms, char out[MS_INSTANT_SIZE]) {
  int64_t day = ms_floor_div(ms, MS_DAY_MS);
  int rest = (int)ms_floor_mod(ms, MS_DAY_MS);
  ms_date date = ms_date_of_day(day);
  /* Years of more than four digits carry a sign in ISO 8601. */
  bool plain = date.year >= 0 && date.year <= 9999;
  int size = plain ? snprintf(out, MS_INSTANT_SIZE, "%04" PRId64, date.year)
                   : snprintf(out, MS_INSTANT_SIZE, "%+05" PRId64, date.year);
  size += snprintf(out + size, (size_t)(MS_INSTANT_SIZE - size), "-%02d-%02dT%02d:%02d:%02d",
                   date.month, date.day, rest / 3600000, rest / 60000 % 60, rest / 1000 % 60);
  size_t room = (size_t)(MS_INSTANT_SIZE - size);
  if (rest % 1000 == 0) {
    snprintf(out + size, room, "Z");
  } else {
    snprintf(out + size, room, ".%03dZ", rest % 1000);
  }
}
