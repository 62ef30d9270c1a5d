/* Zones against the C library, which reads the same database its own way. */
#include "base/clock.h"
#include "base/mem.h"
#include "model/instant.h"
#include "model/zone.h"
#include "unit.h"

#include <stdlib.h>
#include <time.h>

/* A check that says more when it fails. */
#define CHECK(condition, ...)                                                                      \
  (unit_check((condition), __FILE__, __LINE__, #condition)                                         \
       ? (void)0                                                                                   \
       : (void)(printf("  "), printf(__VA_ARGS__), putchar('\n')))

static const char *const names[] = {"UTC",
                                    "Europe/Berlin",
                                    "America/New_York",
                                    "Australia/Lord_Howe",
                                    "Asia/Kolkata",
                                    "Pacific/Apia",
                                    "Europe/Dublin",
                                    "America/Nuuk",
                                    "Antarctica/Troll",
                                    "Africa/Casablanca",
                                    "Asia/Tehran",
                                    "Asia/Jerusalem",
                                    "America/Santiago",
                                    "Pacific/Chatham",
                                    "Pacific/Kwajalein",
                                    "Africa/Monrovia",
                                    "Asia/Pyongyang",
                                    "Etc/GMT+12",
                                    "EST5EDT",
                                    "America/Argentina/Ushuaia",
                                    "Pacific/Kiritimati"};
#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

static int64_t library_offset_ms(int64_t instant) {
  time_t seconds = (time_t)ms_floor_div(instant, 1000);
  struct tm tm;
  localtime_r(&seconds, &tm);
  return tm.tm_gmtoff * INT64_C(1000);
}

static void agree_at(const char *name, const ms_zone *zone, int64_t instant) {
  ms_zone_span span = ms_zone_span_at(zone, instant);
  CHECK(span.offset_ms == library_offset_ms(instant), "%s at %lld: %lld, not %lld", name,
        (long long)instant, (long long)span.offset_ms, (long long)library_offset_ms(instant));
  CHECK(span.begins_at_ms <= instant && instant < span.ends_at_ms, "%s at %lld", name,
        (long long)instant);
}

/* Steps from span to span, and looks at both ends of each. */
static void spans_agree(const char *name, const ms_zone *zone, int64_t from, int64_t to) {
  for (int64_t at = from; at < to;) {
    ms_zone_span span = ms_zone_span_at(zone, at);
    agree_at(name, zone, at);
    if (span.ends_at_ms == MS_NEVER) break;
    agree_at(name, zone, span.ends_at_ms - 1);
    ms_zone_span next = ms_zone_span_at(zone, span.ends_at_ms);
    CHECK(next.begins_at_ms == span.ends_at_ms && next.offset_ms != span.offset_ms, "%s at %lld",
          name, (long long)span.ends_at_ms);
    at = span.ends_at_ms;
  }
  for (int64_t at = from; at < to; at += 37 * MS_DAY_MS)
    agree_at(name, zone, at);
}

static void zones_agree_with_the_library(void) {
  int64_t from = ms_day_of_date((ms_date){1850, 1, 1}) * MS_DAY_MS;
  int64_t to = ms_day_of_date((ms_date){2600, 1, 1}) * MS_DAY_MS;
  for (size_t i = 0; i < NAME_COUNT; i++) {
    ms_zone *zone = NULL;
    ms_err err = {MS_OK, ""};
    CHECK(ms_zone_open(ms_text_of(names[i]), &zone, &err) == MS_OK, "%s", err.message);
    if (!zone) continue;
    setenv("TZ", names[i], 1);
    tzset();
    spans_agree(names[i], zone, from, to);
    ms_zone_free(zone);
  }
}

/* Beyond the table the rule repeats with the calendar. */
static void the_far_future_follows_the_rule(void) {
  ms_zone *zone = NULL;
  if (ms_zone_open(MS_TEXT("Europe/Berlin"), &zone, NULL) != MS_OK) return;
  for (int64_t year = 2100; year < 30000; year += 97) {
    int64_t last = ms_day_of_date((ms_date){year, 3, 31});
    int64_t change = (last - ms_weekday_of_day(last)) * MS_DAY_MS + MS_DAY_MS / 24;
    ms_zone_span span = ms_zone_span_at(zone, change);
    CHECK(span.begins_at_ms == change && span.offset_ms == 7200000, "%lld", (long long)year);
    CHECK(ms_zone_span_at(zone, change - 1).ends_at_ms == change, "%lld", (long long)year);
  }
  ms_zone_free(zone);
}

static void utc_needs_no_file(void) {
  ms_zone *zone = NULL;
  setenv("TZDIR", "/nonexistent", 1);
  CHECK(ms_zone_open(MS_TEXT_NONE, &zone, NULL) == MS_OK, "absent");
  ms_zone_span span = ms_zone_span_at(zone, 0);
  CHECK(span.begins_at_ms == INT64_MIN && span.ends_at_ms == MS_NEVER && span.offset_ms == 0,
        "UTC");
  ms_zone_free(zone);
  CHECK(ms_zone_open(MS_TEXT("UTC"), &zone, NULL) == MS_OK, "UTC");
  ms_zone_free(zone);
  CHECK(ms_zone_open(MS_TEXT("Europe/Berlin"), &zone, NULL) == MS_MISUSE, "TZDIR is honoured");
  unsetenv("TZDIR");
  CHECK(ms_zone_span_at(NULL, 0).ends_at_ms == MS_NEVER, "no zone is UTC");
  ms_zone_free(NULL);
}

static void unknown_names_are_refused(void) {
  static const char *const unknown[] = {"",
                                        "Mars/Phobos",
                                        "Europe",
                                        "Europe/",
                                        "/Europe/Berlin",
                                        "../passwd",
                                        "Europe/../UTC",
                                        "Europe//Berlin",
                                        "europe/berlin",
                                        "right/Europe/Berlin",
                                        "posixrules",
                                        "tzdata.zi",
                                        "Europe/Berlin ",
                                        " Europe/Berlin",
                                        "CET-1CEST",
                                        "Europe/Berlin\n",
                                        ":Europe/Berlin",
                                        "/usr/share/zoneinfo/Europe/Berlin",
                                        "+02:00",
                                        "Europe\\Berlin"};
  for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
    ms_zone *zone = NULL;
    ms_err err = {MS_OK, ""};
    ms_status status = ms_zone_open(ms_text_of(unknown[i]), &zone, &err);
    CHECK(status == MS_MISUSE && !zone, "\"%s\"", unknown[i]);
    CHECK(strstr(err.message, "unknown zone"), "\"%s\": %s", unknown[i], err.message);
  }
  ms_zone *zone = NULL;
  CHECK(ms_zone_open(MS_TEXT("Europe/Berlin\0"), &zone, NULL) == MS_MISUSE, "a NUL inside");
}

