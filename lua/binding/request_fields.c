#include "binding/request_reader.h"

#include "binding/json.h"
#include "model/cron.h"
#include "model/duration.h"
#include "model/instant.h"
#include "model/zone.h"

typedef struct field {
  const ms_request_visit *visited;
  lua_State *L;
  int index; /* of the value, absolute */
  const ms_path *path;
  ms_request *out;
} field;

/* In the order of how often requests have them, which is the order they are looked for. */
#define FIELD_LIST(X)                                                                              \
  X(worker)                                                                                        \
  X(input)                                                                                         \
  X(tags)                                                                                          \
  X(delay)                                                                                         \
  X(queue)                                                                                         \
  X(priority)                                                                                      \
  X(constraints)                                                                                   \
  X(after)                                                                                         \
  X(backoff)                                                                                       \
  X(max_attempts)                                                                                  \
  X(timeout)                                                                                       \
  X(at)                                                                                            \
  X(every)                                                                                         \
  X(flex)                                                                                          \
  X(repeats)                                                                                       \
  X(cron)                                                                                          \
  X(zone)                                                                                          \
  X(deadline)                                                                                      \
  X(expedited)                                                                                     \
  X(merger)                                                                                        \
  X(keep_results_for)                                                                              \
  X(trace)

typedef enum field_id {
#define X(name) FIELD_##name,
  FIELD_LIST(X)
#undef X
      FIELD_COUNT
} field_id;

static const char *const field_names[] = {
#define X(name) #name,
    FIELD_LIST(X)
#undef X
};

static void read_worker(const field *f) {
  f->out->worker = ms_check_text(f->L, f->index, f->path, MS_NAME_BYTES_MAX, "a worker's name");
}

static void read_input(const field *f) {
  ms_request_context *context = f->visited->reader->context;
  ms_buf *buf = &context->own->buf;
  ms_json_error error;
  ms_buf_clear(buf);
  if (!ms_json_write(f->L, f->index, context->max_data_bytes, buf, &error)) {
    ms_json_fail(f->L, f->path, &error);
  }
  f->out->input = ms_own_copy(f->L, context->own, ms_buf_text(buf));
}

static bool has_text(const ms_text *texts, size_t count, ms_text text) {
  for (size_t i = 0; i < count; i++) {
    if (ms_text_equal(texts[i], text)) return true;
  }
  return false;
}

static void read_tags(const field *f) {
  size_t length = ms_check_list(f->L, f->index, f->path, "a list of strings");
  size_t room = length < MS_TAGS_MAX ? length : MS_TAGS_MAX;
  if (length == 0) return;
  ms_text *tags = ms_own_take(f->L, f->visited->reader->context->own, room * sizeof *tags);
  size_t count = 0;
  for (size_t i = 1; i <= length; i++, lua_pop(f->L, 1)) {
    ms_path path = ms_path_element(f->path, (int64_t)i);
    lua_rawgeti(f->L, f->index, (int)i);
    ms_text tag = ms_check_text(f->L, -1, &path, MS_NAME_BYTES_MAX, "a tag");
    if (has_text(tags, count, tag)) continue;
    if (count == room) ms_check_fail(f->L, f->path, "more than %d tags", MS_TAGS_MAX);
    tags[count++] = tag;
  }
  f->out->tags = tags;
  f->out->tag_count = count;
}

static void read_delay(const field *f) {
  f->out->delay_ms = ms_check_duration_ms(f->L, f->index, f->path, true);
}

static void read_at(const field *f) {
  f->out->at_ms = ms_check_time_ms(f->L, f->index, f->path);
}

static void read_every(const field *f) {
  f->out->every_ms = ms_check_duration_ms(f->L, f->index, f->path, true);
  if (f->out->every_ms < MS_EVERY_MIN_MS) {
    ms_check_expected(f->L, f->index, f->path, "a duration of at least 1 s");
  }
}

static void read_flex(const field *f) {
  f->out->flex_ms = ms_check_duration_ms(f->L, f->index, f->path, false);
}

static void read_repeats(const field *f) {
  static const char *const words[] = {"fixed_rate", "fixed_delay"};
  size_t word = ms_check_word(f->L, f->index, f->path, words, 2);
  f->out->repeats = word == 0 ? MS_FIXED_RATE : MS_FIXED_DELAY;
}

static void read_cron(const field *f) {
  ms_cron cron;
  ms_err err;
  f->out->cron = ms_check_text(f->L, f->index, f->path, 0, "a cron expression");
  if (ms_cron_parse(f->out->cron, &cron, &err) != MS_OK) {
    ms_check_fail(f->L, f->path, "%s", err.message);
  }
}

