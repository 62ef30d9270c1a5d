#include "sense/watch.h"

#include "base/mem.h"

#include <unistd.h>

struct ms_watch {
  uv_poll_t poll;
  uv_timer_t pause;
  int fd;
  int open_handles;
  bool ended;
  ms_news (*drain)(int fd);
  void (*hear)(void *context);
  void *context;
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void on_pause(uv_timer_t *pause) {
  ms_watch *watch = pause->data;
  ms_news news = watch->drain(watch->fd);
  watch->ended = watch->ended || news == MS_NEWS_END;
  if (news == MS_NEWS_SOME) uv_timer_start(pause, on_pause, MS_WATCH_PAUSE_MS, 0);
  if (news == MS_NEWS_NONE) uv_poll_start(&watch->poll, UV_READABLE, on_poll);
  watch->hear(watch->context);
}

static void on_poll(uv_poll_t *poll, int status, int events) {
  ms_watch *watch = poll->data;
  (void)events;
  ms_news news = status < 0 ? MS_NEWS_END : watch->drain(watch->fd);
  if (news == MS_NEWS_NONE) return;
  uv_poll_stop(poll);
  watch->ended = news == MS_NEWS_END;
  if (!watch->ended) uv_timer_start(&watch->pause, on_pause, MS_WATCH_PAUSE_MS, 0);
  watch->hear(watch->context);
}

static void on_closed(uv_handle_t *handle) {
  ms_watch *watch = handle->data;
  if (--watch->open_handles) return;
  close(watch->fd);
  ms_mem_free(watch);
}

ms_watch *ms_watch_open(uv_loop_t *loop, int fd, ms_news (*drain)(int fd),
                        void (*hear)(void *context), void *context) {
  ms_watch *watch = ms_mem_zalloc(sizeof *watch);
  if (!watch || uv_poll_init(loop, &watch->poll, fd) != 0) {
    ms_mem_free(watch);
    close(fd);
    return NULL;
  }
  uv_timer_init(loop, &watch->pause);
  watch->poll.data = watch->pause.data = watch;
  watch->fd = fd;
  watch->open_handles = 2;
  watch->drain = drain;
  watch->hear = hear;
  watch->context = context;
  if (uv_poll_start(&watch->poll, UV_READABLE, on_poll) == 0) return watch;
  ms_watch_close(watch);
  return NULL;
}

bool ms_watch_ended(const ms_watch *watch) {
  return watch->ended;
}

void ms_watch_close(ms_watch *watch) {
  if (!watch) return;
  uv_close((uv_handle_t *)&watch->poll, on_closed);
  uv_close((uv_handle_t *)&watch->pause, on_closed);
}
