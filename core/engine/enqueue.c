#include "engine/enqueue.h"

#include "engine/due.h"
#include "engine/engine.h"
#include "engine/offers.h"
#include "engine/outbox.h"
#include "engine/settle.h"
#include "engine/trigger.h"
#include "engine/unique.h"
#include "store/graph.h"
#include "store/waiting.h"
#include "store/work_move.h"

static ms_text text_or(ms_text text, ms_text other) {
  return text.data ? text : other;
}

/* ---- The spec ---- */

static ms_status quote_tags(ms_engine *engine, const ms_request *request, ms_arena *arena,
                            ms_text *tags) {
  ms_buf text = {0};
  *tags = MS_TEXT_NONE;
  if (!request->tag_count) return MS_OK;
  for (size_t i = 0; i < request->tag_count; i++) {
    ms_buf_add_char(&text, i ? ',' : '[');
    ms_buf_add_quoted(&text, request->tags[i]);
  }
  ms_buf_add_char(&text, ']');
  if (!text.failed) *tags = ms_arena_copy(arena, ms_buf_text(&text));
  ms_buf_deinit(&text);
  return tags->data ? MS_OK : ms_engine_no_memory(engine);
}

static ms_status intern_lane(ms_engine *engine, const ms_request *request, int64_t *id) {
  ms_lane *lane, wanted = {
                     .worker = request->worker,
                     .queue = text_or(request->queue, MS_TEXT("default")),
                     .constraints = text_or(request->constraints, MS_TEXT("")),
                     .priority = request->priority,
                     .expedited = request->expedited,
                 };
  MS_TRY(ms_lane_intern(engine->store, &wanted, &lane));
  *id = lane->id;
  return MS_OK;
}

ms_status ms_spec_of(ms_engine *engine, const ms_request *request, ms_arena *arena, ms_work *work) {
  static const ms_text nothing = MS_TEXT("{}");
  work->input = ms_text_equal(request->input, nothing) ? MS_TEXT_NONE : request->input;
  work->delay_ms = request->delay_ms;
  work->at_ms = request->at_ms;
  work->every_ms = request->every_ms;
  work->flex_ms = request->flex_ms;
  work->repeats = request->repeats;
  work->cron = request->cron;
  work->zone = request->zone;
  work->backoff = request->backoff;
  work->max_attempts = request->max_attempts;
  work->timeout_ms = request->timeout_ms;
  work->deadline_ms = request->deadline_ms;
  work->deadline_within_ms = request->deadline_within_ms;
  work->merger = request->merger;
  work->keep_ms = request->keep_results_for_ms;
  work->trace = request->trace;
  work->files = request->files;
  if (request->rearms && !request->every_ms && !request->cron.data) work->repeats = MS_ON_CHANGE;
  MS_TRY(quote_tags(engine, request, arena, &work->tags));
  return intern_lane(engine, request, &work->lane);
}

/* ---- Finding out ---- */

static bool is_root(const ms_request *request) {
  for (size_t i = 0; i < request->after_count; i++) {
    if (!request->after[i].id) return false;
  }
  return true;
}

/* A way through the requests of a call, depth first, with a stack of its own; the graph has no
 * cycles, as the caller has checked. */
typedef struct walk {
  size_t *stack;
  size_t depth;
  size_t *next; /* by request: which of its prerequisites comes next */
  bool *seen;
  size_t placed;
} walk;

static void enter(walk *way, size_t index) {
  if (way->seen[index]) return;
  way->seen[index] = true;
  way->stack[way->depth++] = index;
}

/* Goes to a prerequisite of the request on top, or places that after all of them. */
static void step(ms_enqueue_call *args, walk *way) {
  size_t at = way->stack[way->depth - 1];
  const ms_request *request = &args->requests[at];
  if (way->next[at] == request->after_count) {
    args->order[way->placed++] = at;
    way->depth--;
    return;
  }
  const ms_after *after = &request->after[way->next[at]++];
  if (!after->id) enter(way, after->index);
}