static void memory_running_out_is_reported(void) {
  ms_status status = MS_NOMEM;
  for (long n = 1; status == MS_NOMEM && n < 10; n++) {
    ms_zone *zone = NULL;
    ms_mem_fail_at(n);
    status = ms_zone_open(MS_TEXT("Europe/Berlin"), &zone, NULL);
    ms_mem_fail_at(0);
    CHECK(status == MS_OK || (status == MS_NOMEM && !zone), "%d", (int)status);
    CHECK(n > 1 || status == MS_NOMEM, "the first allocation fails");
    ms_zone_free(zone);
  }
  CHECK(status == MS_OK, "it succeeds once memory suffices");
}

/* ---- files made here, in a folder of their own ---- */

static char folder[] = "/tmp/zone_test.XXXXXX";
static char path[64];

/* Writes a file of version 2 with one type, no changes and that footer. */
static size_t make_file(char *bytes, const char *footer) {
  static const char type[] = {0, 0, 0x0e, 0x10, 0, 0, 'X', 'X', 'X', 0}; /* +3600 s */
  char header[44] = "TZif2";
  header[39] = 1; /* one type */
  header[43] = 4; /* four bytes of names */
  size_t size = 0;
  for (int block = 0; block < 2; block++) {
    memcpy(bytes + size, header, sizeof(header));
    memcpy(bytes + size + sizeof(header), type, sizeof(type));
    size += sizeof(header) + sizeof(type);
  }
  return size + (size_t)sprintf(bytes + size, "\n%s\n", footer);
}

