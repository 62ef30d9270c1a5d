#include "engine/due.h"
#include "engine/engine.h"
#include "engine/offers.h"
#include "engine/outbox.h"
#include "engine/settle.h"
#include "engine/trigger.h"
#include "store/claim.h"
#include "store/graph.h"
#include "store/waiting.h"
#include "store/work_move.h"

/* One call of enqueue: what came in, and what has been found out before anything is written. */
typedef struct enqueue_call {
  ms_call call;
  const ms_request *requests;
  size_t count;
  const ms_unique *unique; /* NULL = no name */
  ms_arena *arena;         /* the caller's, for the ids */
  ms_text *snapshots;      /* of the requests' files; NULL = none has any */
  int64_t at_ms;           /* the moment of the call */
  ms_enqueued out;
  ms_arena scratch;
  size_t *order; /* prerequisites before dependents */
  bool *open;    /* by request: it has become an unfinished work; NULL as long as none is linked */
  ms_ids leaves; /* what roots are appended to */
  ms_text behind;
} enqueue_call;

static ms_text text_or(ms_text text, ms_text other) {
  return text.data ? text : other;
}

static ms_status refuse(enqueue_call *args, ms_status status, const char *message) {
  return ms_fail(args->call.err, status, "%s", message);
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
static void step(enqueue_call *args, walk *way) {
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

static ms_status sort(ms_engine *engine, enqueue_call *args) {
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

static ms_status check_prerequisite(ms_engine *engine, const enqueue_call *args, int64_t id,
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

static ms_status check_all_of(ms_engine *engine, const enqueue_call *args,
                              const ms_request *request, ms_arena *arena) {
  for (size_t i = 0; i < request->after_count; i++) {
    int64_t id = request->after[i].id;
    if (id) MS_TRY(check_prerequisite(engine, args, id, arena));
  }
  return MS_OK;
}

static ms_status check_prerequisites(ms_engine *engine, const enqueue_call *args) {
  ms_arena arena = {0};
  ms_status status = MS_OK;
  for (size_t i = 0; i < args->count && status == MS_OK; i++)
    status = check_all_of(engine, args, &args->requests[i], &arena);
  ms_arena_deinit(&arena);
  return status;
}

/* ---- Writing ---- */

static ms_status add_edges(ms_engine *engine, enqueue_call *args, size_t index, int64_t id,
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

static ms_text snapshot_of(const enqueue_call *args, size_t index) {
  return args->snapshots ? args->snapshots[index] : MS_TEXT_NONE;
}

/* Most works that wait for others wait for one that came just before them. */
static ms_status stand(ms_engine *engine, enqueue_call *args, size_t index, ms_work *work) {
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

static ms_status insert_one(ms_engine *engine, enqueue_call *args, size_t index) {
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
  MS_TRY(ms_trigger_insert(engine, &work, snapshot_of(args, index)));
  if (ms_state_is_finished(work.state)) MS_TRY(ms_settle_finished(engine, &work));
  return ms_outbox_event(engine, birth_event(work.state), work.id);
}

static ms_status insert_all(ms_engine *engine, enqueue_call *args, const char *outcome) {
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

/* ---- Unique names ---- */

/* What stands under the name. */
typedef struct standing {
  ms_ids unfinished; /* not gathered where it is enough to know that there is something */
  bool open;         /* something is unfinished */
  bool periodic;
  bool broken; /* a leaf failed or was cancelled */
} standing;

static void standing_deinit(standing *name) {
  ms_ids_deinit(&name->unfinished);
}

/* Whatever is unfinished leads to a leaf that is, or to a broken one. Healthy leaves that are
 * appended to say all that is needed, so that an append costs the same however long the name is. */
static bool gathers(const enqueue_call *args, const standing *name) {
  ms_existing existing = args->unique->existing;
  bool appends = existing == MS_EXISTING_APPEND || existing == MS_EXISTING_APPEND_OR_REPLACE;
  return name->broken || (name->open && !appends);
}

static ms_status look(ms_engine *engine, enqueue_call *args, standing *name) {
  ms_arena arena = {0};
  ms_work work;
  bool found;
  MS_TRY(ms_name_leaves(engine->store, args->unique->name, &args->leaves));
  ms_status status = MS_OK;
  for (size_t i = 0; i < args->leaves.count && status == MS_OK; i++) {
    ms_arena_clear(&arena);
    status = ms_work_load(engine->store, args->leaves.items[i], &arena, &work, &found);
    if (status != MS_OK || !found) continue;
    name->broken = name->broken || work.state == MS_FAILED || work.state == MS_CANCELLED;
    name->periodic = name->periodic || ms_work_is_periodic(&work);
    name->open = name->open || !ms_state_is_finished(work.state);
  }
  ms_arena_deinit(&arena);
  if (status != MS_OK || !gathers(args, name)) return status;
  status = ms_name_works(engine->store, args->unique->name, true, &name->unfinished);
  name->open = name->unfinished.count > 0;
  return status;
}

static ms_status keep(ms_engine *engine, enqueue_call *args, const standing *name) {
  size_t count = name->unfinished.count;
  args->out = (ms_enqueued){.count = count, .outcome = "kept"};
  args->out.ids = ms_arena_take(args->arena, count * sizeof *args->out.ids);
  if (!args->out.ids) return ms_engine_no_memory(engine);
  memcpy(args->out.ids, name->unfinished.items, count * sizeof *args->out.ids);
  return MS_OK;
}

static ms_status add_ending(ms_engine *engine, const ms_ids *ids, ms_ids *ending) {
  bool live;
  for (size_t i = 0; i < ids->count; i++) {
    if (!ms_claims_find(engine->store, ids->items[i], &live) || live) continue;
    if (!ms_ids_add(ending, ids->items[i])) return ms_engine_no_memory(engine);
  }
  return MS_OK;
}

static ms_status set_behind(ms_engine *engine, enqueue_call *args, const ms_ids *ending) {
  ms_buf text = {0};
  if (!ending->count) return MS_OK;
  if (ms_ids_format(&text, ending->items, ending->count)) {
    args->behind = ms_arena_copy(&args->scratch, ms_buf_text(&text));
  }
  ms_buf_deinit(&text);
  return args->behind.data ? MS_OK : ms_engine_no_memory(engine);
}

/* Finished works lose the name, they are not deleted; runs that have not ended yet are waited for,
 * also those that a work which never started waited for. */
static ms_status clear_name(ms_engine *engine, enqueue_call *args) {
  ms_text name = args->unique->name;
  ms_ids ids = {0}, ending = {0};
  ms_status status = ms_name_works(engine->store, name, false, &ids);
  size_t named = ids.count;
  if (status == MS_OK) status = ms_name_behind(engine->store, name, &ids);
  if (status == MS_OK) status = add_ending(engine, &ids, &ending);
  if (status == MS_OK) status = set_behind(engine, args, &ending);
  for (size_t i = 0; i < named && status == MS_OK; i++) {
    status = ms_work_drop_name(engine->store, ids.items[i], name);
  }
  ms_ids_deinit(&ids);
  ms_ids_deinit(&ending);
  return status;
}

static ms_status start_fresh(ms_engine *engine, enqueue_call *args, const standing *name) {
  int64_t count;
  args->leaves.count = 0;
  if (name->open) MS_TRY(ms_cancel_works(engine, &name->unfinished, "replaced", &count));
  MS_TRY(clear_name(engine, args));
  return insert_all(engine, args, name->open ? "replaced" : "enqueued");
}

static ms_status append(ms_engine *engine, enqueue_call *args, const standing *name) {
  if (!args->leaves.count) return start_fresh(engine, args, name);
  if (name->periodic) {
    return refuse(args, MS_MISUSE, "unique.existing: nothing can be appended to periodic work");
  }
  for (size_t i = 0; i < args->count; i++) {
    if (ms_request_is_periodic(&args->requests[i])) {
      return refuse(args, MS_MISUSE, "unique.existing: periodic work cannot be appended");
    }
  }
  return insert_all(engine, args, name->open ? "appended" : "enqueued");
}

static ms_status update(ms_engine *engine, enqueue_call *args, const standing *name) {
  ms_work work;
  bool found;
  const char *how;
  if (!name->open) return start_fresh(engine, args, name);
  if (name->unfinished.count > 1 || args->count > 1) {
    return refuse(args, MS_MISUSE,
                  "unique.existing: update takes one request for a name of one unfinished work");
  }
  MS_TRY(ms_work_load(engine->store, name->unfinished.items[0], &args->scratch, &work, &found));
  MS_TRY(keep(engine, args, name));
  args->out.outcome = "updated";
  return ms_update_work(engine, &work, &args->requests[0], snapshot_of(args, 0), &how,
                        args->call.err);
}

static ms_status apply_unique(ms_engine *engine, enqueue_call *args, const standing *name) {
  switch (args->unique->existing) {
  case MS_EXISTING_KEEP:
    return name->open ? keep(engine, args, name) : start_fresh(engine, args, name);
  case MS_EXISTING_REPLACE:
    return start_fresh(engine, args, name);
  case MS_EXISTING_APPEND:
    return append(engine, args, name);
  case MS_EXISTING_APPEND_OR_REPLACE:
    return name->broken ? start_fresh(engine, args, name) : append(engine, args, name);
  case MS_EXISTING_UPDATE:
    return update(engine, args, name);
  }
  return MS_OK;
}

/* ---- The call ---- */

static ms_status enqueue(ms_engine *engine, enqueue_call *args) {
  standing name = {0};
  bool linked = false;
  for (size_t i = 0; i < args->count; i++)
    linked = linked || args->requests[i].after_count > 0;
  if (linked || args->unique) MS_TRY(ms_offers_place(engine));
  if (linked) {
    MS_TRY(check_prerequisites(engine, args));
    MS_TRY(sort(engine, args));
  }
  if (!args->unique) return insert_all(engine, args, "enqueued");
  ms_status status = look(engine, args, &name);
  if (status == MS_OK) status = apply_unique(engine, args, &name);
  standing_deinit(&name);
  return status;
}

static ms_status apply(ms_engine *engine, ms_call *call) {
  enqueue_call *args = (enqueue_call *)(void *)call;
  args->at_ms = engine->turn.now_ms;
  return enqueue(engine, args);
}

static const ms_unique *named(const ms_unique *unique) {
  return unique && unique->name.data ? unique : NULL;
}

static void end(enqueue_call *args) {
  ms_arena_deinit(&args->scratch);
  ms_ids_deinit(&args->leaves);
}

ms_status ms_enqueue(ms_manager *engine, const ms_request *requests, size_t count,
                     const ms_unique *unique, ms_arena *arena, ms_enqueued *enqueued, ms_err *err) {
  enqueue_call args = {
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
  enqueue_call args = {
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
