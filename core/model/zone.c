#include "model/zone.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/instant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The largest file of the tz database has 4 KB. */
#define FILE_BYTES_MAX 65536
#define PATH_BYTES_MAX 4096
#define DAY_S INT64_C(86400)
#define HOUR_S 3600
/* The calendar, weekdays included, repeats itself after 400 years. */
#define CYCLE_YEARS 400
#define CYCLE_S (146097 * DAY_S)
/* The rule for the future is written out for one cycle. Two years before it and one behind it
 * make sure that every span of the cycle begins and ends by the rule. */
#define RULE_YEARS (CYCLE_YEARS + 3)
/* Changes further away than this are of no use in milliseconds; the database has one at −2^59. */
#define FAR_S (INT64_C(1) << 52)

typedef struct change {
  int64_t at_s;
  int64_t offset_s; /* from then on */
} change;

struct ms_zone {
  int64_t first_offset_s; /* before all changes */
  int64_t cycle_at_s;     /* from then on the changes repeat in cycles; MS_NEVER = there are none */
  size_t count;
  change changes[]; /* in order of time, each to another offset */
};

/* ---- the footer: a rule for the future in the notation of the POSIX TZ variable ---- */

typedef struct rule_day {
  char kind; /* 'M': day-th weekday of a month, 'J': 1..365 without leap days, 'N': 0..365 */
  int month, week, day;
  int64_t time_s; /* local time before the change, counted from that day's midnight */
} rule_day;

typedef struct clock_rule {
  int64_t standard_s, summer_s; /* east of UTC */
  bool changes;                 /* there is a summer time */
  rule_day summer, standard;
} clock_rule;

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

static bool take_number(reader *r, int low, int high, int *number) {
  int value = 0;
  if (!is_digit(r)) return false;
  for (; is_digit(r); r->next++) {
    value = value * 10 + (*r->next - '0');
    if (value > high) return false;
  }
  *number = value;
  return value >= low;
}

/* "2", "-1", "+5:30", "167:59:59". */
static bool take_time(reader *r, int64_t *seconds) {
  int sign = eat(r, '-') ? -1 : 1;
  if (sign > 0) eat(r, '+');
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!take_number(r, 0, 167, &hour)) return false;
  if (eat(r, ':') && !take_number(r, 0, 59, &minute)) return false;
  if (eat(r, ':') && !take_number(r, 0, 59, &second)) return false;
  *seconds = sign * (hour * HOUR_S + minute * 60 + second);
  return true;
}

/* "CET" or "<+1030>"; what it says does not matter here. */
static bool skip_name(reader *r) {
  const char *start = r->next;
  if (eat(r, '<')) {
    while (r->next < r->end && *r->next != '>')
      r->next++;
    return eat(r, '>');
  }
  while (r->next < r->end && ((*r->next | 0x20) >= 'a' && (*r->next | 0x20) <= 'z'))
    r->next++;
  return r->next - start >= 3;
}

/* The notation counts west of Greenwich, this module east. */
static bool take_offset(reader *r, int64_t *offset_s) {
  int64_t west_s = 0;
  if (!take_time(r, &west_s) || west_s < -26 * HOUR_S || west_s > 26 * HOUR_S) return false;
  *offset_s = -west_s;
  return true;
}

/* ",M3.5.0/2", ",J60" or ",59/-1:30". */
static bool take_rule_day(reader *r, rule_day *day) {
  *day = (rule_day){.kind = 'N', .time_s = INT64_C(2) * HOUR_S};
  if (!eat(r, ',')) return false;
  bool shaped = false;
  if (eat(r, 'M')) {
    day->kind = 'M';
    shaped = take_number(r, 1, 12, &day->month) && eat(r, '.') &&
             take_number(r, 1, 5, &day->week) && eat(r, '.') && take_number(r, 0, 6, &day->day);
  } else if (eat(r, 'J')) {
    day->kind = 'J';
    shaped = take_number(r, 1, 365, &day->day);
  } else {
    shaped = take_number(r, 0, 365, &day->day);
  }
  return shaped && (!eat(r, '/') || take_time(r, &day->time_s));
}

