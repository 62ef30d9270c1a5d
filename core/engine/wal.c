#include "engine/wal.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "store/arrival.h"

#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

/* While another connection writes, looks double their distance from one to the other; the watch
 * rests after an event for the last. */
#define PAUSE_MS 1
#define REST_MS 50

void ms_wal_init(ms_wal *wal) {
  *wal = (ms_wal){.fd = -1};
}

static char *name_log(const char *database) {
  size_t size = strlen(database) + sizeof "-wal";
  char *path = ms_mem_alloc(size);
  if (path) snprintf(path, size, "%s-wal", database);
  return path;
}

static void arm(ms_wal *wal) {
  wal->armed = inotify_add_watch(wal->fd, wal->path, IN_MODIFY | IN_ONESHOT) >= 0;
}

void ms_wal_open(ms_wal *wal, const char *database) {
  wal->path = name_log(database);
  if (!wal->path) return;
  wal->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (wal->fd >= 0) arm(wal);
  if (!wal->armed) ms_wal_close(wal);
}

void ms_wal_close(ms_wal *wal) {
  if (wal->fd >= 0) close(wal->fd);
  ms_mem_free(wal->path);
  ms_wal_init(wal);
}

void ms_wal_look(ms_engine *engine) {
  bool any = false;
  engine->wal.writing = ms_arrival_look(engine->store, &any) == MS_BUSY;
  if (!any) return;
  engine->arrivals = true;
  ms_engine_ask_for_turn(engine);
}

/* Looks, and sets the time of the next look where one is needed. */
static void look(ms_engine *engine) {
  ms_wal *wal = &engine->wal;
  wal->writing = false;
  pthread_mutex_lock(&engine->mutex);
  engine->looping = true;
  engine->written = true;
  pthread_mutex_unlock(&engine->mutex);
  ms_engine_attend(engine);
  if (wal->writing) {
    uv_timer_start(&wal->timer, wal->timer.timer_cb, (uint64_t)wal->pause_ms, 0);
    if (wal->pause_ms < REST_MS) wal->pause_ms *= 2;
  } else if (!wal->armed) {
    uv_timer_start(&wal->timer, wal->timer.timer_cb, REST_MS, 0);
  }
}

static void on_timer(uv_timer_t *timer) {
  ms_engine *engine = timer->data;
  if (!engine->wal.writing && !engine->wal.armed) arm(&engine->wal);
  look(engine);
}

static void drain(ms_wal *wal) {
  char bytes[512];
  while (read(wal->fd, bytes, sizeof bytes) > 0) {
  }
}

static void on_event(uv_poll_t *poll, int status, int events) {
  ms_engine *engine = poll->data;
  (void)status;
  (void)events;
  drain(&engine->wal);
  engine->wal.armed = false;
  engine->wal.pause_ms = PAUSE_MS;
  look(engine);
}

int ms_wal_start(ms_engine *engine) {
  ms_wal *wal = &engine->wal;
  if (wal->fd < 0) return 0;
  wal->poll.data = wal->timer.data = engine;
  int error = uv_timer_init(&engine->loop, &wal->timer);
  wal->timer.timer_cb = on_timer;
  if (!error) error = uv_poll_init(&engine->loop, &wal->poll, wal->fd);
  return error ? error : uv_poll_start(&wal->poll, UV_READABLE, on_event);
}

void ms_wal_stop(ms_engine *engine) {
  uv_handle_t *handles[] = {(uv_handle_t *)&engine->wal.timer, (uv_handle_t *)&engine->wal.poll};
  for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
    if (uv_handle_get_type(handles[i]) != UV_UNKNOWN_HANDLE) uv_close(handles[i], NULL);
  }
}
