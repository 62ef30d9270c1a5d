#include "engine/post.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "engine/trigger.h"
#include "model/paths.h"
#include "sense/folders.h"
#include "store/files.h"

#include <stdio.h>

/* An event says only that something may have happened. Once its time has settled, an errand
 * takes a snapshot and compares it with the one in the store; a difference is a change,
 * which is told in a call, and the new snapshot takes the place of the old. So changes are found
 * whether somebody watched or not, and those found twice, by two processes, count once. */

/* Each look may hold two snapshots of a large tree. */
#define LOOKS_AT_ONCE 2
/* How often files are looked at that the system cannot watch. */
#define POLL_MS 60000
/* After a call that failed. */
#define RETRY_MS 1000

/* While one is under way, its errand has it alone. */
typedef struct look {
  ms_errand errand;
  ms_arena arena;
  ms_text before; /* absent = the first look at these files */
  int64_t base;   /* the number of before */
  ms_buf after;
  ms_paths paths;
  ms_status status;
  ms_err err;
} look;

/* One work's files. */
typedef struct post {
  ms_link link; /* while it waits to be looked at */
  ms_posts *posts;
  int64_t id;
  ms_arena arena;
  ms_text spec;
  ms_constraints files;
  ms_folders *folders;
  uv_timer_t timer;
  int64_t first_at_ms; /* of the events that no look has explained; MS_NEVER = none */
  int64_t last_at_ms;
  int64_t settles_at_ms; /* MS_NEVER = nothing has happened */
  bool looking;
  bool disturbed; /* something has happened since the look began */
  bool again;     /* another look is to follow this one */
  bool followed;  /* its folders are watched */
  bool polled;    /* but not all of them */
  bool warned;
  bool ended; /* goes once its timer is closed and no look is under way */
  bool closed;
  look look;
} post;

static void free_ended(post *p) {
  if (!p->ended || !p->closed || p->looking) return;
  ms_arena_deinit(&p->arena);
  ms_mem_free(p);
}

static void on_timer_closed(uv_handle_t *handle) {
  post *p = handle->data;
  p->closed = true;
  free_ended(p);
}

static void end_post(post *p) {
  ms_engine *engine = p->posts->engine;
  pthread_mutex_lock(&engine->mutex);
  ms_map_remove(&p->posts->by_id, p->id);
  pthread_mutex_unlock(&engine->mutex);
  ms_list_remove(&p->link);
  ms_folders_free(p->folders);
  p->folders = NULL;
  p->ended = true;
  uv_close((uv_handle_t *)&p->timer, on_timer_closed);
}

static void warn(post *p, const char *message) {
  if (!p->warned) ms_engine_trouble(p->posts->engine, "sensor", message, p->id, NULL);
  p->warned = true;
}

static void ask(post *p);

static void on_timer(uv_timer_t *timer) {
  ask(timer->data);
}

