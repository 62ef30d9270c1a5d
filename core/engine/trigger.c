#include "engine/trigger.h"

#include "base/point.h"
#include "engine/due.h"
#include "engine/engine.h"
#include "model/paths.h"
#include "sense/snapshot.h"
#include "store/files.h"
#include "store/work_move.h"

/* Work that waits for files: what has changed is noted here, and makes it due once it has settled.
 * Whoever sees the changes (the lookout, a test) tells them in a call. */

ms_status ms_trigger_files(ms_engine *engine, const ms_work *work, ms_arena *arena,
                           ms_constraints *files) {
  ms_err err;
  ms_status status = ms_constraints_parse(work->files, arena, files, &err);
  if (status == MS_OK) return MS_OK;
  return ms_fail(ms_store_err(engine->store), status, "table ms_work: files of work %lld: %s",
                 (long long)work->id, err.message);
}

/* A row that somebody has deleted is begun anew. */
static ms_status load(ms_engine *engine, int64_t id, ms_arena *arena, ms_files *files) {
  bool found;
  MS_TRY(ms_files_load(engine->store, id, arena, files, &found));
  if (!found) ms_files_init(files, id);
  return MS_OK;
}

static ms_status write_row(ms_engine *engine, const ms_files *files) {
  engine->turn.files = engine->turn.tells_all = true;
  return ms_files_write(engine->store, files);
}

ms_status ms_trigger_notice(ms_engine *engine) {
  MS_TRY(ms_files_newest(engine->store, &engine->turn.files_seen));
  if (engine->turn.files_seen != engine->files_seen) engine->turn.files = true;
  return MS_OK;
}

/* Changes one work's row. */
typedef ms_status edit(ms_engine *engine, ms_arena *arena, ms_files *files);

static ms_status change_row(ms_engine *engine, int64_t id, edit *change) {
  ms_arena arena = {0};
  ms_files files;
  ms_status status = load(engine, id, &arena, &files);
  if (status == MS_OK) status = change(engine, &arena, &files);
  if (status == MS_OK) status = write_row(engine, &files);
  ms_arena_deinit(&arena);
  return status;
}

/* ---- Triggers ---- */

static const ms_trigger nothing = {.first_at_ms = MS_NEVER, .due_at_ms = MS_NEVER};

/* A list that does not parse names what could be read of it. */
static ms_status add_paths(ms_engine *engine, ms_arena *arena, ms_trigger *trigger, ms_text list) {
  ms_paths paths = {0};
  ms_buf text = {0};
  ms_paths_add_list(&paths, trigger->paths);
  ms_paths_add_list(&paths, list);
  bool complete = ms_paths_format(&paths, &text);
  if (complete) trigger->paths = ms_arena_copy(arena, ms_buf_text(&text));
  ms_paths_deinit(&paths);
  ms_buf_deinit(&text);
  return complete && trigger->paths.data ? MS_OK : ms_engine_no_memory(engine);
}

static int64_t sum(int64_t a_ms, int64_t b_ms) {
  return a_ms > MS_NEVER - b_ms ? MS_NEVER : a_ms + b_ms;
}

int64_t ms_trigger_settles_at(const ms_constraints *files, int64_t first_at_ms,
                              int64_t last_at_ms) {
  int64_t settled_ms = sum(last_at_ms, files->settle_ms);
  int64_t latest_ms = sum(first_at_ms, files->max_wait_ms);
  return settled_ms < latest_ms ? settled_ms : latest_ms;
}

/* What has settled stays so: further changes are named, and waited for no longer. */
static ms_status note(ms_engine *engine, ms_arena *arena, ms_trigger *trigger,
                      const ms_constraints *files, const ms_change *change) {
  bool settled = trigger->due_at_ms <= engine->turn.now_ms;
  if (trigger->first_at_ms == MS_NEVER) trigger->first_at_ms = change->first_at_ms;
  if (!settled) {
    trigger->due_at_ms =
        change->settled ? engine->turn.now_ms
                        : ms_trigger_settles_at(files, trigger->first_at_ms, change->last_at_ms);
  }
  return add_paths(engine, arena, trigger, change->paths);
}

