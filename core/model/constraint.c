#include "model/constraint.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "model/duration.h"

#include <stdlib.h>

static const char *const need_words[] = {
#define X(name, word) word,
    MS_NETWORK_NEED_LIST(X)
#undef X
};

static const char *const network_words[] = {
#define X(name, word) word,
    MS_NETWORK_LIST(X)
#undef X
};

static const char *const truth_words[] = {
    [MS_UNKNOWN] = "unknown", [MS_FALSE] = "false", [MS_TRUE] = "true"};

void ms_constraints_init(ms_constraints *constraints) {
  *constraints = (ms_constraints){
      .settle_ms = MS_SETTLE_DEFAULT_MS,
      .max_wait_ms = MS_MAX_WAIT_DEFAULT_MS,
  };
}

const char *ms_network_need_word(ms_network_need need) {
  return need == MS_NEED_NOTHING ? NULL : need_words[need];
}

ms_network_need ms_network_need_of(ms_text word) {
  int need = 0;
  while (need < MS_NEED_COUNT && !ms_text_equal(word, ms_text_of(need_words[need])))
    need++;
  return (ms_network_need)need;
}

const char *ms_network_word(ms_network network) {
  return network_words[network];
}

ms_network ms_network_of(ms_text word) {
  int network = 0;
  while (network < MS_NETWORK_COUNT && !ms_text_equal(word, ms_text_of(network_words[network]))) {
    network++;
  }
  return (ms_network)network;
}

const char *ms_truth_word(ms_truth truth) {
  return truth_words[truth];
}