static bool take_rule(reader *r, clock_rule *result) {
  if (!skip_name(r) || !take_offset(r, &result->standard_s)) return false;
  if (r->next == r->end) return true;
  result->changes = true;
  result->summer_s = result->standard_s + HOUR_S;
  if (!skip_name(r)) return false;
  if (r->next < r->end && *r->next != ',' && !take_offset(r, &result->summer_s)) return false;
  return take_rule_day(r, &result->summer) && take_rule_day(r, &result->standard) &&
         r->next == r->end;
}

/* When the rule's day changes the clock in that year, from an offset. */
static int64_t rule_change_s(const rule_day *rule, int64_t year, int64_t offset_s) {
  int64_t day = ms_day_of_date((ms_date){year, rule->kind == 'M' ? rule->month : 1, 1});
  if (rule->kind == 'M') {
    int in_month = (rule->day - ms_weekday_of_day(day) + 7) % 7 + (rule->week - 1) * 7;
    day += in_month < ms_days_in_month(year, rule->month) ? in_month : in_month - 7;
  } else if (rule->kind == 'J') {
    day += rule->day - 1 + (rule->day >= 60 && ms_days_in_month(year, 2) == 29);
  } else {
    day += rule->day;
  }
  return day * DAY_S + rule->time_s - offset_s;
}

/* ---- the table ---- */

static int64_t year_of(int64_t second) {
  return ms_date_of_day(ms_floor_div(second, DAY_S)).year;
}

/* Behind all changes at the same time or before. Rules come almost in order: a step or two back. */
static void insert_change(ms_zone *zone, int64_t at_s, int64_t offset_s) {
  size_t i = zone->count++;
  for (; i > 0 && zone->changes[i - 1].at_s > at_s; i--)
    zone->changes[i] = zone->changes[i - 1];
  zone->changes[i] = (change){at_s, offset_s};
}

/* Writes the rule out behind the last change of the table. */
static void add_rule(ms_zone *zone, const clock_rule *rule) {
  if (!rule->changes) return;
  int64_t last_s = zone->count > 0 ? zone->changes[zone->count - 1].at_s : -FAR_S;
  int64_t first_year = zone->count > 0 ? year_of(last_s) : 1970;
  for (int64_t year = first_year; year <= first_year + RULE_YEARS; year++) {
    int64_t summer_at_s = rule_change_s(&rule->summer, year, rule->standard_s);
    int64_t standard_at_s = rule_change_s(&rule->standard, year, rule->summer_s);
    if (summer_at_s > last_s) insert_change(zone, summer_at_s, rule->summer_s);
    if (standard_at_s > last_s) insert_change(zone, standard_at_s, rule->standard_s);
  }
  zone->cycle_at_s = ms_day_of_date((ms_date){first_year + 2, 1, 1}) * DAY_S;
}

/* Of changes at one time the last counts (summer time all year round ends and begins at once), and
 * a change to the same offset (another name) is none. */
static void tidy(ms_zone *zone) {
  size_t kept = 0;
  for (size_t i = 0; i < zone->count; i++) {
    change here = zone->changes[i];
    if (i + 1 < zone->count && zone->changes[i + 1].at_s == here.at_s) continue;
    int64_t before_s = kept > 0 ? zone->changes[kept - 1].offset_s : zone->first_offset_s;
    if (here.offset_s != before_s) zone->changes[kept++] = here;
  }
  zone->count = kept;
}

/* ---- the file ---- */

typedef struct header {
  char version;
  size_t utc_count, standard_count, leap_count, time_count, type_count, name_bytes;
} header;

static uint64_t unsigned_at(const char *bytes, int size) {
  uint64_t value = 0;
  for (int i = 0; i < size; i++)
    value = value << 8 | (unsigned char)bytes[i];
  return value;
}

static bool take_header(reader *r, header *h) {
  if (r->end - r->next < 44 || memcmp(r->next, "TZif", 4) != 0) return false;
  size_t *counts[] = {&h->utc_count,  &h->standard_count, &h->leap_count,
                      &h->time_count, &h->type_count,     &h->name_bytes};
  h->version = r->next[4];
  for (int i = 0; i < 6; i++)
    *counts[i] = (size_t)unsigned_at(r->next + 20 + 4 * i, 4);
  r->next += 44;
  return h->time_count <= FILE_BYTES_MAX && h->type_count <= 256 && h->name_bytes <= 256 &&
         h->leap_count <= FILE_BYTES_MAX && h->utc_count <= 256 && h->standard_count <= 256;
}

