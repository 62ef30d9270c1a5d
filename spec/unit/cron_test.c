/* Cron: what is read and refused, single cases worth a name, and random expressions against a
 * search that walks minute by minute through what the C library calls local time. */
#include "base/clock.h"
#include "model/cron.h"
#include "model/instant.h"
#include "unit.h"

#include <stdlib.h>
#include <time.h>

/* A check that says more when it fails. */
#define CHECK(condition, ...)                                                                      \
  (unit_check((condition), __FILE__, __LINE__, #condition)                                         \
       ? (void)0                                                                                   \
       : (void)(printf("  "), printf(__VA_ARGS__), putchar('\n')))

#define MINUTE_MS INT64_C(60000)

static int64_t instant(const char *text) {
  int64_t ms = 0;
  CHECK(ms_instant_parse(ms_text_of(text), &ms, NULL) == MS_OK, "%s", text);
  return ms;
}

static ms_zone *open_zone(const char *name) {
  ms_zone *zone = NULL;
  ms_err err = {MS_OK, ""};
  CHECK(ms_zone_open(ms_text_of(name), &zone, &err) == MS_OK, "%s", err.message);
  return zone;
}

/* Starting behind the first instant, the expression runs at the others, in this order. */
static void runs(const char *expression, const char *zone_name, const char *const *instants) {
  ms_cron cron;
  ms_err err = {MS_OK, ""};
  CHECK(ms_cron_parse(ms_text_of(expression), &cron, &err) == MS_OK, "%s", err.message);
  if (err.status != MS_OK) return;
  ms_zone *zone = open_zone(zone_name);
  int64_t at = instant(instants[0]);
  for (size_t i = 1; instants[i]; i++) {
    char seen[MS_INSTANT_SIZE];
    CHECK(ms_cron_next(&cron, zone, at, &at), "%s", expression);
    ms_instant_format(at, seen);
    CHECK(at == instant(instants[i]), "\"%s\" in %s: run %zu is at %s, not %s", expression,
          zone_name, i, seen, instants[i]);
  }
  ms_zone_free(zone);
}

#define RUNS(expression, zone, ...) runs(expression, zone, (const char *const[]){__VA_ARGS__, NULL})

static void times_of_day(void) {
  RUNS("* * * * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z");
  RUNS("* * * * *", "UTC", "2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00Z");
  RUNS("* * * * *", "UTC", "2025-12-31T23:59:00.001Z", "2026-01-01T00:00:00Z");
  RUNS("30 7 * * *", "UTC", "2026-01-01T07:30:00Z", "2026-01-02T07:30:00Z");
  RUNS("30 7 * * *", "UTC", "2026-01-01T07:29:59.999Z", "2026-01-01T07:30:00Z");
  RUNS("*/20 9-10 * * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T09:00:00Z",
       "2026-01-01T09:20:00Z", "2026-01-01T09:40:00Z", "2026-01-01T10:00:00Z",
       "2026-01-01T10:20:00Z", "2026-01-01T10:40:00Z", "2026-01-02T09:00:00Z");
  RUNS("5,10-12,40/10 0 * * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:05:00Z",
       "2026-01-01T00:10:00Z", "2026-01-01T00:11:00Z", "2026-01-01T00:12:00Z",
       "2026-01-01T00:40:00Z", "2026-01-01T00:50:00Z", "2026-01-02T00:05:00Z");
  RUNS("0 8-17/4 * * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T08:00:00Z",
       "2026-01-01T12:00:00Z", "2026-01-01T16:00:00Z", "2026-01-02T08:00:00Z");
  RUNS("  0\t0  * * * ", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
  RUNS("0 9 * * *", "Asia/Kolkata", "2026-01-01T00:00:00Z", "2026-01-01T03:30:00Z",
       "2026-01-02T03:30:00Z");
  RUNS("0 0 1 1 *", "UTC", "1969-06-01T00:00:00Z", "1970-01-01T00:00:00Z");
  RUNS("59 23 31 12 *", "UTC", "1960-12-31T23:59:00Z", "1961-12-31T23:59:00Z");
}

static void days(void) {
  /* 2026-01-01 is a Thursday. */
  RUNS("0 0 * * 7", "UTC", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z", "2026-01-11T00:00:00Z");
  RUNS("0 0 * * sun", "UTC", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z");
  RUNS("0 0 * * Sat-Sun", "UTC", "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z",
       "2026-01-04T00:00:00Z", "2026-01-10T00:00:00Z");
  RUNS("0 0 * * 5-7", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z",
       "2026-01-04T00:00:00Z", "2026-01-09T00:00:00Z");
  RUNS("0 0 * * MON-FRI", "UTC", "2026-01-02T00:00:00Z", "2026-01-05T00:00:00Z");
  RUNS("0 0 * Feb,dec 1", "UTC", "2026-02-23T00:00:00Z", "2026-12-07T00:00:00Z");
  RUNS("0 0 L * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z",
       "2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z");
  RUNS("0 0 15,l 2 *", "UTC", "2028-01-01T00:00:00Z", "2028-02-15T00:00:00Z",
       "2028-02-29T00:00:00Z");
  RUNS("0 0 * * 5L", "UTC", "2026-01-01T00:00:00Z", "2026-01-30T00:00:00Z", "2026-02-27T00:00:00Z");
  RUNS("0 0 * * FRIL,1L", "UTC", "2026-01-01T00:00:00Z", "2026-01-26T00:00:00Z",
       "2026-01-30T00:00:00Z");
  RUNS("0 0 * * 5#3", "UTC", "2026-01-01T00:00:00Z", "2026-01-16T00:00:00Z",
       "2026-02-20T00:00:00Z");
  RUNS("0 0 * * thu#5", "UTC", "2026-01-01T00:00:00Z", "2026-01-29T00:00:00Z",
       "2026-04-30T00:00:00Z");
  RUNS("0 0 * * 7#1,0#2,7L", "UTC", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z",
       "2026-01-11T00:00:00Z", "2026-01-25T00:00:00Z");
}

static void both_day_fields(void) {
  /* Both restricted: either matches. */
  RUNS("0 0 10 * MON", "UTC", "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z",
       "2026-01-10T00:00:00Z", "2026-01-12T00:00:00Z");
  RUNS("0 0 13 * 5", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z",
       "2026-01-13T00:00:00Z");
  RUNS("0 0 L * 5#3", "UTC", "2026-01-01T00:00:00Z", "2026-01-16T00:00:00Z",
       "2026-01-31T00:00:00Z");
  RUNS("0 0 30 2 1", "UTC", "2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z");
  /* One begins with a star: both must match. */
  RUNS("0 0 */2 * MON", "UTC", "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z",
       "2026-01-19T00:00:00Z");
  RUNS("0 0 13 * */5", "UTC", "2026-01-01T00:00:00Z", "2026-02-13T00:00:00Z",
       "2026-03-13T00:00:00Z", "2026-09-13T00:00:00Z");
}

static void rare_days(void) {
  RUNS("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z");
  RUNS("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z");
  /* Leap days on a Sunday, across the year 2100 that has none. */
  RUNS("0 0 29 2 */7", "Europe/Berlin", "2026-01-01T00:00:00Z", "2032-02-28T23:00:00Z",
       "2060-02-28T23:00:00Z", "2088-02-28T23:00:00Z", "2128-02-28T23:00:00Z");
  RUNS("0 0 * 2 5#5", "UTC", "2026-01-01T00:00:00Z", "2036-02-29T00:00:00Z");
}

static void aliases(void) {
  RUNS("@hourly", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z");
  RUNS("@daily", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
  RUNS("@midnight", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
  RUNS("@weekly", "UTC", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z");
  RUNS("@monthly", "UTC", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
  RUNS("@yearly", "UTC", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
  RUNS("@annually", "UTC", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
}

/* Berlin skips 02:00 to 03:00 on 2026-03-29, at 01:00 UTC. */
static void skipped_times(void) {
  RUNS("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-28T01:30:00Z",
       "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z");
  RUNS("*/10 2 * * *", "Europe/Berlin", "2026-03-28T01:50:00Z", "2026-03-29T01:00:00Z",
       "2026-03-30T00:00:00Z");
  RUNS("0,30 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z",
       "2026-03-29T01:30:00Z", "2026-03-30T00:00:00Z");
  RUNS("30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T00:30:00Z",
       "2026-03-29T01:30:00Z");
  RUNS("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T00:30:00Z",
       "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z");
  RUNS("30 */1 * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z");
  RUNS("0 */2 * * *", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z",
       "2026-03-29T02:00:00Z");
  /* Half an hour, and a whole day. */
  RUNS("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-03T15:30:00Z",
       "2026-10-04T15:15:00Z");
  RUNS("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2011-12-29T22:00:00Z",
       "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z");
}

/* Berlin repeats 02:00 to 03:00 on 2026-10-25, from 00:00 and from 01:00 UTC. */
static void repeated_times(void) {
  RUNS("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z",
       "2026-10-26T01:30:00Z");
  RUNS("0,30 1-3 * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", "2026-10-25T00:00:00Z",
       "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z");
  RUNS("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z");
  RUNS("30 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z",
       "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z");
  RUNS("30 */2 * * *", "Europe/Berlin", "2026-10-24T22:30:00Z", "2026-10-25T00:30:00Z",
       "2026-10-25T01:30:00Z", "2026-10-25T03:30:00Z");
  RUNS("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z",
       "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z");
  RUNS("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", "2026-04-04T14:45:00Z",
       "2026-04-05T15:15:00Z");
}

static void refuses(ms_text text, const char *message) {
  ms_cron cron = {.minutes = 7};
  ms_err err = {MS_OK, ""};
  ms_status status = ms_cron_parse(text, &cron, &err);
  CHECK(status == MS_MISUSE, "\"%.*s\"", (int)text.size, text.data);
  CHECK(strstr(err.message, message), "\"%.*s\": %s", (int)text.size, text.data, err.message);
  CHECK(cron.minutes == 7, "a refused text writes no result");
}

static void wrong_text_is_refused_by_field(void) {
  static const struct {
    const char *message;
    const char *texts[16];
  } rows[] = {
      {"expected five fields",
       {"", " ", "* * * *", "* * * * * *", "@reboot", "@", "@daily @daily", "hourly", "*"}},
      {"minute field",
       {"60 * * * *", "-1 * * * *", "a * * * *", "1- * * * *", "5-1 * * * *", "*/0 * * * *",
        "*/ * * * *", "*/61 * * * *", "1,,2 * * * *", ",1 * * * *", "1, * * * *", "1.5 * * * *",
        "*5 * * * *", "99999999999999999999 * * * *", "? * * * *", "L * * * *"}},
      {"hour field", {"* 24 * * *", "* 1-24 * * *", "* */25 * * *", "* L * * *", "* 1/ * * *"}},
      {"day-of-month field",
       {"* * 0 * *", "* * 32 * *", "* * 15W * *", "* * L-3 * *", "* * LW * *", "* * ? * *",
        "* * 5L * *", "* * 1-L * *"}},
      {"month field",
       {"* * * 0 *", "* * * 13 *", "* * * JANUARY *", "* * * MON *", "* * * DEC-JAN *"}},
      {"day-of-week field",
       {"* * * * 8", "* * * * L", "* * * * 5#0", "* * * * 5#6", "* * * * 5#", "* * * * #3",
        "* * * * 5-1", "* * * * MONDAY", "* * * * 1-5L", "* * * * JAN", "* * * * *\n", "* * * * 8L",
        "* * * * *#2", "* * * * 1-5#2"}},
      {"no day ever matches",
       {"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 30-31 FEB *", "0 0 31 4 */2"}},
  };
  for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
    for (size_t i = 0; i < 16 && rows[row].texts[i]; i++) {
      refuses(ms_text_of(rows[row].texts[i]), rows[row].message);
    }
  }
  refuses(MS_TEXT_NONE, "expected five fields");
  refuses(MS_TEXT("* * * * *\0"), "day-of-week field");
}

static void absurd_instants_have_no_next(void) {
  ms_cron cron;
  int64_t next = 7;
  CHECK(ms_cron_parse(MS_TEXT("@daily"), &cron, NULL) == MS_OK, "reads");
  CHECK(!ms_cron_next(&cron, NULL, INT64_MAX, &next) && next == 7, "never");
  CHECK(!ms_cron_next(&cron, NULL, INT64_MIN, &next) && next == 7, "never");
  CHECK(ms_cron_next(&cron, NULL, (INT64_C(1) << 60) - 1, &next), "far away");
}

/* ---- random expressions against a walk through the minutes ---- */

static uint64_t seed = 20260101;

static int pick(int count) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (int)((seed >> 33) % (uint64_t)count);
}

/* What an expression means, written down while its text is made. */
typedef struct meaning {
  char text[256];
  bool minute[60], hour[24], day[32], month[13], weekday[7];
  bool last_day, last_weekday[7], nth_weekday[7][6];
  bool either, elapsed;
} meaning;

/* One item of a list: a value, a range, a stepped range, or an open step. */
static void add_item(meaning *m, bool *set, int low, int high) {
  char *end = m->text + strlen(m->text);
  int from = low + pick(high - low + 1);
  int to = from + pick(high - from + 1);
  int step = 1;
  switch (pick(4)) {
  case 0:
    sprintf(end, "%d", from);
    to = from;
    break;
  case 1:
    sprintf(end, "%d-%d", from, to);
    break;
  case 2:
    step = 1 + pick(5);
    sprintf(end, "%d-%d/%d", from, to, step);
    break;
  default:
    step = 1 + pick(5);
    to = high;
    sprintf(end, "%d/%d", from, step);
    break;
  }
  for (int value = from; value <= to; value += step)
    set[value] = true;
}

/* True if the field begins with a star. */
static bool add_field(meaning *m, bool *set, int low, int high, int stars_in_ten) {
  bool star = pick(10) < stars_in_ten;
  if (star) {
    int step = pick(3) == 0 ? 1 + pick(high - low + 1) : 0;
    sprintf(m->text + strlen(m->text), step ? "*/%d" : "*", step);
    for (int value = low; value <= high; value += step ? step : 1)
      set[value] = true;
  } else {
    add_item(m, set, low, high);
    for (int more = pick(3); more > 0; more--) {
      strcat(m->text, ",");
      add_item(m, set, low, high);
    }
  }
  return star;
}

static void add_specials(meaning *m) {
  char *end = m->text + strlen(m->text);
  int weekday = pick(7);
  int n = 1 + pick(5);
  if (pick(2) == 0) {
    sprintf(end, "%dL", weekday);
    m->last_weekday[weekday] = true;
  } else {
    sprintf(end, "%d#%d", weekday, n);
    m->nth_weekday[weekday][n] = true;
  }
}

static meaning random_meaning(void) {
  meaning m = {.text = ""};
  add_field(&m, m.minute, 0, 59, 3);
  strcat(m.text, " ");
  bool hour_star = add_field(&m, m.hour, 0, 23, 4);
  m.elapsed = hour_star;
  strcat(m.text, " ");
  bool day_star = add_field(&m, m.day, 1, 31, 7);
  if (pick(8) == 0) {
    strcat(m.text, ",L");
    m.last_day = true;
  }
  strcat(m.text, " ");
  add_field(&m, m.month, 1, 12, 9);
  strcat(m.text, " ");
  bool weekday_star = false;
  if (pick(4) == 0) {
    add_specials(&m);
  } else {
    weekday_star = add_field(&m, m.weekday, 0, 6, 7);
  }
  m.either = !day_star && !weekday_star;
  return m;
}

/* Whether a local minute, counted as if it were UTC, matches. */
static bool means(const meaning *m, int64_t local_minute) {
  time_t seconds = (time_t)(local_minute * 60);
  struct tm tm;
  gmtime_r(&seconds, &tm);
  if (!m->minute[tm.tm_min] || !m->hour[tm.tm_hour] || !m->month[tm.tm_mon + 1]) return false;
  int days = ms_days_in_month(tm.tm_year + 1900, tm.tm_mon + 1);
  bool day = m->day[tm.tm_mday] || (m->last_day && tm.tm_mday == days);
  bool weekday = m->weekday[tm.tm_wday] || (m->last_weekday[tm.tm_wday] && tm.tm_mday > days - 7) ||
                 m->nth_weekday[tm.tm_wday][(tm.tm_mday + 6) / 7];
  return m->either ? day || weekday : day && weekday;
}

#define BEFORE (2 * 1440) /* minutes of a window before and behind the clock change */
#define WINDOW (2 * BEFORE)
#define SEEN (WINDOW + 4 * 1440)

/* The local minute at each minute of the window, by the C library. */
typedef struct window {
  const char *zone_name;
  const ms_zone *zone;
  int64_t first; /* UTC minute */
  int64_t local[WINDOW];
} window;

static bool every_hour(const meaning *m) {
  for (int hour = 0; hour < 24; hour++) {
    if (!m->hour[hour]) return false;
  }
  return true;
}

/* Walks the window: a minute runs the expression if the clock shows a matching time that it has
 * not shown before, or if it has just skipped one. */
static void walk(const window *w, const meaning *m, bool *due) {
  static bool seen[SEEN];
  memset(seen, 0, sizeof(seen));
  int64_t origin = w->local[0] - 2 * 1440;
  for (int64_t i = 0; i < WINDOW; i++) {
    int64_t here = w->local[i];
    bool again = seen[here - origin] && !m->elapsed;
    due[i] = !again && means(m, here);
    seen[here - origin] = true;
    if (i == 0 || (m->elapsed && every_hour(m))) continue;
    for (int64_t skipped = w->local[i - 1] + 1; skipped < here; skipped++) {
      if (m->elapsed || !seen[skipped - origin]) due[i] = due[i] || means(m, skipped);
      seen[skipped - origin] = true;
    }
  }
}

static int64_t first_due(const bool *due, int64_t from) {
  while (from < WINDOW && !due[from])
    from++;
  return from;
}

static void compare(const window *w, const meaning *m) {
  static bool due[WINDOW];
  ms_cron cron;
  ms_err err = {MS_OK, ""};
  if (ms_cron_parse(ms_text_of(m->text), &cron, &err) != MS_OK) {
    CHECK(strstr(err.message, "no day ever"), "\"%s\": %s", m->text, err.message);
    return;
  }
  walk(w, m, due);
  int64_t end = (w->first + WINDOW) * MINUTE_MS;
  for (int64_t i = 0; i < WINDOW; i = i % 3 == 0 ? first_due(due, i + 1) : i + 1 + pick(300)) {
    int64_t after = (w->first + i) * MINUTE_MS + (pick(2) ? pick(60000) : 0);
    int64_t expected = (w->first + first_due(due, i + 1)) * MINUTE_MS;
    int64_t next = 0;
    CHECK(ms_cron_next(&cron, w->zone, after, &next) && next > after, "\"%s\"", m->text);
    CHECK(next == expected || (expected == end && next >= end),
          "\"%s\" in %s after %lld: %lld, not %lld", m->text, w->zone_name, (long long)after,
          (long long)next, (long long)expected);
  }
}

static int64_t library_offset_minutes(int64_t minute) {
  time_t seconds = (time_t)(minute * 60);
  struct tm tm;
  localtime_r(&seconds, &tm);
  return tm.tm_gmtoff / 60;
}

/* Windows around every clock change from 2005 to 2045, and some without one. */
static void compare_zone(const char *name, int expressions) {
  static window w;
  ms_zone *zone = open_zone(name);
  setenv("TZ", name, 1);
  tzset();
  int64_t start = ms_day_of_date((ms_date){2005, 1, 1}) * 1440;
  int64_t end = ms_day_of_date((ms_date){2045, 1, 1}) * 1440;
  int64_t offset = library_offset_minutes(start);
  for (int64_t hour = start; hour < end; hour += 60) {
    int64_t offset_before = offset;
    offset = library_offset_minutes(hour + 60);
    bool changes = offset != offset_before;
    if (!changes && pick(20000) > 0) continue;
    w.zone_name = name;
    w.zone = zone;
    w.first = hour - BEFORE;
    for (int i = 0; i < WINDOW; i++) {
      w.local[i] = w.first + i + library_offset_minutes(w.first + i);
    }
    for (int i = 0; i < expressions; i++) {
      meaning m = random_meaning();
      compare(&w, &m);
    }
  }
  ms_zone_free(zone);
}

static void random_expressions_agree_with_a_walk(void) {
  const char *given = getenv("MOONSHIFT_SEED");
  if (given && strtoull(given, NULL, 10) != 0) seed = strtoull(given, NULL, 10);
  printf("seed %llu\n", (unsigned long long)seed);
  static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                      "Asia/Kolkata",  "Pacific/Apia",     "UTC",
                                      "Europe/Dublin", "Antarctica/Troll"};
  for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
    compare_zone(zones[i], 4);
}

int main(void) {
  UNIT_RUN(times_of_day);
  UNIT_RUN(days);
  UNIT_RUN(both_day_fields);
  UNIT_RUN(rare_days);
  UNIT_RUN(aliases);
  UNIT_RUN(skipped_times);
  UNIT_RUN(repeated_times);
  UNIT_RUN(wrong_text_is_refused_by_field);
  UNIT_RUN(absurd_instants_have_no_next);
  UNIT_RUN(random_expressions_agree_with_a_walk);
  return unit_end();
}
