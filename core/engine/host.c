#include "engine/ahead.h"
#include "engine/engine.h"
#include "engine/hearing.h"

#include <poll.h>
#include <unistd.h>

/* What a host that drives the manager asks for: events, runs of its own workers, and when to look
 * again. */

ms_event *ms_take_event(ms_manager *engine) {
  pthread_mutex_lock(&engine->mutex);
  ms_link *link = ms_list_shift(&engine->events);
  pthread_mutex_unlock(&engine->mutex);
  return link ? MS_LIST_ENTRY(link, ms_event, link) : NULL;
}

static ms_status apply_ask(ms_engine *engine, ms_call *call) {
  (void)call;
  engine->turn.host_room = engine->options.stepped ? 1 : ms_ahead_host_room(engine);
  return MS_OK;
}

/* Host work is claimed when the host is there to run it. */
ms_status ms_ask_for_runs(ms_engine *engine, ms_err *err) {
  ms_call ask = {.apply = apply_ask};
  return ms_engine_call(engine, &ask, err);
}

ms_run *ms_shift_run(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  ms_link *link = ms_list_shift(&engine->host_runs);
  if (link) MS_LIST_ENTRY(link, ms_run, link)->begun_at_ms = ms_engine_now(engine);
  pthread_mutex_unlock(&engine->mutex);
  return link ? MS_LIST_ENTRY(link, ms_run, link) : NULL;
}

ms_run *ms_take_run(ms_manager *engine) {
  ms_run *run = ms_shift_run(engine);
  pthread_mutex_lock(&engine->mutex);
  bool ready = engine->host_ready;
  pthread_mutex_unlock(&engine->mutex);
  if (run || !ready || ms_ask_for_runs(engine, NULL) != MS_OK) return run;
  return ms_shift_run(engine);
}

void ms_finish_run(ms_run *run) {
  ms_engine *engine = run->engine;
  ms_engine_give_back(engine, run);
  ms_step_settle(engine);
}

int ms_pollfd(ms_manager *engine) {
  pthread_mutex_lock(&engine->mutex);
  engine->polled = true;
  ms_hearing_heed(engine, MS_HEED_CHANGES);
  pthread_mutex_unlock(&engine->mutex);
  return engine->wake_fds[0];
}

void ms_pollfd_clear(ms_manager *engine) {
  char bytes[64];
  pthread_mutex_lock(&engine->mutex);
  while (read(engine->wake_fds[0], bytes, sizeof bytes) > 0) {
  }
  engine->woken = false;
  pthread_mutex_unlock(&engine->mutex);
}

int64_t ms_changes(ms_manager *engine, ms_heed heed) {
  pthread_mutex_lock(&engine->mutex);
  ms_hearing_heed(engine, heed);
  int64_t changes = engine->changes;
  pthread_mutex_unlock(&engine->mutex);
  return changes;
}

int64_t ms_changes_of(ms_manager *engine, int64_t id) {
  pthread_mutex_lock(&engine->mutex);
  ms_hearing_heed(engine, MS_HEED_CHANGES);
  engine->awaited = id;
  int64_t changes = engine->changes;
  pthread_mutex_unlock(&engine->mutex);
  return changes;
}

void ms_wake(ms_manager *engine) {
  ssize_t written = write(engine->wake_fds[1], "", 1);
  (void)written;
}

static bool has_something(ms_engine *engine, int64_t seen) {
  pthread_mutex_lock(&engine->mutex);
  bool changed = engine->changes != seen && !ms_hearing_rests(engine);
  bool has = changed || engine->host_ready || !ms_list_empty(&engine->events) ||
             !ms_list_empty(&engine->host_runs);
  pthread_mutex_unlock(&engine->mutex);
  return has;
}

void ms_wait(ms_manager *engine, int64_t seen, int64_t timeout_ms) {
  struct pollfd poll_fd = {.fd = engine->wake_fds[0], .events = POLLIN};
  if (has_something(engine, seen)) return;
  if (timeout_ms > INT32_MAX) timeout_ms = INT32_MAX;
  poll(&poll_fd, 1, (int)timeout_ms);
}
