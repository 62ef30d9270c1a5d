#include "engine/due.h"
#include "engine/engine.h"
#include "engine/outbox.h"
#include "engine/trigger.h"
#include "store/work_move.h"

/* What an update keeps: everything that is not the spec. */
static ms_work renewed(const ms_work *before) {
  ms_work after = *before;
  after.generation++;
  after.has_life = true;
  return after;
}

/* For periodic work "at" is a wish and not the begin of its periods. */
static ms_request without_wish(const ms_request *request, ms_work *after) {
  ms_request rest = *request;
  if (!ms_request_is_periodic(request) || request->at_ms == MS_NEVER) return rest;
  after->wish_at_ms = request->at_ms;
  rest.at_ms = after->at_ms;
  return rest;
}

static ms_status apply_spec(ms_engine *engine, const ms_work *before, const ms_request *request,
                            ms_text snapshot, ms_arena *arena) {
  ms_work after = renewed(before);
  ms_request rest = without_wish(request, &after);
  MS_TRY(ms_spec_of(engine, &rest, arena, &after));
  MS_TRY(ms_trigger_update(engine, before, &after, snapshot));
  if (before->state != MS_RUNNING) MS_TRY(ms_due_at(engine, &after, &after.due_at_ms));
  MS_TRY(ms_work_replace(engine->store, before, &after, request->tags, request->tag_count));
  ms_flight *flight = ms_map_get(&engine->runs, before->id);
  if (flight) flight->fresh = false;
  if (before->state != MS_RUNNING) MS_TRY(ms_progress_clear(engine->store, before->id));
  return ms_outbox_event(engine, MS_EVENT_UPDATED, before->id);
}

ms_status ms_update_work(ms_engine *engine, const ms_work *before, const ms_request *request,
                         ms_text snapshot, const char **how, ms_err *err) {
  ms_arena arena = {0};
  if (request->after_count) {
    return ms_fail(err, MS_MISUSE, "request.after: the prerequisites of a work do not change");
  }
  if (ms_request_is_periodic(request) != ms_work_is_periodic(before)) {
    return ms_fail(err, MS_MISUSE, "request: one-time work does not become periodic, nor back");
  }
  *how = "not_applied";
  if (ms_state_is_finished(before->state)) return MS_OK;
  *how = before->state == MS_RUNNING ? "applied_for_next_run" : "applied_immediately";
  ms_status status = apply_spec(engine, before, request, snapshot, &arena);
  ms_arena_deinit(&arena);
  return status;
}

typedef struct update_call {
  ms_call call;
  int64_t id;
  const ms_request *request;
  ms_text snapshot;
  const char *how;
} update_call;

static ms_status apply(ms_engine *engine, ms_call *call) {
  update_call *args = (update_call *)(void *)call;
  ms_arena arena = {0};
  ms_work work;
  bool found;
  ms_status status = ms_work_load(engine->store, args->id, &arena, &work, &found);
  if (status == MS_OK && !found) {
    status = ms_fail(call->err, MS_NOTFOUND, "there is no work %lld", (long long)args->id);
  }
  if (status == MS_OK) {
    status = ms_update_work(engine, &work, args->request, args->snapshot, &args->how, call->err);
  }
  ms_arena_deinit(&arena);
  return status;
}

ms_status ms_update(ms_manager *engine, int64_t id, const ms_request *request, const char **how,
                    ms_err *err) {
  update_call args = {.call = {.apply = apply}, .id = id, .request = request};
  ms_arena arena = {0};
  ms_status status = ms_trigger_look(engine, request, &arena, &args.snapshot, err);
  if (status == MS_OK) status = ms_engine_call(engine, &args.call, err);
  if (status == MS_OK) *how = args.how;
  ms_arena_deinit(&arena);
  return status;
}
