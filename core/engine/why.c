#include "base/mem.h"
#include "engine/due.h"
#include "engine/engine.h"
#include "engine/gate.h"
#include "engine/lookout.h"
#include "engine/trigger.h"
#include "store/claim.h"
#include "store/files.h"
#include "store/graph.h"

#include <stdarg.h>
#include <stdio.h>

/* So many files are named. */
#define FILES_NAMED 3

/* One work's list of reasons, put together in the order in which the scheduler asks. */
typedef struct why_call {
  ms_call call;
  int64_t id;
  ms_arena *arena;
  ms_reason *reasons;
  size_t count;
  size_t capacity;
  unsigned unread; /* conditions whose sensors must be asked first */
} why_call;

static ms_status add_text(ms_engine *engine, why_call *args, const char *kind, int64_t clears_at_ms,
                          ms_text text) {
  if (args->count == args->capacity) {
    size_t capacity = args->capacity ? args->capacity * 2 : 8;
    ms_reason *reasons = ms_arena_take(args->arena, capacity * sizeof *reasons);
    if (!reasons) return ms_engine_no_memory(engine);
    if (args->count) memcpy(reasons, args->reasons, args->count * sizeof *reasons);
    args->reasons = reasons;
    args->capacity = capacity;
  }
  ms_text detail = ms_arena_copy(args->arena, text);
  if (!detail.data) return ms_engine_no_memory(engine);
  args->reasons[args->count++] =
      (ms_reason){.kind = kind, .detail = detail, .clears_at_ms = clears_at_ms};
  return MS_OK;
}

__attribute__((format(printf, 5, 6))) static ms_status add(ms_engine *engine, why_call *args,
                                                           const char *kind, int64_t clears_at_ms,
                                                           const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return add_text(engine, args, kind, clears_at_ms, ms_text_of(text));
}

static ms_status add_prerequisites(ms_engine *engine, why_call *args, const ms_work *work) {
  ms_ids ids = {0};
  ms_arena arena = {0};
  ms_work prerequisite;
  bool found;
  ms_status status = ms_edge_prerequisites(engine->store, work->id, &ids);
  for (size_t i = 0; i < ids.count && status == MS_OK; i++) {
    ms_arena_clear(&arena);
    status = ms_work_load(engine->store, ids.items[i], &arena, &prerequisite, &found);
    if (status != MS_OK || !found || ms_state_is_finished(prerequisite.state)) continue;
    status = add(engine, args, "prerequisite", MS_NEVER, "work %lld is %s", (long long)ids.items[i],
                 ms_state_word(prerequisite.state));
  }
  ms_ids_deinit(&ids);
  ms_arena_deinit(&arena);
  return status;
}

static ms_status add_due(ms_engine *engine, why_call *args, const ms_work *work) {
  int64_t now_ms = engine->turn.now_ms, due_ms = work->due_at_ms;
  if (work->files.data) MS_TRY(ms_due_by_time(engine, work, &due_ms));
  if (due_ms <= now_ms) return MS_OK;
  int64_t wait_ms = due_ms - now_ms;
  return add(engine, args, ms_due_kind(work), due_ms, "due in %lld.%03lld s",
             (long long)(wait_ms / 1000), (long long)(wait_ms % 1000));
}

/* Work that cannot start in time will fail. */
static ms_status add_deadline(ms_engine *engine, why_call *args, const ms_work *work) {
  bool late = work->state == MS_ENQUEUED && work->due_at_ms != MS_NEVER &&
              work->due_at_ms > work->deadline_ms;
  if (work->deadline_ms == MS_NEVER || !late) return MS_OK;
  return add(engine, args, "deadline", MS_NEVER, "its deadline comes before it is due");
}

static ms_status add_constraints(ms_engine *engine, why_call *args, const ms_lane *lane,
                                 int64_t id) {
  ms_constraints constraints;
  ms_unmet unmet;
  size_t position = 0;
  char text[512];
  for (size_t i = 0; i < engine->met.count; i++) {
    if (engine->met.items[i] == id) return MS_OK;
  }
  MS_TRY(ms_lane_constraints(engine, lane->constraints, args->arena, &constraints));
  while (ms_conditions_unmet(engine, &constraints, &position, &unmet)) {
    MS_TRY(add(engine, args, "constraint", MS_NEVER, "%s",
               ms_conditions_describe(engine, &unmet, text, sizeof text)));
  }
  args->unread = ms_conditions_unread(engine);
  return MS_OK;
}

/* "/a", "/b" and 3 more */
static void name_files(ms_buf *text, const ms_constraints *files) {
  for (size_t i = 0; i < files->file_count && i < FILES_NAMED; i++) {
    const char *between = i == 0 ? "" : i + 1 == files->file_count ? " and " : ", ";
    ms_buf_add_text(text, ms_text_of(between));
    ms_buf_add_quoted(text, files->files[i].path);
  }
  if (files->file_count <= FILES_NAMED) return;
  ms_buf_addf(text, " and %zu more", files->file_count - FILES_NAMED);
}