bool ms_condition_is_sensed(ms_text name) {
#define X(field)                                                                                   \
  if (ms_text_equal(name, MS_TEXT(#field))) return true;
  MS_CONDITION_LIST(X)
#undef X
  return ms_text_equal(name, MS_TEXT("network"));
}

bool ms_network_holds(ms_network_need need, ms_network network) {
  bool known = network != MS_NETWORK_UNKNOWN;
  switch (need) {
  case MS_NEED_NOTHING:
    return true;
  case MS_NEED_CONNECTED:
    return known && network != MS_NETWORK_NONE;
  case MS_NEED_UNMETERED:
    return network == MS_NETWORK_UNMETERED;
  case MS_NEED_METERED:
    return network == MS_NETWORK_METERED || network == MS_NETWORK_ROAMING;
  case MS_NEED_NOT_ROAMING:
    return network == MS_NETWORK_UNMETERED || network == MS_NETWORK_METERED ||
           network == MS_NETWORK_NOT_ROAMING;
  case MS_NEED_COUNT:
    break;
  }
  return false;
}

bool ms_constraints_hold(const ms_constraints *constraints, const ms_conditions *conditions) {
  size_t position = 0;
  ms_unmet unmet;
  return !ms_constraints_unmet(constraints, conditions, &position, &unmet);
}

/* The places of an iteration: the network, the sensed conditions, then the custom ones. */
enum {
  AT_NETWORK,
#define X(field) AT_##field,
  MS_CONDITION_LIST(X)
#undef X
      AT_CUSTOM
};

static bool truth_holds(bool needed, ms_text name, ms_truth truth, ms_unmet *unmet) {
  *unmet = (ms_unmet){name, ms_truth_word(truth)};
  return !needed || truth == MS_TRUE;
}

/* Judges the constraint at that place, which is before the end. */
static bool holds_at(const ms_constraints *constraints, const ms_conditions *conditions,
                     size_t place, ms_unmet *unmet) {
  switch (place) {
  case AT_NETWORK:
    *unmet = (ms_unmet){MS_TEXT("network"), ms_network_word(conditions->network)};
    return ms_network_holds(constraints->network, conditions->network);
#define X(field)                                                                                   \
  case AT_##field:                                                                                 \
    return truth_holds(constraints->field, MS_TEXT(#field), conditions->field, unmet);
    MS_CONDITION_LIST(X)
#undef X
  default:
    break;
  }
  ms_text name = constraints->custom[place - AT_CUSTOM];
  ms_truth truth = conditions->custom ? conditions->custom(conditions->context, name) : MS_UNKNOWN;
  return truth_holds(true, name, truth, unmet);
}

bool ms_constraints_unmet(const ms_constraints *constraints, const ms_conditions *conditions,
                          size_t *position, ms_unmet *unmet) {
  while (*position < AT_CUSTOM + constraints->custom_count) {
    if (!holds_at(constraints, conditions, (*position)++, unmet)) return true;
  }
  return false;
}

/* Adds the key, with a comma before all but the first of the object that began at start. */
static void add_key(ms_buf *out, size_t start, const char *key) {
  ms_buf_addf(out, out->size > start + 1 ? ",\"%s\":" : "\"%s\":", key);
}

static int compare_texts(const void *a, const void *b) {
  const ms_text *x = a;
  const ms_text *y = b;
  size_t size = x->size < y->size ? x->size : y->size;
  int order = size == 0 ? 0 : memcmp(x->data, y->data, size);
  return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

static ms_status add_custom(ms_buf *out, const ms_constraints *constraints, ms_err *err) {
  size_t count = constraints->custom_count;
  ms_text *sorted = ms_mem_alloc(count * sizeof(*sorted));
  if (!sorted) return ms_no_memory(err);
  memcpy(sorted, constraints->custom, count * sizeof(*sorted));
  qsort(sorted, count, sizeof(*sorted), compare_texts);
  for (size_t i = 0; i < count; i++) {
    if (i > 0 && ms_text_equal(sorted[i], sorted[i - 1])) continue;
    ms_buf_add_char(out, i == 0 ? '[' : ',');
    ms_buf_add_quoted(out, sorted[i]);
  }
  ms_buf_add_char(out, ']');
  ms_mem_free(sorted);
  return MS_OK;
}

static void add_watched(ms_buf *out, const ms_watched *watched) {
  if (!watched->recursive) {
    ms_buf_add_quoted(out, watched->path);
    return;
  }
  ms_buf_add_text(out, MS_TEXT("{\"path\":"));
  ms_buf_add_quoted(out, watched->path);
  ms_buf_add_text(out, MS_TEXT(",\"recursive\":true}"));
}

static void add_files(ms_buf *out, const ms_constraints *constraints) {
  ms_buf_add_text(out, MS_TEXT("{\"paths\":"));
  for (size_t i = 0; i < constraints->file_count; i++) {
    ms_buf_add_char(out, i == 0 ? '[' : ',');
    add_watched(out, &constraints->files[i]);
  }
  ms_buf_add_text(out, MS_TEXT("],\"settle_ms\":"));
  ms_buf_add_integer(out, constraints->settle_ms);
  ms_buf_add_text(out, MS_TEXT(",\"max_wait_ms\":"));
  ms_buf_add_integer(out, constraints->max_wait_ms);
  if (constraints->rearm) ms_buf_add_text(out, MS_TEXT(",\"rearm\":true"));
  ms_buf_add_char(out, '}');
}

static ms_status check_texts(const ms_constraints *constraints, ms_err *err) {
  for (size_t i = 0; i < constraints->custom_count; i++) {
    if (ms_utf8_is_valid(constraints->custom[i])) continue;
    return ms_fail(err, MS_MISUSE, "custom[%zu]: invalid UTF-8", i + 1);
  }
  for (size_t i = 0; i < constraints->file_count; i++) {
    if (ms_utf8_is_valid(constraints->files[i].path)) continue;
    return ms_fail(err, MS_MISUSE, "files[%zu]: invalid UTF-8", i + 1);
  }
  return MS_OK;
}

static void add_flag(ms_buf *out, size_t start, const char *key, bool value) {
  if (!value) return;
  add_key(out, start, key);
  ms_buf_add_text(out, MS_TEXT("true"));
}

static ms_status add_constraints(ms_buf *out, const ms_constraints *constraints, ms_err *err) {
  size_t start = out->size;
  ms_buf_add_char(out, '{');
  if (constraints->network != MS_NEED_NOTHING) {
    add_key(out, start, "network");
    ms_buf_add_quoted(out, ms_text_of(ms_network_need_word(constraints->network)));
  }
#define X(field) add_flag(out, start, #field, constraints->field);
  MS_CONDITION_LIST(X)
#undef X
  if (constraints->custom_count > 0) {
    add_key(out, start, "custom");
    ms_status status = add_custom(out, constraints, err);
    if (status != MS_OK) return status;
  }
  if (constraints->file_count > 0) {
    add_key(out, start, "files");
    add_files(out, constraints);
  }
  add_flag(out, start, "at_start_only", constraints->at_start_only);
  ms_buf_add_char(out, '}');
  return out->failed ? ms_no_memory(err) : MS_OK;
}

ms_status ms_constraints_format(const ms_constraints *constraints, ms_buf *out, ms_err *err) {
  ms_status status = check_texts(constraints, err);
  if (status != MS_OK) return status;
  size_t start = out->size;
  status = add_constraints(out, constraints, err);
  if (status != MS_OK) out->size = start;
  return status;
}

/* Reads exactly what is written above. Every take_* says whether it found its piece; out of memory
 * looks like a wrong piece and is told apart at the end. */
typedef struct reader {
  const char *next;
  const char *end;
  ms_arena *arena;
  bool first; /* no key of the present object was read yet */
  bool out_of_memory;
} reader;

static bool eat(reader *r, ms_text piece) {
  if ((size_t)(r->end - r->next) < piece.size || memcmp(r->next, piece.data, piece.size) != 0) {
    return false;
  }
  r->next += piece.size;
  return true;
}

static bool eat_key(reader *r, const char *key) {
  const char *before = r->next;
  if ((r->first || eat(r, MS_TEXT(","))) && eat(r, MS_TEXT("\"")) && eat(r, ms_text_of(key)) &&
      eat(r, MS_TEXT("\":"))) {
    r->first = false;
    return true;
  }
  r->next = before;
  return false;
}

/* A flag stands in the text only when it is set. */
static bool take_flag(reader *r, const char *key, bool *value) {
  if (!eat_key(r, key)) return true;
  *value = true;
  return eat(r, MS_TEXT("true"));
}

static void *take_memory(reader *r, size_t size) {
  void *memory = ms_arena_take(r->arena, size);
  if (!memory) r->out_of_memory = true;
  return memory;
}

/* What follows a backslash: a quote, a backslash, or "u00" and the number of a control character.
 */
static bool take_escape(reader *r, char *c) {
  if (eat(r, MS_TEXT("\"")) || eat(r, MS_TEXT("\\"))) {
    *c = r->next[-1];
    return true;
  }
  if (!eat(r, MS_TEXT("u00")) || r->end - r->next < 2) return false;
  int high = ms_hex_digit(r->next[0]);
  int low = ms_hex_digit(r->next[1]);
  if (high < 0 || high > 1 || low < 0) return false;
  r->next += 2;
  *c = (char)(high * 16 + low);
  return true;
}

static bool take_string(reader *r, ms_text *text) {
  if (!eat(r, MS_TEXT("\""))) return false;
  const char *close = r->next;
  while (close < r->end && *close != '"')
    close += *close == '\\' ? 2 : 1;
  if (close >= r->end) return false;
  char *bytes = take_memory(r, (size_t)(close - r->next) + 1);
  if (!bytes) return false;
  size_t size = 0;
  while (r->next < close) {
    char c = *r->next++;
    if ((unsigned char)c < 0x20 || (c == '\\' && !take_escape(r, &c))) return false;
    bytes[size++] = c;
  }
  r->next++;
  *text = (ms_text){bytes, size};
  return ms_utf8_is_valid(*text);
}

static bool take_integer(reader *r, int64_t *value) {
  const char *start = r->next;
  int64_t result = 0;
  for (; r->next < r->end && *r->next >= '0' && *r->next <= '9'; r->next++) {
    result = result * 10 + (*r->next - '0');
    if (result > MS_DURATION_MAX_MS) return false;
  }
  *value = result;
  return r->next > start && (*start != '0' || r->next == start + 1);
}

/* How many elements a list that begins here can have at most. */
static size_t count_at_most(const reader *r) {
  size_t count = 1;
  for (const char *c = r->next; c < r->end; c++)
    count += *c == ',';
  return count;
}

static bool take_custom(reader *r, ms_constraints *constraints) {
  ms_text *names = take_memory(r, count_at_most(r) * sizeof(*names));
  if (!names || !eat(r, MS_TEXT("["))) return false;
  size_t count = 0;
  do {
    if (!take_string(r, &names[count])) return false;
    if (count > 0 && compare_texts(&names[count - 1], &names[count]) >= 0) return false;
    count++;
  } while (eat(r, MS_TEXT(",")));
  constraints->custom = names;
  constraints->custom_count = count;
  return eat(r, MS_TEXT("]"));
}

static bool take_watched(reader *r, ms_watched *watched) {
  watched->recursive = eat(r, MS_TEXT("{\"path\":"));
  return take_string(r, &watched->path) &&
         (!watched->recursive || eat(r, MS_TEXT(",\"recursive\":true}")));
}

static bool take_files(reader *r, ms_constraints *constraints) {
  ms_watched *files = take_memory(r, count_at_most(r) * sizeof(*files));
  if (!files || !eat(r, MS_TEXT("{\"paths\":["))) return false;
  size_t count = 0;
  do {
    if (!take_watched(r, &files[count++])) return false;
  } while (eat(r, MS_TEXT(",")));
  constraints->files = files;
  constraints->file_count = count;
  return eat(r, MS_TEXT("],\"settle_ms\":")) && take_integer(r, &constraints->settle_ms) &&
         eat(r, MS_TEXT(",\"max_wait_ms\":")) && take_integer(r, &constraints->max_wait_ms) &&
         take_flag(r, "rearm", &constraints->rearm) && eat(r, MS_TEXT("}"));
}

static bool take_network(reader *r, ms_network_need *need) {
  ms_text word;
  if (!take_string(r, &word) || word.size == 0) return false;
  *need = ms_network_need_of(word);
  return *need != MS_NEED_COUNT;
}

static bool take_constraints(reader *r, ms_constraints *constraints) {
  if (!eat(r, MS_TEXT("{"))) return false;
  if (eat_key(r, "network") && !take_network(r, &constraints->network)) return false;
#define X(field)                                                                                   \
  if (!take_flag(r, #field, &constraints->field)) return false;
  MS_CONDITION_LIST(X)
#undef X
  if (eat_key(r, "custom") && !take_custom(r, constraints)) return false;
  if (eat_key(r, "files") && !take_files(r, constraints)) return false;
  return take_flag(r, "at_start_only", &constraints->at_start_only) && eat(r, MS_TEXT("}")) &&
         r->next == r->end;
}

ms_status ms_constraints_parse(ms_text text, ms_arena *arena, ms_constraints *constraints,
                               ms_err *err) {
  if (!text.data) text = MS_TEXT("{}");
  ms_constraints result;
  ms_constraints_init(&result);
  reader r = {.next = text.data, .end = text.data + text.size, .arena = arena, .first = true};
  if (!take_constraints(&r, &result)) {
    if (r.out_of_memory) return ms_no_memory(err);
    return ms_fail(err, MS_CORRUPT, "constraints: unexpected text at byte %td", r.next - text.data);
  }
  *constraints = result;
  return MS_OK;
}