static void set_timer(post *p, int64_t at_ms) {
  int64_t wait_ms = at_ms - ms_engine_now(p->posts->engine);
  uv_update_time(p->timer.loop);
  uv_timer_start(&p->timer, on_timer, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

/* The next look comes when the events have settled. */
static void arm(post *p) {
  ms_engine *engine = p->posts->engine;
  int64_t now_ms = ms_engine_now(engine), settles_ms = MS_NEVER, at_ms = MS_NEVER;
  if (p->first_at_ms != MS_NEVER) {
    /* The clock may have been set back. */
    if (p->last_at_ms > now_ms) p->first_at_ms = p->last_at_ms = now_ms;
    settles_ms = ms_trigger_settles_at(&p->files, p->first_at_ms, p->last_at_ms);
  }
  pthread_mutex_lock(&engine->mutex);
  p->settles_at_ms = settles_ms;
  pthread_mutex_unlock(&engine->mutex);
  if (p->polled) at_ms = now_ms + POLL_MS;
  if (settles_ms < at_ms) at_ms = settles_ms;
  if (at_ms == MS_NEVER)
    uv_timer_stop(&p->timer);
  else
    set_timer(p, at_ms);
}

static void note_event(post *p) {
  p->last_at_ms = ms_engine_now(p->posts->engine);
  if (p->first_at_ms == MS_NEVER) p->first_at_ms = p->last_at_ms;
}

static void on_event(void *context) {
  post *p = context;
  note_event(p);
  p->disturbed = true;
  arm(p);
}

static post *new_post(ms_posts *posts, int64_t id, ms_text spec, ms_err *err) {
  ms_engine *engine = posts->engine;
  post *p = ms_mem_zalloc(sizeof *p);
  ms_fail(err, MS_NOMEM, "not enough memory to watch them");
  if (!p) return NULL;
  p->posts = posts;
  p->id = id;
  p->first_at_ms = p->last_at_ms = p->settles_at_ms = MS_NEVER;
  ms_list_init(&p->link);
  p->spec = ms_arena_copy(&p->arena, spec);
  p->folders = ms_folders_new(&engine->loop, &engine->store_files, 0, on_event, p);
  bool read = p->spec.data && p->folders &&
              ms_constraints_parse(p->spec, &p->arena, &p->files, err) == MS_OK;
  pthread_mutex_lock(&engine->mutex);
  bool added = read && ms_map_put(&posts->by_id, id, p);
  pthread_mutex_unlock(&engine->mutex);
  if (added) {
    uv_timer_init(&engine->loop, &p->timer);
    p->timer.data = p;
    return p;
  }
  ms_folders_free(p->folders);
  ms_arena_deinit(&p->arena);
  ms_mem_free(p);
  return NULL;
}

/* ---- A look ---- */

static void end_look(look *l) {
  ms_arena_deinit(&l->arena);
  ms_buf_deinit(&l->after);
  ms_paths_deinit(&l->paths);
  l->before = MS_TEXT_NONE;
}

static void add_path(void *context, ms_text path) {
  ms_paths_add(context, path);
}

static void on_look(ms_engine *engine, ms_errand *errand) {
  look *l = MS_LIST_ENTRY(errand, look, errand);
  const post *p = MS_LIST_ENTRY(l, post, look);
  l->status = ms_snapshot_take(p->files.files, p->files.file_count, &engine->store_files, &l->after,
                               &l->err);
  if (l->status != MS_OK || !l->before.data) return;
  l->status = ms_snapshot_compare(l->before, ms_buf_text(&l->after), add_path, &l->paths, &l->err);
}

typedef struct read_call {
  ms_call call;
  look *look;
  int64_t id;
  bool open;
} read_call;

static ms_status apply_read(ms_engine *engine, ms_call *call) {
  read_call *args = (read_call *)(void *)call;
  look *l = args->look;
  ms_files files;
  bool found;
  MS_TRY(ms_files_load(engine->store, args->id, &l->arena, &files, &found));
  args->open = found && files.open;
  if (!args->open) return MS_OK;
  l->base = files.base;
  return ms_files_read_snapshot(engine->store, args->id, &l->arena, &l->before);
}

/* Watches what the snapshot shows. *fresh: something stands that did not, so look again. */
static void follow(post *p, ms_text snapshot, bool *fresh) {
  ms_err err;
  char message[sizeof err.message + 64];
  ms_status status =
      ms_folders_follow(p->folders, p->files.files, p->files.file_count, snapshot, fresh, &err);
  p->followed = true;
  p->polled = status != MS_OK;
  if (status == MS_OK) return;
  snprintf(message, sizeof message, "files: %s; they are looked at every %d s instead", err.message,
           POLL_MS / 1000);
  warn(p, message);
}

static void after_look(ms_engine *engine, ms_errand *errand);

static void begin_look(post *p) {
  ms_engine *engine = p->posts->engine;
  bool fresh;
  read_call read = {.call = {.apply = apply_read, .reads = true}, .look = &p->look, .id = p->id};
  ms_status status = ms_engine_call(engine, &read.call, NULL);
  if (status != MS_OK || !read.open) {
    end_look(&p->look);
    if (status == MS_OK)
      end_post(p);
    else if (status != MS_CLOSED)
      set_timer(p, ms_engine_now(engine) + RETRY_MS);
    return;
  }
  if (!p->followed) follow(p, p->look.before, &fresh);
  p->disturbed = false;
  p->again = false;
  p->looking = true;
  p->posts->looking++;
  p->look.errand = (ms_errand){.run = on_look, .back = after_look};
  ms_errand_send(engine, &p->look.errand);
}

static void begin_looks(ms_posts *posts) {
  while (posts->looking < LOOKS_AT_ONCE) {
    ms_link *link = ms_list_shift(&posts->waiting);
    if (!link) return;
    begin_look(MS_LIST_ENTRY(link, post, link));
  }
}

/* Asks for a look; one that is under way has begun too early. */
static void ask(post *p) {
  p->again = p->looking;
  if (p->looking) return;
  if (ms_list_empty(&p->link)) ms_list_push(&p->posts->waiting, &p->link);
  begin_looks(p->posts);
}

/* ---- What was seen ---- */

typedef struct tell_call {
  ms_call call;
  ms_change change;
} tell_call;

static ms_status apply_tell(ms_engine *engine, ms_call *call) {
  return ms_trigger_change(engine, &((tell_call *)(void *)call)->change);
}

/* A look explains all events but those that came while it was under way. */
static void explain_events(post *p) {
  p->first_at_ms = p->disturbed ? p->last_at_ms : MS_NEVER;
  arm(p);
}

/* Tells what differs, or only what stands there. Another process may have told it before, so what
 * is not taken is looked at anew. */
static void tell(post *p, bool differs) {
  look *l = &p->look;
  ms_buf paths = {0};
  tell_call args = {.call = {.apply = apply_tell}};
  args.change = (ms_change){
      .id = p->id,
      .first_at_ms = differs ? p->first_at_ms : MS_NEVER,
      .last_at_ms = p->last_at_ms,
      .snapshot = ms_buf_text(&l->after),
      .base = l->base,
  };
  bool complete = ms_paths_format(&l->paths, &paths);
  args.change.paths = ms_buf_text(&paths);
  ms_status status = complete ? ms_engine_call(p->posts->engine, &args.call, NULL) : MS_NOMEM;
  ms_buf_deinit(&paths);
  if (status == MS_OK && args.change.taken) {
    explain_events(p);
  } else if (status == MS_OK) {
    ask(p);
  } else if (status != MS_CLOSED) {
    set_timer(p, ms_engine_now(p->posts->engine) + RETRY_MS);
  }
}

static void warn_of_unreadable(post *p) {
  ms_snapshot_reader reader;
  ms_sight sight;
  char message[512];
  if (p->warned) return;
  ms_snapshot_open(&reader, ms_buf_text(&p->look.after));
  while (!p->warned && ms_snapshot_next(&reader, &sight)) {
    if (sight.kind != MS_SIGHT_UNREADABLE) continue;
    snprintf(message, sizeof message, "files: %.*s cannot be read: what changes there is not seen",
             (int)sight.path.size, sight.path.data);
    warn(p, message);
  }
  ms_snapshot_close(&reader, NULL);
}

/* Whatever happened before the watches stood may be missing, so then there is another look. */
static void take_in(post *p) {
  look *l = &p->look;
  bool fresh, differs = l->paths.count > 0;
  follow(p, ms_buf_text(&l->after), &fresh);
  warn_of_unreadable(p);
  if (fresh) ask(p);
  if (!l->before.data) {
    tell(p, false);
  } else if (!fresh && !differs) {
    explain_events(p);
  } else if (!fresh) {
    if (p->first_at_ms == MS_NEVER) note_event(p);
    int64_t settles_ms = ms_trigger_settles_at(&p->files, p->first_at_ms, p->last_at_ms);
    if (settles_ms <= ms_engine_now(p->posts->engine))
      tell(p, true);
    else
      arm(p);
  }
}

static void after_look(ms_engine *engine, ms_errand *errand) {
  post *p = MS_LIST_ENTRY(MS_LIST_ENTRY(errand, look, errand), post, look);
  ms_posts *posts = p->posts;
  if (!p->ended && p->look.status == MS_OK) {
    take_in(p);
  } else if (!p->ended) {
    warn(p, p->look.err.message);
    set_timer(p, ms_engine_now(engine) + POLL_MS);
  }
  end_look(&p->look);
  p->looking = false;
  posts->looking--;
  if (p->ended)
    free_ended(p);
  else if (p->again)
    ask(p);
  begin_looks(posts);
}

/* ---- All posts ---- */

void ms_posts_init(ms_posts *posts, ms_engine *engine) {
  posts->engine = engine;
  ms_list_init(&posts->waiting);
}

void ms_posts_deinit(ms_posts *posts) {
  ms_map_deinit(&posts->by_id);
}

bool ms_posts_put(ms_posts *posts, int64_t id, ms_text spec, ms_err *err) {
  post *p = ms_map_get(&posts->by_id, id);
  if (p && ms_text_equal(p->spec, spec)) return true;
  if (p) end_post(p);
  p = new_post(posts, id, spec, err);
  if (p) ask(p);
  return p != NULL;
}

void ms_posts_end(ms_posts *posts, int64_t id) {
  post *p = ms_map_get(&posts->by_id, id);
  if (p) end_post(p);
}

int64_t ms_posts_settle_at(const ms_posts *posts, int64_t id) {
  const post *p = ms_map_get(&posts->by_id, id);
  return p ? p->settles_at_ms : MS_NEVER;
}

void ms_posts_close(ms_posts *posts) {
  for (size_t at = 0; posts->by_id.count; at = 0)
    end_post(ms_map_next(&posts->by_id, &at));
}