static ms_status sort(ms_engine *engine, ms_enqueue_call *args) {
  size_t count = args->count;
  walk way = {
      .stack = ms_arena_take(&args->scratch, count * sizeof *way.stack),
      .next = ms_arena_take(&args->scratch, count * sizeof *way.next),
      .seen = ms_arena_take(&args->scratch, count * sizeof *way.seen),
  };
  args->order = ms_arena_take(&args->scratch, count * sizeof *args->order);
  args->open = ms_arena_take(&args->scratch, count * sizeof *args->open);
  bool complete = way.stack && way.next && way.seen && args->order && args->open;
  if (!complete) return ms_engine_no_memory(engine);
  for (size_t first = 0; first < count; first++) {
    enter(&way, first);
    while (way.depth)
      step(args, &way);
  }
  return MS_OK;
}

static ms_status check_prerequisite(ms_engine *engine, const ms_enqueue_call *args, int64_t id,
                                    ms_arena *arena) {
  ms_work work;
  bool found;
  ms_arena_clear(arena);
  MS_TRY(ms_work_load(engine->store, id, arena, &work, &found));
  if (!found) {
    return ms_fail(args->call.err, MS_NOTFOUND, "after: there is no work %lld", (long long)id);
  }
  if (ms_work_is_periodic(&work)) {
    return ms_fail(args->call.err, MS_MISUSE,
                   "after: work %lld is periodic and never succeeds for good", (long long)id);
  }
  return MS_OK;
}

static ms_status check_all_of(ms_engine *engine, const ms_enqueue_call *args,
                              const ms_request *request, ms_arena *arena) {
  for (size_t i = 0; i < request->after_count; i++) {
    int64_t id = request->after[i].id;
    if (id) MS_TRY(check_prerequisite(engine, args, id, arena));
  }
  return MS_OK;
}

static ms_status check_prerequisites(ms_engine *engine, const ms_enqueue_call *args) {
  ms_arena arena = {0};
  ms_status status = MS_OK;
  for (size_t i = 0; i < args->count && status == MS_OK; i++)
    status = check_all_of(engine, args, &args->requests[i], &arena);
  ms_arena_deinit(&arena);
  return status;
}

/* ---- Writing ---- */

static ms_status add_edges(ms_engine *engine, ms_enqueue_call *args, size_t index, int64_t id,
                           int64_t *count) {
  const ms_request *request = &args->requests[index];
  const int64_t *ids = args->out.ids;
  *count = 0;
  for (size_t i = 0; is_root(request) && i < args->leaves.count; i++) {
    MS_TRY(ms_edge_add(engine->store, args->leaves.items[i], id, (*count)++));
    MS_TRY(ms_name_set_trunk(engine->store, args->unique->name, args->leaves.items[i]));
  }
  for (size_t i = 0; i < request->after_count; i++) {
    const ms_after *after = &request->after[i];
    int64_t prerequisite = after->id ? after->id : ids[after->index];
    MS_TRY(ms_edge_add(engine->store, prerequisite, id, (*count)++));
    if (args->unique) MS_TRY(ms_name_set_trunk(engine->store, args->unique->name, prerequisite));
  }
  return MS_OK;
}

static ms_event_type birth_event(ms_state state) {
  if (state == MS_FAILED) return MS_EVENT_FAILED;
  return state == MS_CANCELLED ? MS_EVENT_CANCELLED : MS_EVENT_ENQUEUED;
}

/* Most works that wait for others wait for one that came just before them. */
static ms_status stand(ms_engine *engine, ms_enqueue_call *args, size_t index, ms_work *work) {
  const ms_request *request = &args->requests[index];
  const ms_after *after = request->after;
  bool alone = request->after_count == 1 && !after->id && args->open[after->index];
  if (!work->prerequisites) return MS_OK;
  if (!alone) return ms_settle_standing(engine, &args->scratch, work);
  work->state = MS_BLOCKED;
  work->pending = 1;
  return MS_OK;
}

/* Claims come next, and may take it as it is. */
static ms_status let_wait(ms_engine *engine, const ms_work *work) {
  if (work->state != MS_ENQUEUED) return MS_OK;
  return ms_offers_may(engine, work) ? ms_offers_add(engine, work)
                                     : ms_waiting_place(engine->store, work);
}