static size_t body_size(const header *h, size_t time_size) {
  return h->time_count * (time_size + 1) + h->type_count * 6 + h->name_bytes +
         h->leap_count * (time_size + 4) + h->standard_count + h->utc_count;
}

/* Past the first block, whose times have 32 bits, to the second; the body is there in full. Files
 * that count leap seconds are not for clocks that do not. */
static bool take_headers(reader *r, header *h) {
  if (!take_header(r, h) || h->version < '2') return false;
  if ((size_t)(r->end - r->next) < body_size(h, 4)) return false;
  r->next += body_size(h, 4);
  return take_header(r, h) && (size_t)(r->end - r->next) >= body_size(h, 8) && h->type_count > 0 &&
         h->leap_count == 0;
}

/* The offset of a type, or an impossible one. */
static int64_t type_offset_s(const char *types, const header *h, unsigned char type) {
  if (type >= h->type_count) return INT64_MIN;
  return (int32_t)unsigned_at(types + 6 * (size_t)type, 4);
}

static bool possible(int64_t offset_s) {
  return offset_s > -26 * HOUR_S && offset_s < 26 * HOUR_S;
}

static bool take_changes(reader *r, const header *h, ms_zone *zone) {
  const char *times = r->next;
  const char *indices = times + 8 * h->time_count;
  const char *types = indices + h->time_count;
  r->next += body_size(h, 8);
  zone->first_offset_s = type_offset_s(types, h, 0);
  if (!possible(zone->first_offset_s)) return false;
  int64_t last_s = INT64_MIN;
  for (size_t i = 0; i < h->time_count; i++) {
    int64_t at_s = (int64_t)unsigned_at(times + 8 * i, 8);
    int64_t offset_s = type_offset_s(types, h, (unsigned char)indices[i]);
    if ((i > 0 && at_s <= last_s) || !possible(offset_s)) return false;
    last_s = at_s;
    if (at_s <= -FAR_S) {
      zone->first_offset_s = offset_s;
    } else if (at_s < FAR_S) {
      zone->changes[zone->count++] = (change){at_s, offset_s};
    }
  }
  return true;
}

/* A line of its own; empty where the future is not known. */
static bool take_footer(reader *r, ms_zone *zone) {
  if (!eat(r, '\n')) return false;
  const char *end = memchr(r->next, '\n', (size_t)(r->end - r->next));
  if (!end) return false;
  r->end = end;
  if (r->next == r->end) return true;
  clock_rule rule = {0};
  if (!take_rule(r, &rule)) return false;
  add_rule(zone, &rule);
  return true;
}

static ms_zone *new_zone(size_t change_count) {
  ms_zone *zone = ms_mem_zalloc(sizeof(*zone) + change_count * sizeof(zone->changes[0]));
  if (zone) zone->cycle_at_s = MS_NEVER;
  return zone;
}

static ms_status parse_zone(const char *path, ms_text file, ms_zone **result, ms_err *err) {
  reader r = {file.data, file.data + file.size};
  header h = {0};
  if (!take_headers(&r, &h)) {
    return ms_fail(err, MS_IO, "%s: not a time zone file of version 2 or later", path);
  }
  ms_zone *zone = new_zone(h.time_count + 2 * (RULE_YEARS + 1));
  if (!zone) return ms_no_memory(err);
  if (!take_changes(&r, &h, zone) || !take_footer(&r, zone)) {
    ms_zone_free(zone);
    return ms_fail(err, MS_IO, "%s: damaged time zone file", path);
  }
  tidy(zone);
  *result = zone;
  return MS_OK;
}

/* ---- names ---- */

/* Every part of an IANA name begins with a capital, which keeps out "..", absolute paths, and the
 * tables and variants ("right/…") that lie beside the zones. */
static bool is_name(ms_text name) {
  bool starts = true;
  for (size_t i = 0; i < name.size; i++) {
    char c = name.data[i];
    bool capital = c >= 'A' && c <= 'Z';
    bool inner = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("_+-/", c);
    if (c == 0 || !(capital || (!starts && inner))) return false;
    starts = c == '/';
  }
  return name.size > 0 && name.size <= 255 && !starts;
}

