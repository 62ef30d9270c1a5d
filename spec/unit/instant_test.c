/* Instants as ISO 8601 text, and the calendar behind them. */
#include "model/instant.h"
#include "unit.h"

#include <time.h>

/* A check that says more when it fails. */
#define CHECK(condition, ...)                                                                      \
  (unit_check((condition), __FILE__, __LINE__, #condition)                                         \
       ? (void)0                                                                                   \
       : (void)(printf("  "), printf(__VA_ARGS__), putchar('\n')))

static void parses(const char *text, int64_t expected) {
  int64_t ms = -1;
  ms_err err = {MS_OK, ""};
  CHECK(ms_instant_parse(ms_text_of(text), &ms, &err) == MS_OK, "\"%s\": %s", text, err.message);
  CHECK(ms == expected, "\"%s\" is %lld, not %lld", text, (long long)ms, (long long)expected);
}

static void refuses(ms_text text, const char *message) {
  int64_t ms = -1;
  ms_err err = {MS_OK, ""};
  ms_status status = ms_instant_parse(text, &ms, &err);
  CHECK(status == MS_MISUSE, "\"%.*s\"", (int)text.size, text.data);
  CHECK(strstr(err.message, message), "\"%.*s\": %s", (int)text.size, text.data, err.message);
  CHECK(ms == -1, "a refused text writes no result");
}

static void texts_are_read(void) {
  parses("1970-01-01T00:00:00Z", 0);
  parses("2026-01-01T00:00:00Z", INT64_C(1767225600000));
  parses("2026-11-22T07:30:00Z", INT64_C(1795332600000));
  parses("2026-11-22T07:30Z", INT64_C(1795332600000));
  parses("2026-11-22T09:30:00+02:00", INT64_C(1795332600000));
  parses("2026-11-22T09:30:00+0200", INT64_C(1795332600000));
  parses("2026-11-22T09:30:00+02", INT64_C(1795332600000));
  parses("2026-11-22T02:00:00-05:30", INT64_C(1795332600000));
  parses("2026-11-22T07:30:00-00:00", INT64_C(1795332600000));
  parses("2026-11-22T07:30:00.25Z", INT64_C(1795332600250));
  parses("2026-11-22T07:30:00,25Z", INT64_C(1795332600250));
  parses("2026-11-22T07:30:00.0004999Z", INT64_C(1795332600000));
  parses("2026-11-22T07:30:00.0005Z", INT64_C(1795332600001));
  parses("2026-11-22T07:30:59.99999Z", INT64_C(1795332660000));
  parses("2024-02-29T00:00:00Z", INT64_C(1709164800000));
  parses("2000-02-29T00:00:00Z", INT64_C(951782400000));
  parses("1969-12-31T23:59:59.999Z", -1);
  parses("0000-01-01T00:00:00Z", INT64_C(-62167219200000));
  parses("9999-12-31T23:59:59Z", INT64_C(253402300799000));
}

static void wrong_texts_are_refused(void) {
  const char *shapes[] = {"",
                          "now",
                          "2026",
                          "2026-11-22",
                          "20261122T073000Z",
                          "2026-11-22 07:30:00Z",
                          "2026-11-22t07:30:00Z",
                          "26-11-22T07:30:00Z",
                          "2026-1-22T07:30:00Z",
                          "2026-11-22T7:30:00Z",
                          "2026-11-22T07Z",
                          "2026-11-22T07:30:0Z",
                          "2026-11-22T07:30:00.Z",
                          "-2026-11-22T07:30:00Z",
                          " 2026-11-22T07:30:00Z"};
  for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
    refuses(ms_text_of(shapes[i]), "expected a time as ISO 8601 with a zone");
  }
  const char *zones[] = {
      "2026-11-22T07:30:00",        "2026-11-22T07:30",           "2026-11-22T07:30:00z",
      "2026-11-22T07:30:00ZZ",      "2026-11-22T07:30:00+2",      "2026-11-22T07:30:00+02:0",
      "2026-11-22T07:30:00+02:",    "2026-11-22T07:30:00+24:00",  "2026-11-22T07:30:00+02:60",
      "2026-11-22T07:30:00+02:00Z", "2026-11-22T07:30:00 +02:00", "2026-11-22T07:30:00Z "};
  for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
    refuses(ms_text_of(zones[i]), "expected a zone after the time");
  }
  const char *dates[] = {"2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-02-30T00:00:00Z",
                         "2026-04-31T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z",
                         "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z",
                         "2026-01-01T00:60:00Z", "2026-06-30T23:59:60Z"};
  for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
    refuses(ms_text_of(dates[i]), "a date and time that exist");
  }
  refuses(MS_TEXT("2026-11-22T07:30:00Z\0"), "expected a zone");
  refuses(MS_TEXT_NONE, "expected a time");
}

static void formats(int64_t ms, const char *expected) {
  char text[MS_INSTANT_SIZE];
  ms_instant_format(ms, text);
  CHECK(strcmp(text, expected) == 0, "%lld is \"%s\", not \"%s\"", (long long)ms, text, expected);
}

static void instants_are_written_in_utc(void) {
  formats(0, "1970-01-01T00:00:00Z");
  formats(INT64_C(1767225600000), "2026-01-01T00:00:00Z");
  formats(INT64_C(1795332600007), "2026-11-22T07:30:00.007Z");
  formats(-1, "1969-12-31T23:59:59.999Z");
  formats(INT64_C(951782400000), "2000-02-29T00:00:00Z");
  formats(INT64_C(-62167219200000), "0000-01-01T00:00:00Z");
  formats(INT64_C(253402300800000), "+10000-01-01T00:00:00Z");
  formats(INT64_C(-62167219200001), "-0001-12-31T23:59:59.999Z");
  formats(INT64_MAX, "+292278994-08-17T07:12:55.807Z");
  formats(INT64_MIN, "-292275055-05-16T16:47:04.192Z");
}

/* The calendar against the C library's, over eight centuries. */
static void days_and_dates_agree(void) {
  for (int64_t day = -150000; day < 150000; day++) {
    time_t seconds = (time_t)(day * (MS_DAY_MS / 1000));
    struct tm tm;
    gmtime_r(&seconds, &tm);
    ms_date date = ms_date_of_day(day);
    bool same = date.year == tm.tm_year + 1900 && date.month == tm.tm_mon + 1 &&
                date.day == tm.tm_mday && ms_weekday_of_day(day) == tm.tm_wday;
    CHECK(same && ms_day_of_date(date) == day, "day %lld", (long long)day);
    CHECK(date.day <= ms_days_in_month(date.year, date.month), "day %lld", (long long)day);
  }
}

int main(void) {
  UNIT_RUN(texts_are_read);
  UNIT_RUN(wrong_texts_are_refused);
  UNIT_RUN(instants_are_written_in_utc);
  UNIT_RUN(days_and_dates_agree);
  return unit_end();
}
