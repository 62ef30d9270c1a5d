#include "engine/engine.h"

#include "base/mem.h"
#include "store/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
/* After the grace of a close runs are interrupted, and this long is waited for them to unwind. */
#define UNWIND_MS 2000

void ms_options_init(ms_options *options) {
  *options = (ms_options){
      .durability = MS_DURABILITY_FULL,
      .retention_ms = DAY_MS,
      .stop_grace_ms = 10 * 1000,
      .busy_timeout_ms = 5 * 1000,
      .max_data_bytes = 262144,
  };
  ms_sensor_options_init(&options->sensors);
}

ms_status ms_usable(ms_manager *engine, ms_err *err) {
  if (engine->pid != getpid()) return ms_fail(err, MS_FORKED, "%s", ms_status_sentence(MS_FORKED));
  pthread_mutex_lock(&engine->mutex);
  bool closed = engine->closed;
  pthread_mutex_unlock(&engine->mutex);
  return closed ? ms_fail(err, MS_CLOSED, "%s", ms_status_sentence(MS_CLOSED)) : MS_OK;
}

/* ---- The world ---- */

static ms_status world_open(ms_engine *engine, const ms_options *options, ms_err *err) {
  ms_world *world = options->peer_of ? options->peer_of->world : ms_mem_zalloc(sizeof *world);
  if (!world) return ms_fail(err, MS_NOMEM, "not enough memory");
  engine->world = world;
  world->users++;
  if (options->peer_of) {
    engine->store = world->store;
    return MS_OK;
  }
  ms_store_options store = {
      .database = options->database,
      .full = options->durability == MS_DURABILITY_FULL,
      .busy_timeout_ms = options->busy_timeout_ms,
  };
  world->clock = (ms_clock){.is_virtual = options->stepped, .virtual_ms = options->now_ms};
  MS_TRY(ms_store_open(&store, &world->store, err));
  engine->store = world->store;
  return MS_OK;
}

static void world_close(ms_engine *engine) {
  ms_world *world = engine->world;
  engine->world = NULL;
  engine->store = NULL;
  if (!world || --world->users) return;
  ms_store_close(world->store);
  ms_ids_deinit(&world->alive);
  ms_mem_free(world);
}

static void leave_the_living(ms_engine *engine) {
  ms_ids *alive = &engine->world->alive;
  for (size_t i = 0; i < alive->count; i++) {
    if (alive->items[i] == engine->owner) alive->items[i] = alive->items[--alive->count];
  }
}

/* ---- The workers' names ---- */

static void add_name(ms_engine *engine, ms_text name, ms_place place, int64_t timeout_ms) {
  engine->names[engine->name_count++] =
      (ms_worker_name){.name = name, .place = place, .timeout_ms = timeout_ms};
}

static size_t count_pairs(ms_text pairs) {
  size_t nuls = 0;
  for (size_t i = 0; i < pairs.size; i++)
    nuls += pairs.data[i] == '\0';
  return nuls / 2;
}

static void add_pool_names(ms_engine *engine, ms_text pairs) {
  const char *at = pairs.data, *end = pairs.data + pairs.size;
  while (at < end) {
    const char *timeout = at + strlen(at) + 1;
    add_name(engine, ms_text_of(at), MS_PLACE_POOL, strtoll(timeout, NULL, 10));
    at = timeout + strlen(timeout) + 1;
  }
}

static ms_status learn_names(ms_engine *engine, const ms_options *options, ms_err *err) {
  ms_text pairs = engine->executor ? ms_executor_names(engine->executor) : MS_TEXT_NONE;
  size_t count = options->host_worker_count + count_pairs(pairs);
  engine->names = ms_arena_take(&engine->arena, count * sizeof *engine->names);
  if (!engine->names) return ms_fail(err, MS_NOMEM, "not enough memory");
  if (pairs.data) add_pool_names(engine, pairs);
  for (size_t i = 0; i < options->host_worker_count; i++) {
    ms_text name = ms_arena_copy(&engine->arena, options->host_workers[i]);
    if (!name.data) return ms_fail(err, MS_NOMEM, "not enough memory");
    add_name(engine, name, MS_PLACE_HOST,
             options->host_timeouts_ms ? options->host_timeouts_ms[i] : 0);
  }
  return MS_OK;
}

