#include "model/cron.h"

#include "base/clock.h"
#include "model/instant.h"

#define MINUTE_MS INT64_C(60000)
#define MINUTES_PER_DAY 1440
#define EVERY_HOUR ((UINT64_C(1) << 24) - 1)
/* After 400 years dates and weekdays repeat: what has not matched by then never does. */
#define CYCLE_DAYS 146097
#define FARTHEST_MS (INT64_C(1) << 60)
/* Local time is never further from UTC than 26 h, so no clock change turns back more than this. */
#define TURN_BACK_MAX_MS (3 * MS_DAY_MS)

/* ---- reading ---- */

typedef struct field_facts {
  const char *name;
  int low;
  int high;          /* the last value that "*" means */
  int high_accepted; /* 7 is Sunday, too */
  const char *words; /* three letters each, from low on; NULL = no names */
  const char *also;  /* what else a message offers */
} field_facts;

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELD_COUNT };

static const field_facts fields[FIELD_COUNT] = {
    {"minute", 0, 59, 59, NULL, ""},
    {"hour", 0, 23, 23, NULL, ""},
    {"day-of-month", 1, 31, 31, NULL, " or L"},
    {"month", 1, 12, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", " or JAN to DEC"},
    {"day-of-week", 0, 6, 7, "SUNMONTUEWEDTHUFRISAT", " or SUN to SAT, 5L, 5#3"},
};

static const struct {
  const char *name;
  const char *meaning;
} aliases[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

typedef struct reader {
  const char *next;
  const char *end;
} reader;

static char upper(char c) {
  return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool eat(reader *r, char c) {
  if (r->next == r->end || upper(*r->next) != c) return false;
  r->next++;
  return true;
}

static bool is_digit(const reader *r) {
  return r->next < r->end && *r->next >= '0' && *r->next <= '9';
}

static bool take_number(reader *r, int *number) {
  int value = 0;
  if (!is_digit(r)) return false;
  for (; is_digit(r); r->next++) {
    if (value < 1000) value = value * 10 + (*r->next - '0');
  }
  *number = value;
  return true;
}

static bool take_word(reader *r, const field_facts *field, int *value) {
  if (!field->words || r->end - r->next < 3) return false;
  for (int i = 0; i <= field->high - field->low; i++) {
    const char *word = field->words + 3 * i;
    if (upper(r->next[0]) == word[0] && upper(r->next[1]) == word[1] &&
        upper(r->next[2]) == word[2]) {
      r->next += 3;
      *value = field->low + i;
      return true;
    }
  }
  return false;
}

static bool take_value(reader *r, const field_facts *field, int *value) {
  return (take_word(r, field, value) || take_number(r, value)) && *value >= field->low &&
         *value <= field->high_accepted;
}

/* The values from low to high in steps; 7 folds onto Sunday. */
static uint64_t set_of(const field_facts *field, int low, int high, int step) {
  uint64_t set = 0;
  for (int value = low; value <= high; value += step) {
    set |= UINT64_C(1) << (value > field->high ? field->low : value);
  }
  return set;
}

/* "/n": more steps than the field has values would silently mean the first value alone. */
static bool take_step(reader *r, const field_facts *field, int *step) {
  if (!eat(r, '/')) return true;
  return take_number(r, step) && *step >= 1 && *step <= field->high - field->low + 1;
}

/* "5", "1-5" or the "5" of "5/15", which runs to the end. */
static bool take_bounds(reader *r, const field_facts *field, int *low, int *high) {
  if (!take_value(r, field, low)) return false;
  if (eat(r, '-')) {
    if (!take_value(r, field, high)) return false;
    /* A week may end with Sunday by either of its numbers, or by its name. */
    if (field == &fields[WEEKDAY] && *high == 0 && *low > 0) *high = 7;
    return *low <= *high;
  }
  if (*low > field->high) *low = field->low;
  bool is_open = r->next < r->end && *r->next == '/';
  *high = is_open ? field->high : *low;
  return true;
}

static bool take_range(reader *r, const field_facts *field, uint64_t *set) {
  int low = field->low;
  int high = field->high;
  int step = 1;
  if (!eat(r, '*') && !take_bounds(r, field, &low, &high)) return false;
  if (!take_step(r, field, &step)) return false;
  *set |= set_of(field, low, high, step);
  return true;
}

/* "5L" or "5#3"; leaves the reader where it was if it is neither. */
static bool take_special_weekday(reader *r, ms_cron *cron) {
  reader before = *r;
  int weekday = 0;
  int n = 0;
  if (take_value(r, &fields[WEEKDAY], &weekday)) {
    uint64_t set = UINT64_C(1) << weekday % 7;
    if (eat(r, 'L')) {
      cron->last_weekdays |= set;
      return true;
    }
    if (eat(r, '#') && take_number(r, &n) && n >= 1 && n <= 5) {
      cron->nth_weekdays[n - 1] |= set;
      return true;
    }
  }
  *r = before;
  return false;
}

static bool take_item(reader *r, int index, ms_cron *cron) {
  uint64_t *const sets[] = {&cron->minutes, &cron->hours, &cron->days, &cron->months,
                            &cron->weekdays};
  if (index == DAY && eat(r, 'L')) {
    cron->last_day = true;
    return true;
  }
  if (index == WEEKDAY && take_special_weekday(r, cron)) return true;
  return take_range(r, &fields[index], sets[index]);
}

static ms_status parse_field(ms_text text, int index, ms_cron *cron, ms_err *err) {
  reader r = {text.data, text.data + text.size};
  bool good = true;
  do {
    good = take_item(&r, index, cron);
  } while (good && eat(&r, ','));
  if (good && r.next == r.end) return MS_OK;
  const field_facts *field = &fields[index];
  return ms_fail(err, MS_MISUSE,
                 "%s field \"%.*s\": expected * or %d to %d%s, with lists, ranges and steps",
                 field->name, (int)(text.size < 64 ? text.size : 64), text.data, field->low,
                 field->high_accepted, field->also);
}

/* The next run of bytes that are not blank; empty at the end. */
static ms_text take_column(reader *r) {
  while (r->next < r->end && (*r->next == ' ' || *r->next == '\t'))
    r->next++;
  const char *start = r->next;
  while (r->next < r->end && *r->next != ' ' && *r->next != '\t')
    r->next++;
  return (ms_text){start, (size_t)(r->next - start)};
}

static ms_text resolve_alias(ms_text text) {
  for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
    if (ms_text_equal(text, ms_text_of(aliases[i].name))) return ms_text_of(aliases[i].meaning);
  }
  return text;
}

static ms_status parse_fields(ms_text text, ms_cron *cron, ms_err *err) {
  reader r = {text.data, text.data + text.size};
  ms_text columns[FIELD_COUNT + 1];
  for (int i = 0; i <= FIELD_COUNT; i++)
    columns[i] = take_column(&r);
  if (columns[FIELD_COUNT - 1].size == 0 || columns[FIELD_COUNT].size > 0) {
    return ms_fail(err, MS_MISUSE,
                   "expected five fields (minute hour day-of-month month day-of-week) such as "
                   "\"30 7 * * MON-FRI\", or one of @hourly @daily @weekly @monthly @yearly");
  }
  for (int i = 0; i < FIELD_COUNT; i++) {
    ms_status status = parse_field(columns[i], i, cron, err);
    if (status != MS_OK) return status;
  }
  ms_text hour = columns[HOUR];
  cron->elapsed = hour.data[0] == '*' && !memchr(hour.data, ',', hour.size);
  cron->either_day = columns[DAY].data[0] != '*' && columns[WEEKDAY].data[0] != '*';
  return MS_OK;
}

/* ---- matching ---- */

static bool has(uint64_t set, int value) {
  return set >> value & 1;
}

static bool day_matches(const ms_cron *cron, int64_t day, ms_date date) {
  int weekday = ms_weekday_of_day(day);
  int days = ms_days_in_month(date.year, date.month);
  bool by_date = has(cron->days, date.day) || (cron->last_day && date.day == days);
  bool by_weekday = has(cron->weekdays, weekday) ||
                    has(cron->nth_weekdays[(date.day - 1) / 7], weekday) ||
                    (date.day > days - 7 && has(cron->last_weekdays, weekday));
  return cron->either_day ? by_date || by_weekday : by_date && by_weekday;
}

/* The first matching day from the given one on, or MS_NEVER. */
static int64_t next_day(const ms_cron *cron, int64_t day) {
  int64_t last = day + CYCLE_DAYS;
  while (day <= last) {
    ms_date date = ms_date_of_day(day);
    int days = ms_days_in_month(date.year, date.month);
    for (; has(cron->months, date.month) && date.day <= days; date.day++, day++) {
      if (day_matches(cron, day, date)) return day;
    }
    day += days - date.day + 1;
  }
  return MS_NEVER;
}

/* The first matching minute of a day from the given one on, or MINUTES_PER_DAY. */
static int next_minute(const ms_cron *cron, int minute) {
  for (; minute < MINUTES_PER_DAY; minute = (minute / 60 + 1) * 60) {
    uint64_t left = cron->minutes >> minute % 60;
    if (has(cron->hours, minute / 60) && left) return minute + __builtin_ctzll(left);
  }
  return MINUTES_PER_DAY;
}

/* The first matching local time from the given one on. */
static int64_t next_local(const ms_cron *cron, int64_t from) {
  int64_t minutes = ms_floor_div(from + MINUTE_MS - 1, MINUTE_MS);
  int64_t today = ms_floor_div(minutes, MINUTES_PER_DAY);
  int64_t day = next_day(cron, today);
  int minute = day == today ? (int)(minutes - today * MINUTES_PER_DAY) : 0;
  minute = next_minute(cron, minute);
  if (minute == MINUTES_PER_DAY) {
    day = next_day(cron, today + 1);
    minute = next_minute(cron, 0);
  }
  return day * MS_DAY_MS + minute * MINUTE_MS;
}

ms_status ms_cron_parse(ms_text text, ms_cron *cron, ms_err *err) {
  ms_cron result = {0};
  ms_text fields_text = text.size > 0 ? resolve_alias(text) : MS_TEXT("");
  ms_status status = parse_fields(fields_text, &result, err);
  if (status != MS_OK) return status;
  if (next_day(&result, 0) == MS_NEVER) {
    return ms_fail(err, MS_MISUSE,
                   "no day ever matches the day-of-month, month and day-of-week fields");
  }
  *cron = result;
  return MS_OK;
}

/* ---- local time ---- */

/* The latest local time shown at any instant up to the given one: behind a repeated hour, or within
 * its second pass, that is later than what the clock shows. */
static int64_t latest_local(const ms_zone *zone, int64_t instant) {
  ms_zone_span span = ms_zone_span_at(zone, instant);
  int64_t latest = instant + span.offset_ms;
  while (span.begins_at_ms > instant - TURN_BACK_MAX_MS) {
    int64_t changed_at = span.begins_at_ms;
    span = ms_zone_span_at(zone, changed_at - 1);
    int64_t shown = changed_at - 1 + span.offset_ms;
    if (shown > latest) latest = shown;
  }
  return latest;
}

bool ms_cron_next(const ms_cron *cron, const ms_zone *zone, int64_t after, int64_t *next) {
  if (after <= -FARTHEST_MS || after >= FARTHEST_MS) return false;
  bool catches_up = !(cron->elapsed && cron->hours == EVERY_HOUR);
  ms_zone_span span = ms_zone_span_at(zone, after);
  int64_t from = 1 + (cron->elapsed ? after + span.offset_ms : latest_local(zone, after));
  int64_t local = next_local(cron, from);
  while (local - span.offset_ms >= span.ends_at_ms) {
    int64_t change = span.ends_at_ms;
    span = ms_zone_span_at(zone, change);
    int64_t local_change = change + span.offset_ms;
    bool skipped = local < local_change;
    if (skipped && catches_up) {
      *next = change;
      return true;
    }
    if (cron->elapsed) local = next_local(cron, local_change);
  }
  *next = local - span.offset_ms;
  return true;
}
