#include "engine/server.h"

#include "base/mem.h"
#include "store/listener.h"
#include "store/session.h"
#include "store/store.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Between two looks at who lives, and two tries to listen again. */
#define PAUSE_S 1

struct ms_server {
  struct ms_store *store;
  char *url;
  ms_listener *listener; /* NULL = lost */
  int watch_fd;          /* readable when one of the others is */
  int look_fd;           /* a timer, armed while anybody runs anything */
  int retry_fd;          /* a timer, armed while nobody listens */
  bool looks;
};

static void arm(int timer, bool on) {
  struct itimerspec span = {{PAUSE_S, 0}, {PAUSE_S, 0}};
  timerfd_settime(timer, 0, on ? &span : &(struct itimerspec){0}, NULL);
}

static bool clear(int timer) {
  uint64_t times;
  return read(timer, &times, sizeof times) == sizeof times;
}

static bool watch(ms_server *server, int file) {
  struct epoll_event event = {.events = EPOLLIN};
  return file >= 0 && epoll_ctl(server->watch_fd, EPOLL_CTL_ADD, file, &event) == 0;
}

static ms_status open_files(ms_server *server, ms_err *err) {
  server->watch_fd = epoll_create1(EPOLL_CLOEXEC);
  server->look_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  server->retry_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  bool opened = server->watch_fd >= 0 && watch(server, server->look_fd) &&
                watch(server, server->retry_fd) && watch(server, ms_listener_fd(server->listener));
  return opened ? MS_OK : ms_fail(err, MS_LIMIT, "open: %s", strerror(errno));
}

ms_status ms_server_open(const char *url, struct ms_store *store, ms_server **server, ms_err *err) {
  ms_server *fresh = ms_mem_zalloc(sizeof *fresh);
  if (!fresh) return ms_no_memory(err);
  fresh->store = store;
  fresh->watch_fd = fresh->look_fd = fresh->retry_fd = -1;
  fresh->url = ms_mem_copy(url, strlen(url));
  ms_status status = fresh->url ? ms_listener_open(url, &fresh->listener, err) : ms_no_memory(err);
  if (status == MS_OK) status = open_files(fresh, err);
  if (status == MS_OK)
    *server = fresh;
  else
    ms_server_close(fresh);
  return status;
}

void ms_server_close(ms_server *server) {
  if (!server) return;
  const int files[] = {server->watch_fd, server->look_fd, server->retry_fd};
  ms_listener_close(server->listener);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    if (files[i] >= 0) close(files[i]);
  }
  ms_mem_free(server->url);
  ms_mem_free(server);
}

int ms_server_fd(const ms_server *server) {
  return server->watch_fd;
}

void ms_server_outlive(ms_server *server) {
  ms_session_outlive(server->store);
}

ms_status ms_server_join(ms_server *server, int64_t owner) {
  return ms_session_join(server->store, owner);
}

bool ms_server_renewed(const ms_server *server) {
  return ms_session_renewed(server->store);
}

void ms_server_settled(ms_server *server) {
  ms_session_settled(server->store);
}

bool ms_server_alive(const ms_server *server, int64_t owner) {
  bool alive;
  return ms_session_alive(server->store, owner, &alive) != MS_OK || alive;
}

void ms_server_nudge(ms_server *server) {
  ms_session_notify(server->store);
}

void ms_server_watch(ms_server *server, bool busy) {
  if (server->looks == busy) return;
  server->looks = busy;
  arm(server->look_fd, busy);
}

/* What was said meanwhile was not heard, so there is a reason to look. */
static bool listen_again(ms_server *server) {
  if (ms_listener_open(server->url, &server->listener, NULL) != MS_OK) return false;
  if (watch(server, ms_listener_fd(server->listener))) {
    arm(server->retry_fd, false);
    return true;
  }
  ms_listener_close(server->listener);
  server->listener = NULL;
  return false;
}

/* Closing its socket takes it off the watch. */
static void stop_listening(ms_server *server) {
  ms_listener_close(server->listener);
  server->listener = NULL;
  arm(server->retry_fd, true);
}

bool ms_server_drain(ms_server *server) {
  bool heard = false, looks = clear(server->look_fd), retries = clear(server->retry_fd);
  if (!server->listener) return (retries && listen_again(server)) || looks;
  if (ms_listener_drain(server->listener, ms_session_number(server->store), &heard)) {
    return heard || looks;
  }
  stop_listening(server);
  return true;
}
