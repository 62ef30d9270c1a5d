/* Texts that mean time: cron expressions, durations, instants. The first byte says which. */
#include "fuzz.h"

#include "model/cron.h"
#include "model/duration.h"
#include "model/instant.h"

static const char *const zones[] = {
    "UTC",          "Europe/Berlin",    "America/New_York", "Australia/Lord_Howe",
    "Pacific/Apia", "Africa/Casablanca"};
#define ZONE_COUNT (sizeof zones / sizeof zones[0])

/* What comes next is later, on a whole minute in any zone of today, and first: from just before it,
 * it comes next again. */
static void try_cron(fuzz_bytes *bytes) {
  ms_cron cron;
  ms_zone *zone;
  ms_err err = {0};
  int64_t next, again;
  const char *name = zones[fuzz_take(bytes, 1) % ZONE_COUNT];
  int64_t after = (int64_t)fuzz_take(bytes, 6) % (200 * 365 * MS_DAY_MS);
  if (ms_cron_parse(fuzz_rest(bytes), &cron, &err) != MS_OK) {
    FUZZ_CHECK(err.message[0] != '\0');
    return;
  }
  FUZZ_CHECK(ms_zone_open(ms_text_of(name), &zone, &err) == MS_OK);
  if (ms_cron_next(&cron, zone, after, &next)) {
    FUZZ_CHECK(next > after);
    FUZZ_CHECK(ms_cron_next(&cron, zone, next - 1, &again) && again == next);
  }
  ms_zone_free(zone);
}

static void try_duration(fuzz_bytes *bytes) {
  ms_err err = {0};
  int64_t length, again;
  char text[40];
  if (ms_duration_parse(fuzz_rest(bytes), &length, &err) != MS_OK) {
    FUZZ_CHECK(err.message[0] != '\0');
    return;
  }
  FUZZ_CHECK(length >= 0 && length <= MS_DURATION_MAX_MS);
  snprintf(text, sizeof text, "%lldms", (long long)length);
  FUZZ_CHECK(ms_duration_parse(ms_text_of(text), &again, &err) == MS_OK && again == length);
}

static void try_instant(fuzz_bytes *bytes) {
  ms_err err = {0};
  int64_t at, again;
  char text[MS_INSTANT_SIZE];
  if (ms_instant_parse(fuzz_rest(bytes), &at, &err) != MS_OK) {
    FUZZ_CHECK(err.message[0] != '\0');
    return;
  }
  ms_instant_format(at, text);
  /* An hour from a zone may lead out of the years that have four digits. */
  if (ms_instant_parse(ms_text_of(text), &again, &err) == MS_OK) FUZZ_CHECK(again == at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes bytes = {data, size};
  switch (fuzz_take(&bytes, 1) % 3) {
  case 0:
    try_cron(&bytes);
    break;
  case 1:
    try_duration(&bytes);
    break;
  default:
    try_instant(&bytes);
  }
  return 0;
}
