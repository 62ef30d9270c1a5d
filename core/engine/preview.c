#include "engine/preview.h"

#include "engine/engine.h"
#include "engine/trigger.h"

static void clear(ms_preview *it) {
  ms_arena_clear(&it->arena);
  it->requests = NULL;
  it->snapshots = NULL;
  it->count = 0;
}

static void on_look(ms_engine *engine, ms_errand *errand) {
  ms_preview *it = &engine->preview;
  (void)errand;
  it->status =
      ms_trigger_look_all(engine, it->requests, it->count, &it->arena, &it->snapshots, &it->err);
}

static void set_state(ms_engine *engine, ms_preview_state state) {
  pthread_mutex_lock(&engine->mutex);
  engine->preview.state = state;
  pthread_mutex_unlock(&engine->mutex);
}

static void after_look(ms_engine *engine, ms_errand *errand) {
  (void)errand;
  set_state(engine, MS_PREVIEW_READY);
  ms_engine_ask_for_turn(engine);
}

void ms_preview_serve(ms_engine *engine) {
  ms_preview *it = &engine->preview;
  pthread_mutex_lock(&engine->mutex);
  bool looks = it->state == MS_PREVIEW_WANTED && !engine->closed;
  if (looks) it->state = MS_PREVIEW_LOOKING;
  pthread_mutex_unlock(&engine->mutex);
  if (!looks) return;
  it->errand = (ms_errand){.run = on_look, .back = after_look};
  ms_errand_send(engine, &it->errand);
}

static ms_status copy_files(ms_engine *engine, const ms_arrived *arrived) {
  ms_preview *it = &engine->preview;
  it->requests = ms_arena_take(&it->arena, arrived->count * sizeof *it->requests);
  if (!it->requests) return ms_engine_no_memory(engine);
  for (size_t i = 0; i < arrived->count; i++) {
    ms_text files = arrived->requests[i].files;
    it->requests[i] = (ms_request){.files = files};
    if (!files.data) continue;
    it->requests[i].files = ms_arena_copy(&it->arena, files);
    if (!it->requests[i].files.data) return ms_engine_no_memory(engine);
  }
  it->count = arrived->count;
  return MS_OK;
}

static ms_status want(ms_engine *engine, int64_t row, const ms_arrived *arrived) {
  clear(&engine->preview);
  MS_TRY(copy_files(engine, arrived));
  engine->preview.row = row;
  pthread_mutex_lock(&engine->mutex);
  engine->preview.state = MS_PREVIEW_WANTED;
  ms_engine_wake_thread(engine);
  pthread_mutex_unlock(&engine->mutex);
  return MS_OK;
}

/* A row may have been altered since its files were looked at. */
static bool is_of(const ms_preview *it, int64_t row, const ms_arrived *arrived) {
  bool same = it->row == row && it->count == arrived->count;
  for (size_t i = 0; same && i < it->count; i++)
    same = ms_text_equal(it->requests[i].files, arrived->requests[i].files);
  return same;
}

ms_status ms_preview_find(ms_engine *engine, int64_t row, const ms_arrived *arrived,
                          const ms_preview **seen) {
  ms_preview *it = &engine->preview;
  pthread_mutex_lock(&engine->mutex);
  ms_preview_state state = it->state;
  pthread_mutex_unlock(&engine->mutex);
  *seen = NULL;
  if (state == MS_PREVIEW_WANTED || state == MS_PREVIEW_LOOKING) return MS_OK;
  if (state == MS_PREVIEW_NONE || !is_of(it, row, arrived)) return want(engine, row, arrived);
  *seen = it;
  return MS_OK;
}

void ms_preview_forget(ms_engine *engine) {
  ms_preview *it = &engine->preview;
  pthread_mutex_lock(&engine->mutex);
  if (it->state == MS_PREVIEW_READY) {
    clear(it);
    it->state = MS_PREVIEW_NONE;
  }
  pthread_mutex_unlock(&engine->mutex);
}

void ms_preview_deinit(ms_preview *preview) {
  ms_arena_deinit(&preview->arena);
}