/* ---- The pool ---- */

static void pool_trouble(void *context, const char *kind, const char *message) {
  ms_engine_trouble(context, kind, message, 0, NULL);
}

static int64_t pool_now(void *context) {
  const ms_engine *engine = context;
  return ms_clock_wall_ms(&engine->world->clock);
}

static ms_status open_pool(ms_engine *engine, const ms_options *options, ms_err *err) {
  if (!options->runner || options->threads <= 0) return MS_OK;
  ms_executor_options pool = {
      .threads = options->threads,
      .runner = options->runner,
      .shared = options->runner_shared,
      .finished = ms_engine_finish,
      .discard = ms_flight_free,
      .trouble = pool_trouble,
      .now = pool_now,
      .engine = engine,
  };
  return ms_executor_open(&pool, &engine->executor, err);
}

/* ---- Joining ---- */

/* On the board two processes may not have the same place. */
static bool has_place(const ms_engine *engine) {
  for (size_t i = 0; i < engine->others.count; i++) {
    if ((engine->others.items[i] - engine->owner) % MS_BOARD_PLACES == 0) return false;
  }
  return true;
}

/* BUSY if that is not for this number: its place is taken, or its lock is held still by a process
 * that was given it in a turn that did not come to its end. */
static ms_status take_number(ms_engine *engine) {
  if (engine->board && !has_place(engine)) return MS_BUSY;
  if (engine->options.stepped) {
    return ms_ids_add(&engine->world->alive, engine->owner) ? MS_OK : ms_engine_no_memory(engine);
  }
  if (ms_store_in_memory(engine->store)) return MS_OK;
  return ms_peers_join(&engine->peers, engine->owner, ms_store_err(engine->store));
}

static ms_status add_process(ms_engine *engine) {
  for (int tries = 0; tries < MS_BOARD_PLACES; tries++) {
    MS_TRY(ms_process_add(engine->store, getpid(), engine->peers.door, engine->turn.now_ms,
                          &engine->owner));
    ms_status status = take_number(engine);
    if (status != MS_BUSY) return status;
    MS_TRY(ms_process_delete(engine->store, engine->owner));
  }
  return ms_fail(ms_store_err(engine->store), MS_LIMIT,
                 "open: %d processes have the database open already", MS_BOARD_PLACES);
}

/* This turn has taken note of the others, and of the works of the dead, before its calls. */
static ms_status apply_join(ms_engine *engine, ms_call *call) {
  (void)call;
  MS_TRY(add_process(engine));
  engine->turn.tells_all = true;
  if (engine->board) {
    ms_board_want(engine->board, engine->owner, MS_WANT_WORK, true);
    ms_board_want(engine->board, engine->owner, MS_WANT_ENDS, true);
  }
  return ms_jump_join(engine);
}

static ms_status write_queues(ms_engine *engine, const ms_options *options, ms_err *err) {
  for (size_t i = 0; i < options->queue_count; i++) {
    MS_TRY(ms_set_queue(engine, &options->queues[i], err));
  }
  return MS_OK;
}