static void read_zone(const field *f) {
  ms_zone *zone;
  ms_err err;
  f->out->zone = ms_check_text(f->L, f->index, f->path, 0, "the name of a time zone");
  ms_status status = ms_zone_open(f->out->zone, &zone, &err);
  if (status == MS_NOMEM) ms_check_memory(f->L);
  if (status != MS_OK) ms_check_fail(f->L, f->path, "%s", err.message);
  ms_zone_free(zone);
}

static void read_constraints(const field *f) {
  ms_own *own = f->visited->reader->context->own;
  ms_constraints_read(f->L, f->index, f->path, own, f->out);
}

static void read_policy(lua_State *L, const ms_path *path, ms_backoff *backoff) {
  static const char *const words[] = {"exponential", "linear"};
  size_t word = ms_check_word(L, -1, path, words, 2);
  backoff->policy = word == 0 ? MS_BACKOFF_EXPONENTIAL : MS_BACKOFF_LINEAR;
}

static void read_backoff(const field *f) {
  static const char *const names[] = {"policy", "delay", "max", "jitter"};
  ms_backoff *backoff = &f->out->backoff;
  ms_check_table(f->L, f->index, f->path, "a table { policy, delay, max, jitter }");
  for (lua_pushnil(f->L); lua_next(f->L, f->index) != 0; lua_pop(f->L, 1)) {
    size_t name = ms_check_key(f->L, -2, f->path, names, 4);
    ms_path path = ms_path_field(f->path, names[name]);
    if (name == 0) {
      read_policy(f->L, &path, backoff);
    } else if (name == 1) {
      backoff->delay_ms = ms_check_duration_ms(f->L, -1, &path, false);
    } else if (name == 2) {
      backoff->max_ms = ms_check_duration_ms(f->L, -1, &path, false);
    } else {
      backoff->jitter = ms_check_number(f->L, -1, &path, 0, 1);
    }
  }
}

static void read_max_attempts(const field *f) {
  f->out->max_attempts = ms_check_integer(f->L, f->index, f->path, 1, INT64_MAX);
}

static void read_timeout(const field *f) {
  f->out->timeout_ms = ms_check_duration_ms(f->L, f->index, f->path, false);
}

/* Text is tried as a duration first; no text is both. */
static void read_deadline(const field *f) {
  int64_t ms;
  ms_text text = {0};
  bool is_text = lua_type(f->L, f->index) == LUA_TSTRING;
  if (is_text) text.data = lua_tolstring(f->L, f->index, &text.size);
  if (!is_text || ms_duration_parse(text, &ms, NULL) == MS_OK) {
    ms = ms_check_duration_ms(f->L, f->index, f->path, false);
    f->out->deadline_ms = f->visited->reader->context->now_ms + ms;
    f->out->deadline_within_ms = ms;
  } else if (ms_instant_parse(text, &ms, NULL) == MS_OK) {
    f->out->deadline_ms = ms;
  } else {
    ms_check_expected(f->L, f->index, f->path,
                      "a duration such as \"1h30m\" or a time such as \"2026-11-22T07:30:00Z\"");
  }
}

static void read_queue(const field *f) {
  f->out->queue = ms_check_text(f->L, f->index, f->path, MS_NAME_BYTES_MAX, "a queue's name");
}

static void read_priority(const field *f) {
  f->out->priority =
      (int)ms_check_integer(f->L, f->index, f->path, -MS_PRIORITY_MAX, MS_PRIORITY_MAX);
}

static void read_expedited(const field *f) {
  f->out->expedited = ms_check_boolean(f->L, f->index, f->path);
}

static void read_after(const field *f) {
  ms_request_read_after(f->visited, f->index, f->path, f->out);
}

static void read_merger(const field *f) {
  f->out->merger = ms_check_text(f->L, f->index, f->path, MS_NAME_BYTES_MAX,
                                 "\"overwrite\", \"arrays\" or the name of a function");
}

static void read_keep_results_for(const field *f) {
  f->out->keep_results_for_ms = ms_check_duration_ms(f->L, f->index, f->path, false);
}

static void read_trace(const field *f) {
  f->out->trace = ms_check_text(f->L, f->index, f->path, 0, "a text");
}

static void (*const field_readers[])(const field *f) = {
#define X(name) read_##name,
    FIELD_LIST(X)
#undef X
};

/* Which fields a request has, whatever their values: one bit each. */
typedef struct given {
  lua_State *L;
  const ms_path *path;
  const ms_request *request;
  unsigned bits;
} given;