/* What has changed during a run counts for the next one. */
static ms_status join(ms_engine *engine, ms_arena *arena, ms_files *files) {
  ms_trigger *now = &files->now, *next = &files->next;
  if (next->first_at_ms == MS_NEVER) return MS_OK;
  if (next->first_at_ms < now->first_at_ms) now->first_at_ms = next->first_at_ms;
  if (next->due_at_ms < now->due_at_ms) now->due_at_ms = next->due_at_ms;
  MS_TRY(add_paths(engine, arena, now, next->paths));
  *next = nothing;
  return MS_OK;
}

static ms_status shift(ms_engine *engine, ms_arena *arena, ms_files *files) {
  (void)engine;
  (void)arena;
  files->now = files->next;
  files->next = nothing;
  return MS_OK;
}

/* ---- What becomes of a work ---- */

ms_status ms_trigger_insert(ms_engine *engine, const ms_work *work, ms_text snapshot) {
  ms_files files;
  if (!work->files.data) return MS_OK;
  ms_files_init(&files, work->id);
  if (snapshot.data) {
    MS_TRY(ms_files_keep_snapshot(engine->store, work->id, snapshot, &files.base));
  }
  return write_row(engine, &files);
}

static bool same_paths(const ms_constraints *a, const ms_constraints *b) {
  bool same = a->file_count == b->file_count;
  for (size_t i = 0; same && i < a->file_count; i++) {
    same = a->files[i].recursive == b->files[i].recursive &&
           ms_text_equal(a->files[i].path, b->files[i].path);
  }
  return same;
}

static ms_status watch_same(ms_engine *engine, const ms_work *before, const ms_work *after,
                            bool *same) {
  ms_arena arena = {0};
  ms_constraints old, new;
  ms_status status = ms_trigger_files(engine, before, &arena, &old);
  if (status == MS_OK) status = ms_trigger_files(engine, after, &arena, &new);
  *same = status == MS_OK && old.file_count && same_paths(&old, &new);
  ms_arena_deinit(&arena);
  return status;
}

static ms_status keep_row(ms_engine *engine, ms_arena *arena, ms_files *files) {
  (void)engine;
  (void)arena;
  (void)files;
  return MS_OK;
}

/* The same files go on to be watched as they were; those who watch hear of their new times. */
ms_status ms_trigger_update(ms_engine *engine, const ms_work *before, const ms_work *after,
                            ms_text snapshot) {
  bool same;
  MS_TRY(watch_same(engine, before, after, &same));
  if (same) return change_row(engine, before->id, keep_row);
  if (before->files.data) MS_TRY(ms_files_drop_snapshot(engine->store, before->id));
  if (after->files.data) return ms_trigger_insert(engine, after, snapshot);
  if (!before->files.data) return MS_OK;
  ms_files files;
  ms_files_init(&files, before->id);
  files.open = false;
  return write_row(engine, &files);
}

static ms_status close_row(ms_engine *engine, ms_arena *arena, ms_files *files) {
  (void)engine;
  (void)arena;
  files->open = false;
  return MS_OK;
}

/* Failed and cancelled work may be retried: then what has changed in the meantime counts. */
ms_status ms_trigger_finish(ms_engine *engine, const ms_work *work) {
  if (!work->files.data) return MS_OK;
  if (work->state == MS_SUCCEEDED) MS_TRY(ms_files_drop_snapshot(engine->store, work->id));
  return change_row(engine, work->id, close_row);
}

static ms_status open_row(ms_engine *engine, ms_arena *arena, ms_files *files) {
  files->open = true;
  return join(engine, arena, files);
}

ms_status ms_trigger_revive(ms_engine *engine, const ms_work *work) {
  return work->files.data ? change_row(engine, work->id, open_row) : MS_OK;
}

ms_status ms_trigger_rearm(ms_engine *engine, const ms_work *work) {
  return work->files.data ? change_row(engine, work->id, shift) : MS_OK;
}

ms_status ms_trigger_rest(ms_engine *engine, const ms_work *work) {
  return work->files.data ? change_row(engine, work->id, join) : MS_OK;
}