/* ---- The thread ---- */

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
  uv_timer_start(&engine->timer, engine->timer.timer_cb, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

void ms_engine_attend(ms_engine *engine) {
  do
    ms_engine_serve(engine);
  while (ms_sensing_tend(engine));
  ms_lookout_serve(engine);
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
  ms_engine_attend(engine);
  pthread_mutex_lock(&engine->mutex);
  bool closed = engine->closed;
  pthread_mutex_unlock(&engine->mutex);
  if (closed) close_handles(engine);
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

static void on_clock(uv_poll_t *poll, int status, int events) {
  ms_engine *engine = poll->data;
  (void)status;
  (void)events;
  ms_jump_drain(engine->clock_fd);
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

static ms_status open_thread(ms_engine *engine, ms_err *err) {
  int error = uv_loop_init(&engine->loop);
  if (error) return ms_fail(err, MS_LIMIT, "open: %s", uv_strerror(error));
  error = uv_async_init(&engine->loop, &engine->async, on_async);
  if (!error) error = uv_timer_init(&engine->loop, &engine->timer);
  engine->async.data = engine->timer.data = engine;
  engine->timer.timer_cb = on_timer;
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

static void end_thread(ms_engine *engine) {
  if (engine->has_thread) {
    uv_async_send(&engine->async);
    uv_thread_join(&engine->thread);
    uv_loop_close(&engine->loop);
    engine->has_thread = false;
  }
  ms_sensors_free(engine->sensing.sensors);
  engine->sensing.sensors = NULL;
}

/* ---- Opening ---- */

static ms_status open_pipe(ms_engine *engine, ms_err *err) {
  if (pipe2(engine->wake_fds, O_NONBLOCK | O_CLOEXEC) == 0) return MS_OK;
  engine->wake_fds[0] = engine->wake_fds[1] = -1;
  return ms_fail(err, MS_LIMIT, "open: %s", strerror(errno));
}

static void init(ms_engine *engine, const ms_options *options) {
  engine->options = *options;
  engine->options.database = NULL;
  engine->pid = getpid();
  engine->wake_fds[0] = engine->wake_fds[1] = engine->clock_fd = -1;
  engine->next_at_ms = engine->armed_at_ms = MS_NEVER;
  engine->random = (uint64_t)options->now_ms ^ UINT64_C(0x9E3779B97F4A7C15);
  if (!options->stepped) engine->random ^= (uint64_t)ms_clock_wall_ms(&(ms_clock){0}) << 8;
  ms_conditions_init(engine);
  pthread_mutex_init(&engine->mutex, NULL);
  pthread_cond_init(&engine->turned, NULL);
  ms_peers_init(&engine->peers);
  ms_wal_init(&engine->wal);
  ms_link *lists[] = {&engine->inbox,        &engine->results,     &engine->events,
                      &engine->host_runs,    &engine->observers,   &engine->customs,
                      &engine->turn.claimed, &engine->turn.events, &engine->turn.taken_back};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    ms_list_init(lists[i]);
}

/* Whoever watches a folder with the database in it does not mean the database. */
static ms_status find_store_files(ms_engine *engine, const ms_options *options, ms_err *err) {
  if (options->stepped || !ms_store_in_file(engine->store)) return MS_OK;
  ms_text path = ms_arena_copy(&engine->arena, ms_text_of(options->database));
  if (!path.data) return ms_fail(err, MS_NOMEM, "not enough memory");
  ms_store_files_init(&engine->store_files, path.data);
  return MS_OK;
}

static ms_status meet_peers(ms_engine *engine, const char *database, ms_err *err) {
  if (ms_store_on_server(engine->store)) {
    return ms_peers_reach(&engine->peers, database, engine->store, err);
  }
  if (!ms_store_in_file(engine->store)) return MS_OK;
  MS_TRY(ms_peers_open(&engine->peers, database, err));
  MS_TRY(ms_board_open(engine->peers.lock_fd, &engine->board, err));
  ms_store_share(engine->store, engine->board);
  if (ms_engine_is_unwatched(engine)) {
    ms_engine_trouble(engine, "store",
                      "the system has no more inotify instances: the end of other processes is "
                      "noticed after up to a second",
                      0, NULL);
  }
  return MS_OK;
}

static ms_status open_engine(ms_engine *engine, const ms_options *options, ms_err *err) {
  ms_call join = {.apply = apply_join};
  MS_TRY(open_pipe(engine, err));
  MS_TRY(world_open(engine, options, err));
  MS_TRY(find_store_files(engine, options, err));
  ms_jump_init(engine);
  if (!options->stepped) MS_TRY(meet_peers(engine, options->database, err));
  engine->closing = true;
  MS_TRY(ms_engine_call(engine, &join, err));
  MS_TRY(write_queues(engine, options, err));
  MS_TRY(open_pool(engine, options, err));
  MS_TRY(learn_names(engine, options, err));
  engine->closing = false;
  engine->nudged = true;
  if (options->stepped) return MS_OK;
  engine->look_out = options->has_workers;
  if (!ms_store_on_server(engine->store)) engine->clock_fd = ms_jump_watch();
  MS_TRY(ms_sensing_open(engine, options->database, err));
  if (ms_store_in_file(engine->store)) ms_wal_open(&engine->wal, options->database);
  MS_TRY(open_thread(engine, err));
  ms_engine_nudge(engine);
  return MS_OK;
}

ms_status ms_open(const ms_options *options, ms_manager **manager, ms_err *err) {
  ms_engine *engine = ms_mem_zalloc(sizeof *engine);
  if (!engine) return ms_fail(err, MS_NOMEM, "not enough memory");
  init(engine, options);
  ms_status status = open_engine(engine, options, err);
  if (status != MS_OK) {
    ms_free(engine);
    return status;
  }
  *manager = engine;
  return MS_OK;
}

/* ---- Closing ---- */

/* What shows as running is stopped, whether a thread has begun it or not. */
static ms_status shut_down(ms_engine *engine, ms_flight *flight, bool unbegun) {
  bool live = ms_flight_holds(engine, flight);
  if (!live) return unbegun ? ms_settle_return(engine, &flight->run) : MS_OK;
  return ms_settle_stop(engine, flight->run.id, "shutdown", unbegun);
}

static ms_status apply_stop_all(ms_engine *engine, ms_call *call) {
  size_t at = 0;
  ms_ids ids = {0};
  bool complete = true;
  (void)call;
  engine->closing = true;
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    complete = complete && ms_ids_add(&ids, flight->run.id);
  }
  ms_status status = complete ? MS_OK : ms_engine_no_memory(engine);
  for (size_t i = 0; i < ids.count && status == MS_OK; i++) {
    ms_flight *flight = ms_map_get(&engine->runs, ids.items[i]);
    if (ms_flight_returned(engine, flight)) continue;
    bool unbegun = ms_take_unbegun(engine, flight);
    if (unbegun) ms_list_push(&engine->turn.taken_back, &flight->run.link);
    status = shut_down(engine, flight, unbegun);
  }
  ms_ids_deinit(&ids);
  return status;
}

static ms_status apply_leave(ms_engine *engine, ms_call *call) {
  (void)call;
  engine->turn.tells_all = true;
  return engine->runs.count ? MS_OK : ms_process_delete(engine->store, engine->owner);
}

static ms_status apply_interrupt(ms_engine *engine, ms_call *call) {
  size_t at = 0;
  (void)call;
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    flight->interrupted = true;
    ms_run_interrupt(&flight->run);
  }
  return MS_OK;
}

typedef struct runs_call {
  ms_call call;
  bool any;
} runs_call;

static ms_status apply_any_runs(ms_engine *engine, ms_call *call) {
  ((runs_call *)(void *)call)->any = engine->runs.count > 0;
  return MS_OK;
}

/* Waits until nothing runs any more; false when the time is over first, or when the store is in no
 * state to take the results. */
static bool wait_for_runs(ms_engine *engine, int64_t wait_ms) {
  int64_t until_ms = ms_clock_steady_ms(&(ms_clock){0}) + wait_ms;
  for (;;) {
    runs_call runs = {.call = {.apply = apply_any_runs}};
    int64_t seen = ms_changes(engine);
    ms_pollfd_clear(engine);
    ms_status status = ms_engine_call(engine, &runs.call, NULL);
    if (status == MS_OK && !runs.any) return true;
    int64_t left_ms = until_ms - ms_clock_steady_ms(&(ms_clock){0});
    bool may_pass = status == MS_OK || status == MS_BUSY || status == MS_FULL;
    if (left_ms <= 0 || !may_pass) return false;
    ms_wait(engine, seen, left_ms);
  }
}

/* Host runs are given back by the host before it closes; what is left of them is given up. */
static void give_up_host_runs(ms_engine *engine) {
  size_t at = 0;
  ms_ids ids = {0};
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    if (flight->host && !ms_flight_returned(engine, flight)) ms_ids_add(&ids, flight->run.id);
  }
  for (size_t i = 0; i < ids.count; i++) {
    ms_flight *flight = ms_map_get(&engine->runs, ids.items[i]);
    ms_take_unbegun(engine, flight);
    ms_engine_give_back(engine, &flight->run);
  }
  ms_ids_deinit(&ids);
}

static void give_up_pool_runs(ms_engine *engine) {
  size_t at = 0;
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    if (!flight->host) ms_executor_abandon(engine->executor, &flight->run);
  }
  ms_map_clear(&engine->runs);
}

