#include "engine/engine.h"

#include "base/mem.h"
#include "base/point.h"
#include "engine/jump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

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
  if (!world) return ms_no_memory(err);
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
  world->boot = 1;
  world->clock = (ms_clock){.is_virtual = options->stepped, .virtual_ms = options->now_ms};
  MS_TRY(ms_store_open(&store, &world->store, err));
  engine->store = world->store;
  return MS_OK;
}

void ms_world_close(ms_engine *engine) {
  ms_world *world = engine->world;
  engine->world = NULL;
  engine->store = NULL;
  if (!world || --world->users) return;
  ms_store_close(world->store);
  ms_ids_deinit(&world->alive);
  ms_mem_free(world);
}

void ms_leave_the_living(ms_engine *engine) {
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
  if (!engine->names) return ms_no_memory(err);
  if (pairs.data) add_pool_names(engine, pairs);
  for (size_t i = 0; i < options->host_worker_count; i++) {
    ms_text name = ms_arena_copy(&engine->arena, options->host_workers[i]);
    if (!name.data) return ms_no_memory(err);
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

/* This turn has taken note of the others, and of the works of the dead, before its calls. On the
 * board stands what the process before in the same place wanted. */
static ms_status apply_join(ms_engine *engine, ms_call *call) {
  (void)call;
  MS_TRY(add_process(engine));
  MS_POINT("join");
  engine->turn.tells_all = true;
  if (engine->board) {
    ms_board_want(engine->board, engine->owner, MS_WANT_WORK, true);
    ms_board_want(engine->board, engine->owner, MS_WANT_ENDS, false);
  }
  return MS_OK;
}

static ms_status write_queues(ms_engine *engine, const ms_options *options, ms_err *err) {
  for (size_t i = 0; i < options->queue_count; i++) {
    MS_TRY(ms_set_queue(engine, &options->queues[i], err));
  }
  return MS_OK;
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
  ms_checkpoint_init(&engine->checkpoint);
  ms_reader_init(&engine->reader);
  ms_peers_init(&engine->peers);
  ms_wal_init(&engine->wal);
  ms_link *lists[] = {&engine->inbox,        &engine->results,     &engine->events,
                      &engine->host_runs,    &engine->observers,   &engine->customs,
                      &engine->turn.claimed, &engine->turn.events, &engine->turn.taken_back,
                      &engine->turn.settled, &engine->errands_done};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    ms_list_init(lists[i]);
}

/* Whoever watches a folder with the database in it does not mean the database. */
static ms_status find_store_files(ms_engine *engine, const ms_options *options, ms_err *err) {
  if (options->stepped || !ms_store_in_file(engine->store)) return MS_OK;
  ms_text path = ms_arena_copy(&engine->arena, ms_text_of(options->database));
  if (!path.data) return ms_no_memory(err);
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
  engine->in_file = ms_store_in_file(engine->store);
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
  MS_TRY(ms_open_thread(engine, err));
  ms_engine_nudge(engine);
  return MS_OK;
}

ms_status ms_open(const ms_options *options, ms_manager **manager, ms_err *err) {
  ms_engine *engine = ms_mem_zalloc(sizeof *engine);
  if (!engine) return ms_no_memory(err);
  init(engine, options);
  ms_status status = open_engine(engine, options, err);
  if (status != MS_OK) {
    ms_free(engine);
    return status;
  }
  *manager = engine;
  return MS_OK;
}
