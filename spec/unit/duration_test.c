/* Durations as callers write them: every form the contract names, and every way to get it wrong. */
#include "model/duration.h"
#include "unit.h"

#include <math.h>

/* A check that says more when it fails. */
#define CHECK(condition, ...)                                                                      \
  (unit_check((condition), __FILE__, __LINE__, #condition)                                         \
       ? (void)0                                                                                   \
       : (void)(printf("  "), printf(__VA_ARGS__), putchar('\n')))

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)

static void parses(const char *text, int64_t expected) {
  int64_t ms = -1;
  ms_err err = {MS_OK, ""};
  ms_status status = ms_duration_parse(ms_text_of(text), &ms, &err);
  CHECK(status == MS_OK, "\"%s\": %s", text, err.message);
  CHECK(ms == expected, "\"%s\" is %lld, not %lld", text, (long long)ms, (long long)expected);
}

static void refuses(ms_text text, const char *message) {
  int64_t ms = -1;
  ms_err err = {MS_OK, ""};
  ms_status status = ms_duration_parse(text, &ms, &err);
  CHECK(status == MS_MISUSE && err.status == MS_MISUSE, "\"%.*s\"", (int)text.size, text.data);
  CHECK(strstr(err.message, message), "\"%.*s\": %s", (int)text.size, text.data, err.message);
  CHECK(ms == -1, "a refused text writes no result");
  CHECK(ms_duration_parse(text, &ms, NULL) == MS_MISUSE, "the detail is optional");
}

static void texts_are_read(void) {
  parses("500ms", 500);
  parses("30s", 30 * SECOND);
  parses("5m", 5 * MINUTE);
  parses("1.5h", 90 * MINUTE);
  parses("1h30m", 90 * MINUTE);
  parses("2d", 2 * DAY);
  parses("1w", WEEK);
  parses("1w2d3h4m5s6ms", WEEK + 2 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND + 6);
  parses("1m500ms", MINUTE + 500);
  parses("90m30s", 90 * MINUTE + 30 * SECOND);
  parses("1.5h1.5m", 90 * MINUTE + 90 * SECOND);
  parses("007s", 7 * SECOND);
  parses("0s", 0);
  parses("0.0w0ms", 0);
  parses("0.1s", 100);
  parses("0.25d", 6 * HOUR);
}

static void fractions_are_rounded_once(void) {
  parses("0.4ms", 0);
  parses("0.5ms", 1);
  parses("1.4999s", 1500);
  parses("1.0004s", 1000);
  parses("1.0005s", 1001);
  parses("1.0004s0.4ms", 1001);
  parses("0.9999s", 1000);
  parses("0.333333333333333333333333333333h", 20 * MINUTE);
}

static void long_texts_are_bounded(void) {
  parses("9007199254740991ms", MS_DURATION_MAX_MS);
  refuses(MS_TEXT("9007199254740992ms"), "at most 2^53");
  refuses(MS_TEXT("9007199254740991.5ms"), "at most 2^53");
  refuses(MS_TEXT("9007199254740s992ms"), "at most 2^53");
  refuses(MS_TEXT("14892855s99999999999999999999999999999999ms"), "at most 2^53");
  refuses(MS_TEXT("99999999999999999999999999w"), "at most 2^53");
  refuses(MS_TEXT("9223372036854775808ms"), "at most 2^53");
  refuses(MS_TEXT("18446744073709551616ms"), "at most 2^53");
}

static void wrong_texts_are_refused(void) {
  const char *wrong[] = {"",       " ",    "30",   "s",    "ms",   "-1s",       "+1s",   "1 s",
                         " 1s",    "1s ",  "1S",   "1MS",  "1y",   "1.h",       ".5h",   "1..5h",
                         "1.5.5h", "1,5h", "1e3s", "0x1s", "1h30", "1hh",       "1h 5m", "nan",
                         "inf",    "1us",  "1min", "1h\n", "1mm",  "1\xc2\xb5s"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    refuses(ms_text_of(wrong[i]), "expected a duration such as 30, \"1.5h\" or \"1h30m\"");
  }
  refuses(MS_TEXT("1s\0"), "expected a duration such as");
  refuses(MS_TEXT("1\0s"), "expected a duration such as");
  refuses(MS_TEXT_NONE, "expected a duration such as");
  refuses(MS_TEXT("1h1h"), "each unit once");
  refuses(MS_TEXT("30m1h"), "the largest first");
  refuses(MS_TEXT("1ms1m"), "the largest first");
}

static void of_seconds(double seconds, int64_t expected) {
  int64_t ms = -1;
  CHECK(ms_duration_of_seconds(seconds, &ms, NULL) == MS_OK, "%g", seconds);
  CHECK(ms == expected, "%g s is %lld, not %lld", seconds, (long long)ms, (long long)expected);
}

static void refuses_seconds(double seconds, const char *message) {
  int64_t ms = -1;
  ms_err err = {MS_OK, ""};
  CHECK(ms_duration_of_seconds(seconds, &ms, &err) == MS_MISUSE, "%g", seconds);
  CHECK(strstr(err.message, message), "%g: %s", seconds, err.message);
  CHECK(ms == -1, "a refused number writes no result");
}

static void seconds_are_rounded(void) {
  of_seconds(0, 0);
  of_seconds(-0.0, 0);
  of_seconds(30, 30 * SECOND);
  of_seconds(0.001, 1);
  of_seconds(0.0004, 0);
  of_seconds(0.0005, 1);
  of_seconds(1.2345, 1235);
  of_seconds(0.1 + 0.2, 300);
  of_seconds(9007199254740.0, INT64_C(9007199254740000));
}

static void wrong_seconds_are_refused(void) {
  const char *expected = "expected a duration such as 30, \"1.5h\" or \"1h30m\"";
  refuses_seconds(NAN, expected);
  refuses_seconds(INFINITY, expected);
  refuses_seconds(-INFINITY, expected);
  refuses_seconds(-1, expected);
  refuses_seconds(-1e-300, expected);
  refuses_seconds(9007199254741.0, "at most 2^53");
  refuses_seconds(1e300, "at most 2^53");
  refuses_seconds(1.7e308, "at most 2^53");
}

int main(void) {
  UNIT_RUN(texts_are_read);
  UNIT_RUN(fractions_are_rounded_once);
  UNIT_RUN(long_texts_are_bounded);
  UNIT_RUN(wrong_texts_are_refused);
  UNIT_RUN(seconds_are_rounded);
  UNIT_RUN(wrong_seconds_are_refused);
  return unit_end();
}