static void end_runs(ms_engine *engine, int64_t grace_ms) {
  ms_call interrupt = {.apply = apply_interrupt, .reads = true};
  if (engine->options.stepped) {
    give_up_host_runs(engine);
    return;
  }
  if (wait_for_runs(engine, grace_ms)) return;
  ms_engine_call(engine, &interrupt, NULL);
  give_up_host_runs(engine);
  if (!wait_for_runs(engine, UNWIND_MS)) give_up_pool_runs(engine);
}

ms_status ms_drain(ms_manager *engine, ms_err *err) {
  ms_call stop = {.apply = apply_stop_all};
  return ms_engine_call(engine, &stop, err);
}

ms_status ms_close(ms_manager *engine, int64_t grace_ms, ms_err *err) {
  ms_call leave = {.apply = apply_leave};
  ms_status status = ms_usable(engine, err);
  if (status == MS_CLOSED) return MS_OK;
  MS_TRY(status);
  status = ms_drain(engine, err);
  end_runs(engine, grace_ms < 0 ? engine->options.stop_grace_ms : grace_ms);
  ms_engine_call(engine, &leave, NULL);
  ms_release(engine);
  return status;
}

/* ---- Releasing ---- */

/* A thread that was given up may still run a work: the lock that says so stays until the process
 * ends, so that nobody starts that work again. */
