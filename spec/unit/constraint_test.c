/* Which constraint holds at which condition, and the canonical text. */
#include "base/mem.h"
#include "model/constraint.h"
#include "model/duration.h"
#include "unit.h"

/* A check that says more when it fails. */
#define CHECK(condition, ...)                                                                      \
  (unit_check((condition), __FILE__, __LINE__, #condition)                                         \
       ? (void)0                                                                                   \
       : (void)(printf("  "), printf(__VA_ARGS__), putchar('\n')))

/* One row per need, one column per value: unknown, none, connected, metered, unmetered,
 * not_roaming, roaming. */
static void network_table(void) {
  static const struct {
    ms_network_need need;
    const char *holds;
  } rows[] = {
      {MS_NEED_NOTHING, "1111111"},     {MS_NEED_CONNECTED, "0011111"},
      {MS_NEED_UNMETERED, "0000100"},   {MS_NEED_METERED, "0001001"},
      {MS_NEED_NOT_ROAMING, "0001110"},
  };
  for (size_t row = 0; row < MS_NEED_COUNT; row++) {
    for (int network = 0; network < MS_NETWORK_COUNT; network++) {
      bool expected = rows[row].holds[network] == '1';
      CHECK(ms_network_holds(rows[row].need, (ms_network)network) == expected, "%s at %s",
            rows[row].need == MS_NEED_NOTHING ? "nothing" : ms_network_need_word(rows[row].need),
            ms_network_word((ms_network)network));
    }
  }
}

static void words_go_both_ways(void) {
  for (int need = 1; need < MS_NEED_COUNT; need++) {
    const char *word = ms_network_need_word((ms_network_need)need);
    CHECK((int)ms_network_need_of(ms_text_of(word)) == need, "%s", word);
  }
  for (int network = 0; network < MS_NETWORK_COUNT; network++) {
    const char *word = ms_network_word((ms_network)network);
    CHECK((int)ms_network_of(ms_text_of(word)) == network, "%s", word);
  }
  CHECK(ms_network_need_word(MS_NEED_NOTHING) == NULL, "no word");
  CHECK(ms_network_need_of(MS_TEXT_NONE) == MS_NEED_NOTHING, "absent");
  CHECK(ms_network_need_of(MS_TEXT("wifi")) == MS_NEED_COUNT, "unknown word");
  CHECK(ms_network_need_of(MS_TEXT("roaming")) == MS_NEED_COUNT, "a value, not a need");
  CHECK(ms_network_of(MS_TEXT("wifi")) == MS_NETWORK_COUNT, "unknown word");
  CHECK(ms_condition_is_sensed(MS_TEXT("network")), "network");
  CHECK(ms_condition_is_sensed(MS_TEXT("idle")), "idle");
  CHECK(!ms_condition_is_sensed(MS_TEXT("Idle")), "names are case-sensitive");
}

static ms_truth lamp_only(void *context, ms_text name) {
  (void)context;
  if (ms_text_equal(name, MS_TEXT("lamp"))) return MS_TRUE;
  return ms_text_equal(name, MS_TEXT("door")) ? MS_FALSE : MS_UNKNOWN;
}

/* The unmet constraints as "name=value " in their order. */
static void unmet_is(const ms_constraints *constraints, const ms_conditions *conditions,
                     const char *expected) {
  ms_buf seen = {0};
  ms_unmet unmet;
  for (size_t at = 0; ms_constraints_unmet(constraints, conditions, &at, &unmet);) {
    ms_buf_addf(&seen, "%.*s=%s ", (int)unmet.name.size, unmet.name.data, unmet.value);
  }
  CHECK(ms_text_equal(ms_buf_text(&seen), ms_text_of(expected)), "%.*s", (int)seen.size, seen.data);
  CHECK(ms_constraints_hold(constraints, conditions) == (*expected == 0), "%s", expected);
  ms_buf_deinit(&seen);
}

static void unmet_constraints_are_named(void) {
  static const ms_text custom[] = {{"door", 4}, {"lamp", 4}, {"moon", 4}};
  ms_constraints constraints;
  ms_conditions conditions = {.custom = lamp_only};
  ms_constraints_init(&constraints);
  unmet_is(&constraints, &conditions, "");
  constraints.charging = constraints.battery_not_low = constraints.storage_not_low = true;
  constraints.idle = true;
  constraints.network = MS_NEED_UNMETERED;
  constraints.custom = custom;
  constraints.custom_count = 3;
  unmet_is(&constraints, &conditions,
           "network=unknown charging=unknown battery_not_low=unknown storage_not_low=unknown "
           "idle=unknown door=false moon=unknown ");
  conditions.network = MS_NETWORK_ROAMING;
  conditions.charging = conditions.storage_not_low = MS_TRUE;
  conditions.battery_not_low = conditions.idle = MS_FALSE;
  unmet_is(&constraints, &conditions,
           "network=roaming battery_not_low=false idle=false door=false moon=unknown ");
  conditions.network = MS_NETWORK_UNMETERED;
  conditions.battery_not_low = conditions.idle = MS_TRUE;
  constraints.custom_count = 0;
  unmet_is(&constraints, &conditions, "");
  constraints.custom_count = 2;
  conditions.custom = NULL;
  unmet_is(&constraints, &conditions, "door=unknown lamp=unknown ");
}

/* Writes, compares, reads back, and writes again. */
static void writes(const ms_constraints *constraints, const char *expected) {
  ms_buf first = {0};
  ms_buf second = {0};
  ms_arena arena = {0};
  ms_constraints parsed;
  ms_err err = {MS_OK, ""};
  CHECK(ms_constraints_format(constraints, &first, &err) == MS_OK, "%s", err.message);
  CHECK(ms_text_equal(ms_buf_text(&first), ms_text_of(expected)), "%.*s", (int)first.size,
        first.data);
  ms_status status = ms_constraints_parse(ms_buf_text(&first), &arena, &parsed, &err);
  CHECK(status == MS_OK, "%s: %s", expected, err.message);
  if (status == MS_OK) {
    CHECK(ms_constraints_format(&parsed, &second, &err) == MS_OK, "%s", err.message);
    CHECK(ms_text_equal(ms_buf_text(&first), ms_buf_text(&second)), "%.*s", (int)second.size,
          second.data);
  }
  ms_arena_deinit(&arena);
  ms_buf_deinit(&first);
  ms_buf_deinit(&second);
}

static ms_constraints everything(void) {
  static const ms_text custom[] = {{"b", 1}, {"a\"\\\n\0\xc3\xa4", 7}, {"b", 1}, {"ab", 2}};
  static const ms_watched files[] = {{{"/z", 2}, false}, {{"/a b", 4}, true}};
  return (ms_constraints){
      .network = MS_NEED_METERED,
      .charging = true,
      .battery_not_low = true,
      .storage_not_low = true,
      .idle = true,
      .at_start_only = true,
      .custom = custom,
      .custom_count = 4,
      .files = files,
      .file_count = 2,
      .settle_ms = 0,
      .max_wait_ms = MS_DURATION_MAX_MS,
      .rearm = true,
  };
}

#define EVERYTHING                                                                                 \
  "{\"network\":\"metered\",\"charging\":true,\"battery_not_low\":true,"                           \
  "\"storage_not_low\":true,\"idle\":true,"                                                        \
  "\"custom\":[\"a\\\"\\\\\\u000a\\u0000\xc3\xa4\",\"ab\",\"b\"],"                                 \
  "\"files\":{\"paths\":[\"/z\",{\"path\":\"/a b\",\"recursive\":true}],\"settle_ms\":0,"          \
  "\"max_wait_ms\":9007199254740991,\"rearm\":true},\"at_start_only\":true}"

static void canonical_text(void) {
  ms_constraints constraints;
  ms_constraints_init(&constraints);
  writes(&constraints, "{}");
  constraints.idle = true;
  writes(&constraints, "{\"idle\":true}");
  static const ms_watched file = {{"f", 1}, false};
  constraints.files = &file;
  constraints.file_count = 1;
  writes(&constraints,
         "{\"idle\":true,\"files\":{\"paths\":[\"f\"],\"settle_ms\":1000,"
         "\"max_wait_ms\":60000}}");
  constraints = everything();
  writes(&constraints, EVERYTHING);
}

static void reading_gives_the_fields(void) {
  ms_arena arena = {0};
  ms_constraints c;
  CHECK(ms_constraints_parse(MS_TEXT(EVERYTHING), &arena, &c, NULL) == MS_OK, "reads");
  CHECK(c.network == MS_NEED_METERED && c.charging && c.battery_not_low, "fields");
  CHECK(c.storage_not_low && c.idle && c.at_start_only && c.rearm, "fields");
  CHECK(c.custom_count == 3 && ms_text_equal(c.custom[2], MS_TEXT("b")), "custom");
  CHECK(ms_text_equal(c.custom[0], MS_TEXT("a\"\\\n\0\xc3\xa4")), "escapes");
  CHECK(c.file_count == 2 && !c.files[0].recursive && c.files[1].recursive, "files");
  CHECK(ms_text_equal(c.files[1].path, MS_TEXT("/a b")), "path");
  CHECK(c.settle_ms == 0 && c.max_wait_ms == MS_DURATION_MAX_MS, "times");
  CHECK(ms_constraints_parse(MS_TEXT_NONE, &arena, &c, NULL) == MS_OK, "absent is none");
  CHECK(!c.idle && c.custom_count == 0 && c.settle_ms == MS_SETTLE_DEFAULT_MS, "defaults");
  ms_arena_deinit(&arena);
}

static void is_corrupt(ms_text text) {
  ms_arena arena = {0};
  ms_constraints constraints = {.settle_ms = -7};
  ms_err err = {MS_OK, ""};
  ms_status status = ms_constraints_parse(text, &arena, &constraints, &err);
  CHECK(status == MS_CORRUPT, "%.*s", (int)text.size, text.data);
  CHECK(strstr(err.message, "byte"), "%s", err.message);
  CHECK(constraints.settle_ms == -7, "a refused text writes no result");
  ms_arena_deinit(&arena);
}

static void anything_else_is_corrupt(void) {
  static const char *const wrong[] = {
      "",
      "{",
      "}",
      "[]",
      "null",
      "{} ",
      " {}",
      "{,}",
      "{\"idle\":true,}",
      "{\"idle\":false}",
      "{\"idle\": true}",
      "{\"idle\":true \"charging\":true}",
      "{\"idle\":true,\"charging\":true}",
      "{\"idle\":true,\"idle\":true}",
      "{\"other\":true}",
      "{\"network\":\"\"}",
      "{\"network\":\"wifi\"}",
      "{\"network\":true}",
      "{\"custom\":[]}",
      "{\"custom\":[\"a\",]}",
      "{\"custom\":[\"b\",\"a\"]}",
      "{\"custom\":[\"a\",\"a\"]}",
      "{\"custom\":[\"a\"",
      "{\"custom\":[\"a",
      "{\"custom\":[\"a\\",
      "{\"custom\":[\"\\n\"]}",
      "{\"custom\":[\"\\u0041\"]}",
      "{\"custom\":[\"\\u001F\"]}",
      "{\"custom\":[\"\\u00",
      "{\"custom\":[\"\n\"]}",
      "{\"custom\":[\"\xff\"]}",
      "{\"custom\":[\"\xc0\x80\"]}",
      "{\"custom\":[\"\xed\xa0\x80\"]}",
      "{\"custom\":[\"\xf4\x90\x80\x80\"]}",
      "{\"custom\":[\"\xe2\x82\"]}",
      "{\"files\":{\"paths\":[],\"settle_ms\":1,\"max_wait_ms\":1}}",
      "{\"files\":{\"paths\":[\"f\"]}}",
      "{\"files\":{\"paths\":[\"f\"],\"settle_ms\":01,\"max_wait_ms\":1}}",
      "{\"files\":{\"paths\":[\"f\"],\"settle_ms\":-1,\"max_wait_ms\":1}}",
      "{\"files\":{\"paths\":[\"f\"],\"settle_ms\":1.0,\"max_wait_ms\":1}}",
      "{\"files\":{\"paths\":[\"f\"],\"settle_ms\":,\"max_wait_ms\":1}}",
      "{\"files\":{\"paths\":[\"f\"],\"settle_ms\":9007199254740992,\"max_wait_ms\":1}}",
      "{\"files\":{\"paths\":[{\"path\":\"f\"}],\"settle_ms\":1,\"max_wait_ms\":1}}",
      "{\"files\":{\"paths\":[\"f\"],\"settle_ms\":1,\"max_wait_ms\":1,\"rearm\":false}}",
      "{\"at_start_only\":true,\"idle\":true}"};
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    is_corrupt(ms_text_of(wrong[i]));
  is_corrupt(MS_TEXT("{}\0"));
}

/* Every text that is cut short or has one byte changed is refused, or is canonical itself. */
static void damaged_text_is_never_misread(void) {
  static const char bytes[] = "\"\\,:[]{}u019abtz \n\x7f\x80\xc3\xff";
  char text[] = EVERYTHING;
  for (size_t size = 0; size < sizeof(text) - 1; size++)
    is_corrupt((ms_text){text, size});
  for (size_t at = 0; at < sizeof(text) - 1; at++) {
    char kept = text[at];
    for (size_t i = 0; i < sizeof(bytes); i++) {
      ms_arena arena = {0};
      ms_buf again = {0};
      ms_constraints parsed;
      text[at] = bytes[i];
      ms_text damaged = {text, sizeof(text) - 1};
      if (ms_constraints_parse(damaged, &arena, &parsed, NULL) == MS_OK) {
        CHECK(ms_constraints_format(&parsed, &again, NULL) == MS_OK, "%s", text);
        CHECK(ms_text_equal(ms_buf_text(&again), damaged), "%s", text);
      }
      ms_buf_deinit(&again);
      ms_arena_deinit(&arena);
    }
    text[at] = kept;
  }
}

static void invalid_utf8_is_refused_by_place(void) {
  static const ms_text custom[] = {{"a", 1}, {"\xff", 1}};
  static const ms_watched files[] = {{{"f", 1}, false}, {{"\xe2\x82", 2}, false}};
  ms_constraints constraints;
  ms_buf out = {0};
  ms_err err = {MS_OK, ""};
  ms_constraints_init(&constraints);
  constraints.custom = custom;
  constraints.custom_count = 2;
  CHECK(ms_constraints_format(&constraints, &out, &err) == MS_MISUSE, "refused");
  CHECK(strcmp(err.message, "custom[2]: invalid UTF-8") == 0, "%s", err.message);
  constraints.custom_count = 0;
  constraints.files = files;
  constraints.file_count = 2;
  CHECK(ms_constraints_format(&constraints, &out, &err) == MS_MISUSE, "refused");
  CHECK(strcmp(err.message, "files[2]: invalid UTF-8") == 0, "%s", err.message);
  CHECK(out.size == 0, "nothing was written");
  ms_buf_deinit(&out);
}

/* Fails each allocation in turn until none is left to fail. */
static void memory_running_out_is_reported(void) {
  ms_constraints constraints = everything();
  ms_status status = MS_NOMEM;
  for (long n = 1; status == MS_NOMEM && n < 100; n++) {
    ms_buf out = {0};
    ms_arena arena = {0};
    ms_constraints parsed;
    ms_err err = {MS_OK, ""};
    ms_mem_fail_at(n);
    status = ms_constraints_format(&constraints, &out, &err);
    if (status == MS_OK) status = ms_constraints_parse(ms_buf_text(&out), &arena, &parsed, &err);
    ms_mem_fail_at(0);
    CHECK(status == MS_OK || status == MS_NOMEM, "%s", err.message);
    CHECK(n > 1 || status == MS_NOMEM, "the first allocation fails");
    ms_arena_deinit(&arena);
    ms_buf_deinit(&out);
  }
  CHECK(status == MS_OK, "it succeeds once memory suffices");
}

int main(void) {
  UNIT_RUN(network_table);
  UNIT_RUN(words_go_both_ways);
  UNIT_RUN(unmet_constraints_are_named);
  UNIT_RUN(canonical_text);
  UNIT_RUN(reading_gives_the_fields);
  UNIT_RUN(anything_else_is_corrupt);
  UNIT_RUN(damaged_text_is_never_misread);
  UNIT_RUN(invalid_utf8_is_refused_by_place);
  UNIT_RUN(memory_running_out_is_reported);
  return unit_end();
}