static ms_status insert_one(ms_engine *engine, ms_enqueue_call *args, size_t index) {
  const ms_request *request = &args->requests[index];
  ms_work work;
  ms_work_init(&work);
  work.id = args->out.ids[index];
  work.enqueued_at_ms = args->at_ms;
  work.enqueued_by = request->enqueued_by;
  MS_TRY(ms_spec_of(engine, request, &args->scratch, &work));
  work.period = ms_work_is_periodic(&work) ? 1 : 0;
  if (args->unique) work.name = args->unique->name;
  MS_TRY(add_edges(engine, args, index, work.id, &work.prerequisites));
  work.behind = args->behind;
  MS_TRY(stand(engine, args, index, &work));
  if (args->open) args->open[index] = !ms_state_is_finished(work.state);
  ms_work_bear(&work);
  MS_TRY(ms_due_at(engine, &work, &work.due_at_ms));
  MS_TRY(ms_work_insert(engine->store, &work, request->tags, request->tag_count));
  MS_TRY(let_wait(engine, &work));
  MS_TRY(ms_trigger_insert(engine, &work, ms_enqueue_snapshot(args, index)));
  if (ms_state_is_finished(work.state)) MS_TRY(ms_settle_finished(engine, &work));
  return ms_outbox_event(engine, birth_event(work.state), work.id);
}

ms_status ms_enqueue_insert(ms_engine *engine, ms_enqueue_call *args, const char *outcome) {
  args->out = (ms_enqueued){.count = args->count, .outcome = outcome};
  args->out.ids = ms_arena_take(args->arena, args->count * sizeof *args->out.ids);
  if (!args->out.ids) return ms_engine_no_memory(engine);
  int64_t first;
  MS_TRY(ms_store_take_ids(engine->store, (int64_t)args->count, &first));
  for (size_t i = 0; i < args->count; i++)
    args->out.ids[i] = first + (int64_t)i;
  for (size_t i = 0; i < args->count; i++) {
    MS_TRY(insert_one(engine, args, args->order ? args->order[i] : i));
  }
  return MS_OK;
}

/* ---- The call ---- */

static ms_status enqueue(ms_engine *engine, ms_enqueue_call *args) {
  bool linked = false;
  for (size_t i = 0; i < args->count; i++)
    linked = linked || args->requests[i].after_count > 0;
  if (linked || args->unique) MS_TRY(ms_offers_place(engine));
  if (linked) {
    MS_TRY(check_prerequisites(engine, args));
    MS_TRY(sort(engine, args));
  }
  return args->unique ? ms_unique_apply(engine, args) : ms_enqueue_insert(engine, args, "enqueued");
}

static ms_status apply(ms_engine *engine, ms_call *call) {
  ms_enqueue_call *args = (ms_enqueue_call *)(void *)call;
  args->at_ms = engine->turn.now_ms;
  return enqueue(engine, args);
}

static const ms_unique *named(const ms_unique *unique) {
  return unique && unique->name.data ? unique : NULL;
}

static void end(ms_enqueue_call *args) {
  ms_arena_deinit(&args->scratch);
  ms_ids_deinit(&args->leaves);
}

ms_status ms_enqueue(ms_manager *engine, const ms_request *requests, size_t count,
                     const ms_unique *unique, ms_arena *arena, ms_enqueued *enqueued, ms_err *err) {
  ms_enqueue_call args = {
      .call = {.apply = apply, .adds = true},
      .requests = requests,
      .count = count,
      .unique = named(unique),
      .arena = arena,
  };
  ms_status status =
      ms_trigger_look_all(engine, requests, count, &args.scratch, &args.snapshots, err);
  if (status == MS_OK) status = ms_engine_call(engine, &args.call, err);
  end(&args);
  if (status == MS_OK) *enqueued = args.out;
  return status;
}

ms_status ms_enqueue_arrival(ms_engine *engine, const ms_arrived *arrived, ms_text *snapshots,
                             int64_t at_ms, ms_err *err) {
  ms_arena ids = {0};
  ms_enqueue_call args = {
      .call = {.err = err},
      .requests = arrived->requests,
      .count = arrived->count,
      .unique = named(&arrived->unique),
      .arena = &ids,
      .snapshots = snapshots,
      .at_ms = at_ms,
  };
  ms_status status = enqueue(engine, &args);
  end(&args);
  ms_arena_deinit(&ids);
  return status;
}
