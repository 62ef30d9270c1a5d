#include "sense/bus_link.h"

#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* So many messages are handled before the loop sees to others. */
#define BATCH 64

#define CALL_TIMEOUT_US (25 * 1000000ULL)

struct ms_bus_link {
  const ms_sdbus *sd;
  struct sd_bus *bus;
  ms_bus_watcher watcher;
  uv_poll_t poll;
  uv_timer_t timer;
  int fd;
  int events;
  int handles; /* that the loop still knows */
};

static void serve(ms_bus_link *link);

static void on_poll(uv_poll_t *poll, int status, int events) {
  ms_bus_link *link = poll->data;
  (void)events;
  if (status < 0) {
    link->watcher.broken(link->watcher.context, uv_strerror(status));
  } else {
    serve(link);
  }
}

static void on_time(uv_timer_t *timer) {
  serve(timer->data);
}

/* The library's moments are those of the monotonic clock, as uv_hrtime. */
static void set_timer(ms_bus_link *link, uint64_t until_us) {
  uint64_t now_us = uv_hrtime() / 1000;
  if (until_us == UINT64_MAX) {
    uv_timer_stop(&link->timer);
    return;
  }
  uint64_t left_us = until_us > now_us ? until_us - now_us : 0;
  uv_timer_start(&link->timer, on_time, (left_us + 999) / 1000, 0);
}

static int arm(ms_bus_link *link) {
  uint64_t until_us = UINT64_MAX;
  int wanted = link->sd->bus_get_events(link->bus);
  int timed = link->sd->bus_get_timeout(link->bus, &until_us);
  if (wanted < 0 || timed < 0) return wanted < 0 ? wanted : timed;
  if (link->sd->bus_get_fd(link->bus) != link->fd) return -ENOTCONN;
  int events = (wanted & POLLIN ? UV_READABLE : 0) | (wanted & POLLOUT ? UV_WRITABLE : 0);
  if (events != link->events) uv_poll_start(&link->poll, events, on_poll);
  link->events = events;
  set_timer(link, until_us);
  return 0;
}

static void serve(ms_bus_link *link) {
  int result = 1;
  for (int i = 0; result > 0 && i < BATCH; i++)
    result = link->sd->bus_process(link->bus, NULL);
  if (result >= 0 && link->sd->bus_is_open(link->bus) <= 0) result = -ENOTCONN;
  if (result >= 0) result = arm(link);
  if (result >= 0) {
    link->watcher.served(link->watcher.context);
  } else {
    link->watcher.broken(link->watcher.context, strerror(-result));
  }
}

static void on_closed(uv_handle_t *handle) {
  ms_bus_link *link = handle->data;
  if (--link->handles == 0) ms_mem_free(link);
}

static void end_bus(const ms_sdbus *sd, struct sd_bus *bus) {
  if (!bus) return;
  sd->bus_close(bus);
  sd->bus_unref(bus);
}

static int begin(ms_bus_link *link, uv_loop_t *loop) {
  int result = link->sd->bus_open_system(&link->bus);
  if (result < 0) return result;
  link->fd = link->sd->bus_get_fd(link->bus);
  result = link->fd < 0 ? link->fd : uv_poll_init(loop, &link->poll, link->fd);
  if (result < 0) return result;
  uv_timer_init(loop, &link->timer);
  link->poll.data = link->timer.data = link;
  link->handles = 2;
  return 0;
}

ms_status ms_bus_link_open(uv_loop_t *loop, const ms_sdbus *sd, ms_bus_watcher watcher,
                           ms_bus_link **link, ms_err *err) {
  ms_bus_link *made = ms_mem_zalloc(sizeof *made);
  if (!made) return ms_no_memory(err);
  made->sd = sd;
  made->watcher = watcher;
  int result = begin(made, loop);
  if (result < 0) {
    end_bus(sd, made->bus);
    ms_mem_free(made);
    return ms_fail(err, MS_NOTFOUND, "no system bus: %s", strerror(-result));
  }
  *link = made;
  return MS_OK;
}

/* The loop forgets the descriptor before the library closes it. */
void ms_bus_link_close(ms_bus_link *link) {
  if (!link) return;
  uv_close((uv_handle_t *)&link->poll, on_closed);
  uv_close((uv_handle_t *)&link->timer, on_closed);
  end_bus(link->sd, link->bus);
  link->bus = NULL;
}

/* The library may have to write, or has set a time limit: the loop looks at both soon. */
static void serve_soon(ms_bus_link *link) {
  uv_timer_start(&link->timer, on_time, 0, 0);
}

int ms_bus_link_call(ms_bus_link *link, const ms_bus_method *method, ms_sdbus_handler *answered,
                     void *context, struct sd_bus_slot **slot) {
  const ms_sdbus *sd = link->sd;
  struct sd_bus_message *message = NULL;
  int result = sd->bus_message_new_method_call(link->bus, &message, method->service, method->path,
                                               method->interface, method->member);
  if (result >= 0) result = sd->bus_message_set_auto_start(message, 0);
  if (result >= 0 && method->text) {
    result = sd->bus_message_append_basic(message, 's', method->text);
  }
  if (result >= 0) {
    result = sd->bus_call_async(link->bus, slot, message, answered, context, CALL_TIMEOUT_US);
  }
  sd->bus_message_unref(message);
  serve_soon(link);
  return result;
}

int ms_bus_link_match(ms_bus_link *link, const char *rule, ms_sdbus_handler *matched,
                      void *context) {
  serve_soon(link);
  return link->sd->bus_add_match_async(link->bus, NULL, rule, matched, NULL, context);
}