static ms_status open_bytes(const char *bytes, size_t size, ms_zone **zone, ms_err *err) {
  FILE *file = fopen(path, "wb");
  if (!file) return MS_IO;
  fwrite(bytes, 1, size, file);
  fclose(file);
  return ms_zone_open(MS_TEXT("Made"), zone, err);
}

static void footer_is(const char *footer, ms_status expected) {
  char bytes[512];
  ms_zone *zone = NULL;
  ms_err err = {MS_OK, ""};
  ms_status status = open_bytes(bytes, make_file(bytes, footer), &zone, &err);
  CHECK(status == expected, "\"%s\": %s", footer, err.message);
  ms_zone_free(zone);
}

static void footers_are_read_or_refused(void) {
  const char *good[] = {"",
                        "XXX-1",
                        "<+01>-1",
                        "XXX-1YYY,M3.5.0,M10.5.0/3",
                        "XXX-1YYY-3,J60,J300",
                        "XXX-1YYY,0/0,J365/25",
                        "XXX-1YYY,59/-167:59:59,300/+167"};
  const char *bad[] = {"X",
                       "XXX",
                       "XXX-",
                       "XXX-27",
                       "<+01-1",
                       "XXX-1Y",
                       "XXX-1YYY",
                       "XXX-1YYY,",
                       "XXX-1YYY,M3.5.0",
                       "XXX-1YYY,M3.5.0,M10.5.0x",
                       "XXX-1YYY,M13.5.0,M10.5.0",
                       "XXX-1YYY,M3.6.0,M10.5.0",
                       "XXX-1YYY,M3.5.7,M10.5.0",
                       "XXX-1YYY,J0,J365",
                       "XXX-1YYY,J1,366",
                       "XXX-1YYY,0/168,1",
                       "XXX-1:60",
                       "XXX-1 "};
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
    footer_is(good[i], MS_OK);
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    footer_is(bad[i], MS_IO);
}

static void summer_time_all_year_is_one_span(void) {
  char bytes[512];
  ms_zone *zone = NULL;
  size_t size = make_file(bytes, "XXX-1YYY,0/0,J365/25");
  if (open_bytes(bytes, size, &zone, NULL) != MS_OK) return;
  for (int64_t day = 0; day < 400000; day += 17) {
    CHECK(ms_zone_span_at(zone, day * MS_DAY_MS).offset_ms == 7200000, "day %lld", (long long)day);
  }
  ms_zone_free(zone);
}

/* Whatever the bytes are, opening ends with a zone or with an error. */
static void damaged_files_do_no_harm(void) {
  char bytes[512];
  size_t size = make_file(bytes, "XXX-1YYY,M3.5.0,M10.5.0/3");
  for (size_t cut = 0; cut < size; cut++) {
    ms_zone *zone = NULL;
    CHECK(open_bytes(bytes, cut, &zone, NULL) == MS_IO && !zone, "cut to %zu bytes", cut);
  }
  for (size_t at = 0; at < size; at++) {
    static const char values[] = {0, 1, 0x7f, (char)0x80, (char)0xff};
    char kept = bytes[at];
    for (size_t i = 0; i < sizeof(values); i++) {
      ms_zone *zone = NULL;
      bytes[at] = values[i];
      ms_status status = open_bytes(bytes, size, &zone, NULL);
      CHECK(status == MS_IO || (status == MS_OK && zone), "byte %zu", at);
      if (zone) ms_zone_span_at(zone, INT64_C(1) << 50);
      ms_zone_free(zone);
    }
    bytes[at] = kept;
  }
}

int main(void) {
  UNIT_RUN(zones_agree_with_the_library);
  UNIT_RUN(the_far_future_follows_the_rule);
  UNIT_RUN(utc_needs_no_file);
  UNIT_RUN(unknown_names_are_refused);
  UNIT_RUN(memory_running_out_is_reported);
  if (!mkdtemp(folder)) return 1;
  snprintf(path, sizeof(path), "%s/Made", folder);
  setenv("TZDIR", folder, 1);
  UNIT_RUN(footers_are_read_or_refused);
  UNIT_RUN(summer_time_all_year_is_one_span);
  UNIT_RUN(damaged_files_do_no_harm);
  remove(path);
  remove(folder);
  return unit_end();
}