static ms_status add_files(ms_engine *engine, why_call *args, const ms_work *work) {
  int64_t settled_ms, wait_ms;
  ms_constraints files;
  ms_buf text = {0};
  if (!work->files.data) return MS_OK;
  MS_TRY(ms_files_due(engine->store, work->id, &settled_ms));
  if (settled_ms == MS_NEVER) settled_ms = ms_lookout_settles_at(engine, work->id);
  wait_ms = settled_ms - engine->turn.now_ms;
  if (wait_ms <= 0) return MS_OK;
  MS_TRY(ms_trigger_files(engine, work, args->arena, &files));
  ms_buf_addf(&text, settled_ms == MS_NEVER ? "files: nothing has changed at "
                                            : "files: changes settle at ");
  name_files(&text, &files);
  if (settled_ms != MS_NEVER) {
    ms_buf_addf(&text, " in %lld.%03lld s", (long long)(wait_ms / 1000),
                (long long)(wait_ms % 1000));
  }
  ms_status status = text.failed
                         ? ms_engine_no_memory(engine)
                         : add_text(engine, args, "constraint", settled_ms, ms_buf_text(&text));
  ms_buf_deinit(&text);
  return status;
}

static ms_status add_gates(ms_engine *engine, why_call *args, const ms_lane *lane, bool due) {
  ms_gates gates = {.engine = engine, .arena = args->arena};
  ms_gate gate;
  int width = (int)lane->queue.size;
  MS_TRY(ms_schedule_gate(&gates, lane, &gate));
  if (gate.paused) {
    MS_TRY(add(engine, args, "queue_paused", MS_NEVER, "queue %.*s is paused", width,
               lane->queue.data));
  }
  if (gate.full) {
    MS_TRY(add(engine, args, "queue_limit", MS_NEVER, "queue %.*s runs as many as it may", width,
               lane->queue.data));
  }
  if (gate.rated) {
    MS_TRY(add(engine, args, "rate", gate.clears_at_ms, "queue %.*s has used up its rate", width,
               lane->queue.data));
  }
  ms_place place = ms_schedule_place(engine, lane)->place;
  if (place == MS_PLACE_NONE) {
    return add(engine, args, "no_runner", MS_NEVER, "no runner here knows worker \"%.*s\"",
               (int)lane->worker.size, lane->worker.data);
  }
  bool busy = place == MS_PLACE_POOL && ms_executor_free(engine->executor) <= 0;
  if (!due || !busy || args->count) return MS_OK;
  return add(engine, args, "threads_busy", MS_NEVER, "all %d threads are busy",
             ms_executor_threads(engine->executor));
}

static ms_status add_name(ms_engine *engine, why_call *args, const ms_work *work) {
  int64_t *ids;
  size_t count;
  bool live;
  if (ms_claims_find(engine->store, work->id, &live)) {
    MS_TRY(add(engine, args, "name_busy", MS_NEVER, "its last run has not ended yet"));
  }
  if (!work->behind.data || ms_ids_parse(work->behind, &ids, &count) != MS_OK) return MS_OK;
  ms_status status = MS_OK;
  for (size_t i = 0; i < count && status == MS_OK; i++) {
    if (!ms_claims_find(engine->store, ids[i], &live) || live) continue;
    status = add(engine, args, "name_busy", MS_NEVER, "work %lld, which it replaced, still runs",
                 (long long)ids[i]);
  }
  ms_mem_free(ids);
  return status;
}

static ms_status apply(ms_engine *engine, ms_call *call) {
  why_call *args = (why_call *)(void *)call;
  ms_work work;
  ms_lane *lane;
  bool found;
  args->count = 0;
  args->unread = 0;
  MS_TRY(ms_work_load(engine->store, args->id, args->arena, &work, &found));
  if (!found) {
    return ms_fail(call->err, MS_NOTFOUND, "there is no work %lld", (long long)args->id);
  }
  if (work.state != MS_ENQUEUED && work.state != MS_BLOCKED) return MS_OK;
  MS_TRY(ms_lane_get(engine->store, work.lane, &lane));
  if (work.state == MS_BLOCKED)
    MS_TRY(add_prerequisites(engine, args, &work));
  else
    MS_TRY(add_due(engine, args, &work));
  MS_TRY(add_deadline(engine, args, &work));
  MS_TRY(add_constraints(engine, args, lane, work.id));
  MS_TRY(add_files(engine, args, &work));
  MS_TRY(add_name(engine, args, &work));
  return add_gates(engine, args, lane,
                   work.state == MS_ENQUEUED && work.due_at_ms <= engine->turn.now_ms);
}

ms_status ms_why(ms_manager *engine, int64_t id, ms_arena *arena, ms_reason **reasons,
                 size_t *count, ms_err *err) {
  why_call args = {.call = {.apply = apply, .reads = true}, .id = id, .arena = arena};
  MS_TRY(ms_engine_call(engine, &args.call, err));
  if (args.unread) {
    MS_TRY(ms_sensing_ask(engine, args.unread, err));
    MS_TRY(ms_engine_call(engine, &args.call, err));
  }
  *reasons = args.reasons;
  *count = args.count;
  return MS_OK;
}