ms_status ms_trigger_paths(ms_engine *engine, const ms_work *work, ms_arena *arena,
                           ms_text *paths) {
  ms_files files;
  if (!work->files.data) return MS_OK;
  MS_TRY(load(engine, work->id, arena, &files));
  *paths = files.now.paths;
  return MS_OK;
}

/* ---- Changes ---- */

/* A waiting work's place follows what it knows of its files. */
static ms_status place_anew(ms_engine *engine, const ms_work *before) {
  ms_work after = *before;
  if (before->state != MS_ENQUEUED) return MS_OK;
  after.has_life = true;
  MS_TRY(ms_due_anew(engine, &after));
  if (after.due_at_ms == before->due_at_ms) return MS_OK;
  return ms_work_move(engine->store, before, &after, true);
}

static ms_status take_change(ms_engine *engine, ms_change *change, ms_files *files,
                             ms_arena *arena) {
  ms_constraints spec;
  ms_work work;
  bool found;
  MS_TRY(ms_work_load(engine->store, files->id, arena, &work, &found));
  if (!found) return ms_files_delete(engine->store, files->id);
  MS_TRY(ms_trigger_files(engine, &work, arena, &spec));
  ms_trigger *trigger = work.state == MS_RUNNING ? &files->next : &files->now;
  bool settled = trigger->due_at_ms <= engine->turn.now_ms;
  if (change->first_at_ms != MS_NEVER) MS_TRY(note(engine, arena, trigger, &spec, change));
  if (change->snapshot.data) {
    MS_TRY(ms_files_keep_snapshot(engine->store, files->id, change->snapshot, &files->base));
  }
  MS_TRY(write_row(engine, files));
  change->base = files->base;
  change->taken = true;
  return settled ? MS_OK : place_anew(engine, &work);
}

ms_status ms_trigger_change(ms_engine *engine, ms_change *change) {
  MS_POINT("change");
  ms_arena arena = {0};
  ms_files files;
  bool found;
  change->taken = false;
  ms_status status = ms_files_load(engine->store, change->id, &arena, &files, &found);
  bool same = !change->snapshot.data || files.base == change->base;
  if (status == MS_OK && found && files.open && same) {
    status = take_change(engine, change, &files, &arena);
  }
  ms_arena_deinit(&arena);
  return status;
}

/* ---- What stands there when a call begins ---- */

ms_status ms_trigger_look(ms_engine *engine, const ms_request *request, ms_arena *arena,
                          ms_text *snapshot, ms_err *err) {
  ms_arena spec = {0};
  ms_constraints files;
  ms_buf data = {0};
  *snapshot = MS_TEXT_NONE;
  if (!request->files.data || engine->options.stepped) return MS_OK;
  ms_status status = ms_constraints_parse(request->files, &spec, &files, err);
  if (status == MS_OK) {
    status = ms_snapshot_take(files.files, files.file_count, &engine->store_files, &data, err);
  }
  if (status == MS_OK) *snapshot = ms_arena_copy(arena, ms_buf_text(&data));
  if (status == MS_OK && !snapshot->data) {
    status = ms_no_memory(err);
  }
  ms_buf_deinit(&data);
  ms_arena_deinit(&spec);
  return status;
}

/* Watching begins with what stands there now. Works of one call often have the same files. */
ms_status ms_trigger_look_all(ms_engine *engine, const ms_request *requests, size_t count,
                              ms_arena *arena, ms_text **snapshots, ms_err *err) {
  bool any = false;
  *snapshots = NULL;
  for (size_t i = 0; i < count; i++)
    any = any || requests[i].files.data;
  if (!any) return MS_OK;
  ms_text *list = ms_arena_take(arena, count * sizeof *list);
  if (!list) return ms_no_memory(err);
  for (size_t i = 0; i < count; i++) {
    ms_text files = requests[i].files;
    if (i > 0 && files.data && ms_text_equal(files, requests[i - 1].files))
      list[i] = list[i - 1];
    else
      MS_TRY(ms_trigger_look(engine, &requests[i], arena, &list[i], err));
  }
  *snapshots = list;
  return MS_OK;
}
