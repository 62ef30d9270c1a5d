#include "engine/unique.h"

#include "engine/settle.h"
#include "store/claim.h"
#include "store/graph.h"
#include "store/work_move.h"

/* What stands under the name. */
typedef struct standing {
  ms_ids unfinished; /* not gathered where it is enough to know that there is something */
  bool open;         /* something is unfinished */
  bool periodic;
  bool broken; /* a leaf failed or was cancelled */
} standing;

static ms_status refuse(ms_enqueue_call *args, const char *message) {
  return ms_fail(args->call.err, MS_MISUSE, "%s", message);
}

/* Whatever is unfinished leads to a leaf that is, or to a broken one. Healthy leaves that are
 * appended to say all that is needed, so that an append costs the same however long the name is. */
static bool gathers(const ms_enqueue_call *args, const standing *name) {
  ms_existing existing = args->unique->existing;
  bool appends = existing == MS_EXISTING_APPEND || existing == MS_EXISTING_APPEND_OR_REPLACE;
  return name->broken || (name->open && !appends);
}

static ms_status look(ms_engine *engine, ms_enqueue_call *args, standing *name) {
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

static ms_status keep(ms_engine *engine, ms_enqueue_call *args, const standing *name) {
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

static ms_status set_behind(ms_engine *engine, ms_enqueue_call *args, const ms_ids *ending) {
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
static ms_status clear_name(ms_engine *engine, ms_enqueue_call *args) {
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

static ms_status start_fresh(ms_engine *engine, ms_enqueue_call *args, const standing *name) {
  int64_t count;
  args->leaves.count = 0;
  if (name->open) MS_TRY(ms_cancel_works(engine, &name->unfinished, "replaced", &count));
  MS_TRY(clear_name(engine, args));
  return ms_enqueue_insert(engine, args, name->open ? "replaced" : "enqueued");
}

static ms_status append(ms_engine *engine, ms_enqueue_call *args, const standing *name) {
  if (!args->leaves.count) return start_fresh(engine, args, name);
  if (name->periodic) {
    return refuse(args, "unique.existing: nothing can be appended to periodic work");
  }
  for (size_t i = 0; i < args->count; i++) {
    if (ms_request_is_periodic(&args->requests[i])) {
      return refuse(args, "unique.existing: periodic work cannot be appended");
    }
  }
  return ms_enqueue_insert(engine, args, name->open ? "appended" : "enqueued");
}

static ms_status update(ms_engine *engine, ms_enqueue_call *args, const standing *name) {
  ms_work work;
  bool found;
  const char *how;
  if (!name->open) return start_fresh(engine, args, name);
  if (name->unfinished.count > 1 || args->count > 1) {
    return refuse(args,
                  "unique.existing: update takes one request for a name of one unfinished work");
  }
  MS_TRY(ms_work_load(engine->store, name->unfinished.items[0], &args->scratch, &work, &found));
  MS_TRY(keep(engine, args, name));
  args->out.outcome = "updated";
  return ms_update_work(engine, &work, &args->requests[0], ms_enqueue_snapshot(args, 0), &how,
                        args->call.err);
}

static ms_status judge(ms_engine *engine, ms_enqueue_call *args, const standing *name) {
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

ms_status ms_unique_apply(ms_engine *engine, ms_enqueue_call *args) {
  standing name = {0};
  ms_status status = look(engine, args, &name);
  if (status == MS_OK) status = judge(engine, args, &name);
  ms_ids_deinit(&name.unfinished);
  return status;
}