static bool has(const given *g, field_id id) {
  return g->bits & 1u << id;
}

static _Noreturn void refuse(const given *g, field_id id, const char *why) {
  ms_path path = ms_path_field(g->path, field_names[id]);
  ms_check_fail(g->L, &path, "%s", why);
}

static void check_periodic(const given *g) {
  if (has(g, FIELD_cron)) {
    if (has(g, FIELD_every)) refuse(g, FIELD_every, "excluded by cron");
    if (has(g, FIELD_flex)) refuse(g, FIELD_flex, "excluded by cron");
    if (has(g, FIELD_repeats)) refuse(g, FIELD_repeats, "excluded by cron");
  } else if (has(g, FIELD_zone)) {
    refuse(g, FIELD_zone, "needs cron");
  } else if (!has(g, FIELD_every)) {
    if (has(g, FIELD_flex)) refuse(g, FIELD_flex, "needs every");
    if (has(g, FIELD_repeats)) refuse(g, FIELD_repeats, "needs every");
  }
  if (!has(g, FIELD_flex)) return;
  if (g->request->repeats == MS_FIXED_DELAY) {
    refuse(g, FIELD_flex, "needs repeats = \"fixed_rate\"");
  }
  if (g->request->flex_ms > g->request->every_ms) refuse(g, FIELD_flex, "longer than every");
}

static void check_expedited(const given *g) {
  if (!g->request->expedited) return;
  if (has(g, FIELD_delay)) refuse(g, FIELD_expedited, "excludes delay");
  if (has(g, FIELD_at)) refuse(g, FIELD_expedited, "excludes at");
  if (has(g, FIELD_every)) refuse(g, FIELD_expedited, "excludes every");
  if (has(g, FIELD_cron)) refuse(g, FIELD_expedited, "excludes cron");
}

static field_id periodic_by(const given *g) {
  if (has(g, FIELD_cron)) return FIELD_cron;
  return has(g, FIELD_every) ? FIELD_every : FIELD_constraints;
}

static void check_place(const given *g, const ms_request_reader *reader) {
  if (reader->is_update && has(g, FIELD_after)) {
    refuse(g, FIELD_after, "prerequisites cannot be changed by an update");
  }
  if (!ms_request_is_periodic(g->request)) return;
  if (reader->call->stages) {
    refuse(g, periodic_by(g), "periodic work cannot be in a chain");
  }
  if (g->request->after_count > 0) refuse(g, FIELD_after, "periodic work has no prerequisites");
}

/* A merger of the application may take a list; "overwrite" has nothing to do for work alone. */
static bool needs_keys(const ms_request *request) {
  if (ms_request_is_periodic(request)) return false;
  if (ms_text_equal(request->merger, MS_TEXT("arrays"))) return true;
  bool overwrites = !request->merger.data || ms_text_equal(request->merger, MS_TEXT("overwrite"));
  return overwrites && request->after_count > 0;
}

/* Data is compact JSON, so its first byte says what it is. */
static void check_input(const given *g) {
  ms_text input = g->request->input;
  bool is_list = input.size > 0 && input.data[0] == '[';
  if (is_list && needs_keys(g->request)) {
    refuse(g, FIELD_input, "merging needs string keys, got a list");
  }
}

static void check_given(const given *g, const ms_request_reader *reader) {
  if (!has(g, FIELD_worker)) refuse(g, FIELD_worker, "expected a worker's name, got nil");
  if (has(g, FIELD_delay) && has(g, FIELD_at)) refuse(g, FIELD_at, "excluded by delay");
  check_periodic(g);
  check_expedited(g);
  check_place(g, reader);
  check_input(g);
}

void ms_request_read_fields(const ms_request_visit *visited) {
  ms_request_reader *reader = visited->reader;
  lua_State *L = reader->L;
  ms_request *request = &reader->call->requests[visited->position];
  given g = {.L = L, .path = visited->path, .request = request};
  ms_request_init(request);
  request->enqueued_by = reader->context->enqueued_by;
  request->after = visited->before.list;
  request->after_count = visited->before.count;
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  for (lua_pushnil(L); lua_next(L, visited->index) != 0; lua_pop(L, 1)) {
    size_t id = ms_check_key(L, -2, visited->path, field_names, FIELD_COUNT);
    ms_path path = ms_path_field(visited->path, field_names[id]);
    field f = {visited, L, lua_gettop(L), &path, request};
    field_readers[id](&f);
    g.bits |= 1u << id;
  }
  check_given(&g, reader);
}
