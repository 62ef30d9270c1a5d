#include "engine/lookout.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "engine/gate.h"
#include "engine/post.h"
#include "store/files.h"

#include <stdio.h>

/* After a call that failed. */
#define RETRY_MS 1000

struct ms_lookout {
  ms_engine *engine;
  ms_posts posts;
  int64_t heard; /* the newest row of a work's files that it knows */
};

typedef struct news {
  int64_t id;
  bool open;
  ms_text spec;
} news;

typedef struct hear_call {
  ms_call call;
  ms_arena arena;
  int64_t heard;
  news *list;
  size_t count;
} hear_call;

/* A work counts here while its worker is known here. */
static ms_status load_news(ms_engine *engine, hear_call *args, int64_t id) {
  news *item = &args->list[args->count++];
  ms_files files;
  ms_work work;
  bool found;
  item->id = id;
  MS_TRY(ms_files_load(engine->store, id, &args->arena, &files, &found));
  if (!found || !files.open) return MS_OK;
  MS_TRY(ms_work_load(engine->store, id, &args->arena, &work, &found));
  if (!found) return MS_OK;
  const ms_lane *lane = ms_lane_find(engine->store, work.lane);
  if (!lane) return MS_OK;
  item->open = ms_schedule_place(engine, lane)->place != MS_PLACE_NONE;
  item->spec = work.files;
  return MS_OK;
}

static ms_status apply_hear(ms_engine *engine, ms_call *call) {
  hear_call *args = (hear_call *)(void *)call;
  ms_ids ids = {0};
  int64_t heard = args->heard;
  ms_status status = ms_files_newest(engine->store, &args->heard);
  if (status == MS_OK) status = ms_files_since(engine->store, heard, &ids);
  if (status == MS_OK && ids.count) {
    args->list = ms_arena_take(&args->arena, ids.count * sizeof *args->list);
    if (!args->list) status = ms_engine_no_memory(engine);
  }
  for (size_t i = 0; i < ids.count && status == MS_OK; i++)
    status = load_news(engine, args, ids.items[i]);
  ms_ids_deinit(&ids);
  return status;
}

static void take_news(ms_lookout *lookout, const news *item) {
  ms_err err;
  char message[sizeof err.message + 16];
  if (!item->open) {
    ms_posts_end(&lookout->posts, item->id);
    return;
  }
  if (ms_posts_put(&lookout->posts, item->id, item->spec, &err)) return;
  snprintf(message, sizeof message, "files: %s", err.message);
  ms_engine_trouble(lookout->engine, "sensor", message, item->id, NULL);
}

static ms_status hear(ms_lookout *lookout) {
  hear_call args = {.call = {.apply = apply_hear, .reads = true}, .heard = lookout->heard};
  ms_status status = ms_engine_call(lookout->engine, &args.call, NULL);
  for (size_t i = 0; i < args.count && status == MS_OK; i++)
    take_news(lookout, &args.list[i]);
  if (status == MS_OK) lookout->heard = args.heard;
  ms_arena_deinit(&args.arena);
  return status;
}

/* News that could not be taken in must not wait for a turn, of which there may be none. */
static void ask_again(ms_engine *engine) {
  int64_t again_at_ms = ms_engine_now(engine) + RETRY_MS;
  pthread_mutex_lock(&engine->mutex);
  engine->look_out = true;
  if (again_at_ms < engine->armed_at_ms) engine->armed_at_ms = again_at_ms;
  pthread_mutex_unlock(&engine->mutex);
}

static bool make_lookout(ms_engine *engine) {
  ms_lookout *lookout = ms_mem_zalloc(sizeof *lookout);
  if (!lookout) return false;
  lookout->engine = engine;
  ms_posts_init(&lookout->posts, engine);
  pthread_mutex_lock(&engine->mutex);
  engine->lookout = lookout;
  pthread_mutex_unlock(&engine->mutex);
  return true;
}

void ms_lookout_serve(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  bool news_waits = engine->look_out;
  engine->look_out = false;
  pthread_mutex_unlock(&engine->mutex);
  if (!news_waits) return;
  bool ready = engine->lookout || make_lookout(engine);
  ms_status status = ready ? hear(engine->lookout) : MS_NOMEM;
  if (status != MS_OK && status != MS_CLOSED) ask_again(engine);
}

int64_t ms_lookout_settles_at(ms_engine *engine, int64_t id) {
  pthread_mutex_lock(&engine->mutex);
  int64_t at_ms = engine->lookout ? ms_posts_settle_at(&engine->lookout->posts, id) : MS_NEVER;
  pthread_mutex_unlock(&engine->mutex);
  return at_ms;
}

/* ---- The end ---- */

void ms_lookout_close(ms_engine *engine) {
  if (engine->lookout) ms_posts_close(&engine->lookout->posts);
}

void ms_lookout_free(ms_lookout *lookout) {
  if (!lookout) return;
  ms_posts_deinit(&lookout->posts);
  ms_mem_free(lookout);
}