static ms_status refuse_name(ms_text name, ms_err *err) {
  int shown = name.size < 255 ? (int)name.size : 255;
  return ms_fail(err, MS_MISUSE, "unknown zone \"%.*s\"", shown, name.data);
}

/* Opens the file of that name under TZDIR, or where systems keep their zones. */
static FILE *open_file(ms_text name, char path[PATH_BYTES_MAX]) {
  static const char *const usual[] = {"/usr/share/zoneinfo", "/usr/lib/zoneinfo",
                                      "/usr/share/lib/zoneinfo", "/etc/zoneinfo"};
  const char *chosen = getenv("TZDIR");
  bool is_chosen = chosen && *chosen;
  size_t count = is_chosen ? 1 : sizeof(usual) / sizeof(usual[0]);
  FILE *file = NULL;
  for (size_t i = 0; !file && i < count; i++) {
    int size = snprintf(path, PATH_BYTES_MAX, "%s/%.*s", is_chosen ? chosen : usual[i],
                        (int)name.size, name.data);
    errno = ENOENT;
    if (size < PATH_BYTES_MAX) file = fopen(path, "rbe");
    if (!file && errno != ENOENT && errno != ENOTDIR) break;
  }
  return file;
}

/* Reads what is open as path; bytes has room for FILE_BYTES_MAX. */
static ms_status read_zone(FILE *file, const char *path, char *bytes, ms_zone **zone, ms_err *err) {
  size_t size = fread(bytes, 1, FILE_BYTES_MAX, file);
  if (ferror(file)) return ms_fail(err, MS_IO, "%s: cannot read the time zone file", path);
  return parse_zone(path, (ms_text){bytes, size}, zone, err);
}

static ms_status open_zone(ms_text name, ms_zone **zone, ms_err *err) {
  char path[PATH_BYTES_MAX];
  FILE *file = open_file(name, path);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return refuse_name(name, err);
    return ms_fail(err, MS_IO, "%s: cannot open the time zone file", path);
  }
  struct stat facts;
  char *bytes = NULL;
  ms_status status;
  if (fstat(fileno(file), &facts) == 0 && !S_ISREG(facts.st_mode)) {
    status = refuse_name(name, err); /* "Europe" is a folder of zones */
  } else if (!(bytes = ms_mem_alloc(FILE_BYTES_MAX))) {
    status = ms_no_memory(err);
  } else {
    status = read_zone(file, path, bytes, zone, err);
  }
  ms_mem_free(bytes);
  fclose(file);
  return status;
}

ms_status ms_zone_open(ms_text name, ms_zone **zone, ms_err *err) {
  if (name.data && !ms_text_equal(name, MS_TEXT("UTC"))) {
    return is_name(name) ? open_zone(name, zone, err) : refuse_name(name, err);
  }
  ms_zone *utc = new_zone(0);
  if (!utc) return ms_no_memory(err);
  *zone = utc;
  return MS_OK;
}

void ms_zone_free(ms_zone *zone) {
  ms_mem_free(zone);
}

/* How many changes have happened by that second. */
static size_t changes_until(const ms_zone *zone, int64_t second) {
  size_t low = 0;
  size_t high = zone->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (zone->changes[middle].at_s <= second) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

ms_zone_span ms_zone_span_at(const ms_zone *zone, int64_t instant) {
  ms_zone_span span = {INT64_MIN, MS_NEVER, 0};
  if (!zone) return span;
  int64_t second = ms_floor_div(instant, 1000);
  int64_t shift_s = 0;
  if (second >= zone->cycle_at_s) {
    shift_s = (second - zone->cycle_at_s) / CYCLE_S * CYCLE_S;
  }
  size_t past = changes_until(zone, second - shift_s);
  span.offset_ms = 1000 * (past > 0 ? zone->changes[past - 1].offset_s : zone->first_offset_s);
  if (past > 0) span.begins_at_ms = 1000 * (zone->changes[past - 1].at_s + shift_s);
  if (past < zone->count) span.ends_at_ms = 1000 * (zone->changes[past].at_s + shift_s);
  return span;
}
