#include "engine/engine.h"
#include "engine/jump.h"
#include "engine/lookout.h"

#include <signal.h>
#include <unistd.h>

static void on_timer(uv_timer_t *timer);

/* Never for at once: libuv runs timers until none is due before it comes to anything else. */
static void arm(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  int64_t at_ms = engine->armed_at_ms;
  pthread_mutex_unlock(&engine->mutex);
  if (at_ms == MS_NEVER) {
    uv_timer_stop(&engine->timer);
    return;
  }
  int64_t wait_ms = at_ms - ms_engine_now(engine);
  uv_update_time(&engine->loop);
  uv_timer_start(&engine->timer, on_timer, wait_ms > 1 ? (uint64_t)wait_ms : 1, 0);
}

void ms_engine_attend(ms_engine *engine) {
  do
    ms_engine_serve(engine);
  while (ms_sensing_tend(engine));
  ms_lookout_serve(engine);
  ms_preview_serve(engine);
  arm(engine);
}

/* A handle that was never initialised is all zero. */
static void close_handle(void *handle) {
  uv_handle_t *it = handle;
  if (it->type != UV_UNKNOWN_HANDLE) uv_close(it, NULL);
}

static void close_handles(ms_engine *engine) {
  ms_lookout_close(engine);
  close_handle(&engine->async);
  close_handle(&engine->timer);
  close_handle(&engine->peer_poll);
  close_handle(&engine->door_poll);
  close_handle(&engine->clock_poll);
  ms_sensors_close(engine->sensing.sensors);
  ms_wal_stop(engine);
}

static void on_async(uv_async_t *async) {
  ms_engine *engine = async->data;
  ms_errands_receive(engine);
  ms_engine_attend(engine);
  pthread_mutex_lock(&engine->mutex);
  bool closed = engine->closed;
  pthread_mutex_unlock(&engine->mutex);
  if (closed && engine->errands == 0) close_handles(engine);
}

static void on_timer(uv_timer_t *timer) {
  ms_engine *engine = timer->data;
  pthread_mutex_lock(&engine->mutex);
  engine->looping = true;
  bool looks = engine->look_again_ms > ms_engine_now(engine) || ms_engine_is_unwatched(engine);
  if (looks) engine->peered = true;
  pthread_mutex_unlock(&engine->mutex);
  ms_engine_attend(engine);
}

static void on_peer(uv_poll_t *poll, int status, int events) {
  ms_engine *engine = poll->data;
  (void)status;
  (void)events;
  ms_heard heard = ms_peers_drain(&engine->peers);
  if (heard == MS_HEARD_NOTHING) return;
  pthread_mutex_lock(&engine->mutex);
  engine->looping = true;
  engine->peered = true;
  if (heard == MS_HEARD_END) {
    engine->look_again_ms = ms_engine_now(engine) + MS_LOOK_AGAIN_MS;
    engine->look_pause_ms = 1;
  }
  pthread_mutex_unlock(&engine->mutex);
  ms_engine_attend(engine);
}

static void on_door(uv_poll_t *poll, int status, int events) {
  ms_engine *engine = poll->data;
  (void)status;
  (void)events;
  ms_peers_answer(&engine->peers);
  pthread_mutex_lock(&engine->mutex);
  engine->looping = true;
  engine->nudged = true;
  pthread_mutex_unlock(&engine->mutex);
  ms_engine_attend(engine);
}

/* The clock is also set when the system resumes: whoever sleeps, here or in the host, has slept
 * longer than it knows. */
static void on_clock(uv_poll_t *poll, int status, int events) {
  ms_engine *engine = poll->data;
  (void)status;
  (void)events;
  ms_jump_drain(engine->clock_fd);
  if (engine->executor) ms_executor_look_at_clock(engine->executor);
  ms_wake(engine);
  pthread_mutex_lock(&engine->mutex);
  engine->looping = true;
  engine->nudged = true;
  pthread_mutex_unlock(&engine->mutex);
  ms_engine_attend(engine);
}

static void thread_main(void *context) {
  ms_engine *engine = context;
  uv_run(&engine->loop, UV_RUN_DEFAULT);
}

/* Signals are the host's; the engine's thread takes none. */
static int start_thread(ms_engine *engine) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = uv_thread_create(&engine->thread, thread_main, engine);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

static int poll_file(ms_engine *engine, uv_poll_t *poll, int file, uv_poll_cb callback) {
  if (file < 0) return 0;
  int error = uv_poll_init(&engine->loop, poll, file);
  poll->data = engine;
  return error ? error : uv_poll_start(poll, UV_READABLE, callback);
}

ms_status ms_open_thread(ms_engine *engine, ms_err *err) {
  int error = uv_loop_init(&engine->loop);
  if (error) return ms_fail(err, MS_LIMIT, "open: %s", uv_strerror(error));
  error = uv_async_init(&engine->loop, &engine->async, on_async);
  if (!error) error = uv_timer_init(&engine->loop, &engine->timer);
  engine->async.data = engine->timer.data = engine;
  if (!error) error = poll_file(engine, &engine->peer_poll, engine->peers.watch_fd, on_peer);
  if (!error) error = poll_file(engine, &engine->door_poll, engine->peers.door_fd, on_door);
  if (!error) error = poll_file(engine, &engine->clock_poll, engine->clock_fd, on_clock);
  if (!error && ms_sensing_start(engine, err) != MS_OK) error = UV_ENOMEM;
  if (!error) error = ms_wal_start(engine);
  /* The thread may turn at once, and threads of the pool that its turn wakes look whether it is. */
  engine->has_thread = true;
  if (!error) error = start_thread(engine);
  if (error) {
    engine->has_thread = false;
    close_handles(engine);
    uv_run(&engine->loop, UV_RUN_DEFAULT);
    uv_loop_close(&engine->loop);
    return ms_fail(err, MS_LIMIT, "open: %s", uv_strerror(error));
  }
  return MS_OK;
}

void ms_end_thread(ms_engine *engine) {
  if (engine->has_thread) {
    uv_async_send(&engine->async);
    uv_thread_join(&engine->thread);
    uv_loop_close(&engine->loop);
    engine->has_thread = false;
  }
  ms_sensors_free(engine->sensing.sensors);
  engine->sensing.sensors = NULL;
}