void ms_release(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  engine->closed = true;
  /* From then on nobody begins a turn, and nobody waits for a sensor. */
  pthread_cond_broadcast(&engine->turned);
  while (engine->turning)
    pthread_cond_wait(&engine->turned, &engine->mutex);
  pthread_mutex_unlock(&engine->mutex);
  end_thread(engine);
  ms_lookout_free(engine->lookout);
  engine->lookout = NULL;
  bool abandoned = engine->executor && ms_executor_abandoned(engine->executor) > 0;
  ms_executor_close(engine->executor);
  engine->executor = NULL;
  if (abandoned) ms_peers_outlive(&engine->peers);
  if (engine->options.stepped && engine->world) leave_the_living(engine);
  ms_list_init(&engine->host_runs);
  world_close(engine);
  ms_board_close(engine->board);
  engine->board = NULL;
  ms_peers_close(&engine->peers);
  ms_wal_close(&engine->wal);
  if (engine->clock_fd >= 0) close(engine->clock_fd);
  engine->clock_fd = -1;
}

void ms_crash(ms_manager *engine) {
  pthread_mutex_lock(&engine->mutex);
  engine->closed = true;
  pthread_mutex_unlock(&engine->mutex);
  leave_the_living(engine);
}

/* Runs that were given up and have returned since are among the results alone. */
static void free_runs(ms_engine *engine) {
  size_t at = 0;
  for (ms_link *link; (link = ms_list_shift(&engine->results));) {
    ms_run *run = MS_LIST_ENTRY(link, ms_run, link);
    if (ms_map_get(&engine->runs, run->id) == run) ms_map_remove(&engine->runs, run->id);
    ms_flight_free(run);
  }
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));)
    ms_flight_free(&flight->run);
}

void ms_free(ms_manager *engine) {
  if (!engine) return;
  bool forked = engine->pid != getpid();
  if (forked) return;
  if (engine->owner) ms_close(engine, -1, NULL);
  if (engine->world) ms_release(engine);
  for (ms_event *event; (event = ms_take_event(engine));)
    ms_event_free(event);
  ms_observers_free(engine);
  ms_customs_free(engine);
  free_runs(engine);
  ms_ids *lists[] = {&engine->turn.finished, &engine->turn.succeeded, &engine->turn.stopped,
                     &engine->turn.noted,    &engine->others,         &engine->met,
                     &engine->doors,         &engine->turn.touched,   &engine->met_lanes};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    ms_ids_deinit(lists[i]);
  ms_map_deinit(&engine->runs);
  ms_map_deinit(&engine->lane_places);
  ms_arena_deinit(&engine->arena);
  for (int i = 0; i < 2; i++) {
    if (engine->wake_fds[i] >= 0) close(engine->wake_fds[i]);
  }
  pthread_cond_destroy(&engine->turned);
  pthread_mutex_destroy(&engine->mutex);
  ms_mem_free(engine);
}
