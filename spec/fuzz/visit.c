#include "visit.h"

#include "fuzz.h"
#include "engine/engine.h"

#include <sqlite3.h>
#include <string.h>

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01 */
#define HOUR_MS (INT64_C(60) * 60 * 1000)
/* So many steps a visit has at most, and so many runs at a time. */
#define STEPS_MOST 8
#define RUNS_MOST 3

/* What no call leaves on virtual time: the number of this process, works of other programs, what
 * stood at files, what happened to works that others observe. */
static const char leftovers_sql[] =
    "UPDATE ms_process SET pid = 4194304, observes = 1;"
    "INSERT INTO moonshift_inbox (request, name, existing, inserted_at, error) VALUES"
    " ('{\"worker\":\"work\"}', NULL, NULL, 1767225600, NULL),"
    " ('{\"worker\":\"work\"}', 'chain', 'append', 1767225600, NULL),"
    " ('[', NULL, NULL, 1767225600, 'no request');"
    "INSERT INTO ms_snapshot SELECT id, 'w /nowhere/file' || char(10) FROM ms_files;"
    "INSERT INTO ms_change VALUES (1, 1, 9000000000000000, '[11,1]'), (2, 1, 1, '[5,2,6,3]');"
    "INSERT INTO ms_start VALUES ('default', 1, 1767225602000);";

static ms_text worker = {.data = "work", .size = 4};
static const ms_selector all = {.all = true};

typedef struct visit {
  ms_manager *manager; /* NULL = it cannot be opened any more */
  ms_manager *keeper;  /* NULL = nobody keeps the store open */
  const char *path;
  bool is_real;
  bool is_whole;
  ms_run *runs[RUNS_MOST];
} visit;

/* Of a file in which SQLite finds nothing wrong only the claims must be whole, and some ids be
 * left, whatever its rows say: nothing else may hold up what has nothing to do with it. */
static void check_held_up(const visit *visit, ms_status status, const ms_err *err) {
  if (status == MS_OK || !visit->is_whole || strstr(err->message, "ms_claim")) return;
  if (strstr(err->message, "no ids are left")) return;
  fprintf(stderr, "held up: %s\n", err->message);
  abort();
}

/* ---- The manager ---- */

/* Requests of other programs: an object is one work, under the row's name if it has one. */
static ms_status read_arrival(void *data, const ms_arrival *arrival, ms_arrived *arrived,
                              ms_err *err) {
  static ms_request request;
  (void)data;
  if (!arrival->request.size || arrival->request.data[0] != '{')
    return ms_fail(err, MS_MISUSE, "no object");
  ms_request_init(&request);
  request.worker = worker;
  request.delay_ms = arrival->at_ms % HOUR_MS;
  *arrived = (ms_arrived){&request, 1, {arrival->name, MS_EXISTING_APPEND}};
  return MS_OK;
}

static ms_options options_of(const visit *visit) {
  ms_options options;
  ms_options_init(&options);
  options.database = visit->path;
  options.durability = MS_DURABILITY_NORMAL;
  options.busy_timeout_ms = 100;
  options.stop_grace_ms = 10;
  options.host_workers = &worker;
  options.host_worker_count = 1;
  options.has_workers = true;
  options.read_arrival = read_arrival;
  options.stepped = !visit->is_real;
  options.now_ms = NOW_MS;
  return options;
}

/* SQLite compiles each statement for each connection, which takes longer than a short visit. So one
 * connection stays open, with all that was compiled, and most visits take place on it: on the disk
 * in memory their files take each other's place. Its manager is dead, and does not count as one of
 * those who share the store. */
static ms_manager *keep_open(void) {
  static ms_manager *keeper;
  const fuzz_image *valid = fuzz_valid_image();
  if (keeper) return keeper;
  visit visit = {.path = fuzz_put_image(valid->bytes, valid->size, FUZZ_KEPT)};
  ms_options options = options_of(&visit);
  FUZZ_CHECK(ms_open(&options, &keeper, NULL) == MS_OK);
  ms_crash(keeper);
  return keeper;
}

/* The clock, and what is known of a store, begin anew with each file. */
static void begin_anew(const ms_manager *keeper) {
  ms_world *world = keeper->world;
  world->clock = (ms_clock){.is_virtual = true, .virtual_ms = NOW_MS};
  world->boot = 1;
  world->users = 0;
  world->alive.count = 0;
  ms_store_rollback(world->store);
}

/* Meanwhile the keeper counts. */
static void hold(const visit *visit, int by) {
  if (visit->keeper) visit->keeper->world->users += by;
}

static void release(const visit *visit, ms_manager *manager) {
  hold(visit, 1);
  ms_free(manager);
  hold(visit, -1);
}

static void open_store(visit *visit, ms_manager *before) {
  ms_options options = options_of(visit);
  ms_err err = {0};
  options.peer_of = before ? before : visit->keeper;
  hold(visit, 1);
  ms_status status = ms_open(&options, &visit->manager, &err);
  hold(visit, -1);
  check_held_up(visit, status, &err);
  if (status != MS_OK) visit->manager = NULL;
}

static void close_store(visit *visit) {
  for (size_t i = 0; i < RUNS_MOST; i++) {
    if (visit->runs[i]) ms_finish_run(visit->runs[i]);
    visit->runs[i] = NULL;
  }
  release(visit, visit->manager);
  visit->manager = NULL;
}

/* ---- Runs ---- */

static void take_run(visit *visit) {
  ms_err err = {0};
  ms_run *run = NULL;
  size_t at = 0;
  while (at < RUNS_MOST && visit->runs[at])
    at++;
  if (at == RUNS_MOST) return;
  if (visit->is_real)
    run = ms_take_run(visit->manager);
  else
    check_held_up(visit, ms_step_claim(visit->manager, &run, &err), &err);
  if (run) ms_progress_run(run, MS_TEXT("{\"part\":1}"));
  visit->runs[at] = run;
}

/* The one that began first. */
static void finish(visit *visit, ms_outcome outcome) {
  ms_run *run = visit->runs[0];
  if (!run) return;
  memmove(visit->runs, visit->runs + 1, (RUNS_MOST - 1) * sizeof *visit->runs);
  visit->runs[RUNS_MOST - 1] = NULL;
  run->outcome = outcome;
  ms_buf_add(&run->output, "{\"a\":1}", 7);
  ms_finish_run(run);
}

static void succeed(visit *visit) {
  finish(visit, MS_OUTCOME_SUCCESS);
}

static void fail(visit *visit) {
  finish(visit, MS_OUTCOME_FAILURE);
}

static void try_again(visit *visit) {
  finish(visit, MS_OUTCOME_RETRY);
}

/* ---- Requests ---- */

static int64_t enqueue(visit *visit, const ms_request *request, const char *name) {
  ms_arena arena = {0};
  ms_enqueued enqueued = {0};
  ms_unique unique = {.name = name ? ms_text_of(name) : MS_TEXT_NONE,
                      .existing = MS_EXISTING_APPEND_OR_REPLACE};
  ms_status status = ms_enqueue(visit->manager, request, 1, &unique, &arena, &enqueued, NULL);
  int64_t id = status == MS_OK && enqueued.count ? enqueued.ids[0] : 0;
  ms_arena_deinit(&arena);
  return id;
}

static ms_request new_request(void) {
  static const ms_text tags[] = {{.data = "a", .size = 1}, {.data = "b", .size = 1}};
  ms_request request;
  ms_request_init(&request);
  request.worker = worker;
  request.tags = tags;
  request.tag_count = 2;
  request.input = MS_TEXT("{\"n\":1,\"list\":[1,2,3],\"text\":\"abc\"}");
  return request;
}

static void enqueue_plain(visit *visit) {
  ms_request request = new_request();
  request.enqueued_by = MS_TEXT("here.lua:1");
  enqueue(visit, &request, NULL);
  request.max_attempts = 1;
  request.timeout_ms = 1000;
  enqueue(visit, &request, NULL);
}

static void enqueue_periodic(visit *visit) {
  ms_request request = new_request();
  request.every_ms = 60000;
  request.flex_ms = 1000;
  enqueue(visit, &request, "often");
  request = new_request();
  request.cron = MS_TEXT("*/5 * * * *");
  request.zone = MS_TEXT("Europe/Berlin");
  enqueue(visit, &request, "cron");
  request = new_request();
  request.files = MS_TEXT(
      "{\"files\":{\"paths\":[\"/nowhere/file\"],\"settle_ms\":1000,"
      "\"max_wait_ms\":60000}}");
  request.rearms = true;
  request.repeats = MS_ON_CHANGE;
  enqueue(visit, &request, "files");
}

static void enqueue_chain(visit *visit) {
  ms_request request = new_request();
  request.deadline_ms = NOW_MS + HOUR_MS;
  request.deadline_within_ms = HOUR_MS;
  request.constraints = MS_TEXT("{\"network\":\"connected\"}");
  int64_t first = enqueue(visit, &request, "chain");
  ms_after after = {.id = first};
  request = new_request();
  request.after = &after;
  request.after_count = first > 0;
  enqueue(visit, &request, NULL);
  request.merger = MS_TEXT("arrays");
  enqueue(visit, &request, "chain");
}

/* ---- Questions ---- */

static void ask_why(visit *visit) {
  ms_arena arena = {0};
  ms_page page = {.limit = 4, .order = MS_ORDER_DUE};
  ms_info *infos = NULL;
  ms_reason *reasons;
  size_t count = 0, others;
  if (ms_query(visit->manager, &all, &page, &arena, &infos, &count, NULL) != MS_OK) count = 0;
  for (size_t i = 0; i < count; i++)
    ms_why(visit->manager, infos[i].id, &arena, &reasons, &others, NULL);
  ms_arena_deinit(&arena);
}

static void ask_others(visit *visit) {
  ms_arena arena = {0};
  ms_text *texts;
  ms_arrival *arrivals;
  ms_queue_settings *queues;
  ms_stats stats;
  size_t count;
  int64_t number;
  bool done;
  ms_names(visit->manager, &arena, &texts, &count, NULL);
  ms_tags(visit->manager, &arena, &texts, &count, NULL);
  ms_get_refused(visit->manager, &arena, &arrivals, &count, NULL);
  ms_get_queues(visit->manager, &arena, &queues, &count, NULL);
  ms_get_stats(visit->manager, &stats, NULL);
  ms_last_cancel_all(visit->manager, &number, NULL);
  ms_idle(visit->manager, &done, NULL);
  ms_done(visit->manager, &done, NULL);
  ms_arena_deinit(&arena);
}

static void observe(visit *visit) {
  int64_t observer;
  ms_observe(visit->manager, &all, &observer, NULL);
}

static void hear(visit *visit) {
  for (ms_event *event; (event = ms_take_event(visit->manager));)
    ms_event_free(event);
}

/* ---- Changes ---- */

static void update(visit *visit) {
  const char *how;
  ms_request request = new_request();
  request.queue = MS_TEXT("other");
  for (int64_t id = 1; id < 12; id += 3)
    ms_update(visit->manager, id, &request, &how, NULL);
}

static void run_now(visit *visit) {
  int64_t count;
  ms_run_now(visit->manager, &all, &count, NULL);
}

static void cancel(visit *visit) {
  int64_t count;
  ms_cancel(visit->manager, &all, &count, NULL);
}

static void cancel_some(visit *visit) {
  int64_t count;
  ms_text name = MS_TEXT("chain");
  ms_selector some = {.names = &name, .name_count = 1, .states = 1u << MS_ENQUEUED};
  ms_cancel(visit->manager, &some, &count, NULL);
}

static void retry(visit *visit) {
  int64_t count;
  ms_retry(visit->manager, &all, &count, NULL);
}

static void prune(visit *visit) {
  int64_t count;
  ms_prune(visit->manager, -1, &count, NULL);
}

static void go_online(visit *visit) {
  ms_set_condition(visit->manager, MS_TEXT("network"), "connected", NULL);
}

static void limit(visit *visit) {
  ms_queue_settings settings = {
      .name = MS_TEXT("default"), .limit = 1, .rate = 2, .rate_window_ms = 1000, .paused = 0};
  ms_set_queue(visit->manager, &settings, NULL);
}

/* ---- What befalls it ---- */

static void let_pass(visit *visit, int64_t length_ms) {
  ms_err err = {0};
  int64_t next_ms;
  if (visit->is_real) return;
  int64_t until_ms = ms_step_now(visit->manager) + length_ms;
  check_held_up(visit, ms_step_to(visit->manager, until_ms, &err), &err);
  check_held_up(visit, ms_step_next(visit->manager, &next_ms, &err), &err);
}

static void let_second_pass(visit *visit) {
  let_pass(visit, 1000);
}

static void let_days_pass(visit *visit) {
  let_pass(visit, 49 * HOUR_MS);
}

static void change_file(visit *visit) {
  int64_t count;
  ms_text path = MS_TEXT("/nowhere/file");
  if (!visit->is_real) ms_step_files(visit->manager, &path, 1, &count, NULL);
}

static void set_clock(visit *visit, int64_t jump_ms) {
  ms_err err = {0};
  if (visit->is_real) return;
  check_held_up(visit, ms_step_jump(visit->manager, jump_ms, &err), &err);
}

static void set_clock_ahead(visit *visit) {
  set_clock(visit, 5 * HOUR_MS);
}

static void set_clock_back(visit *visit) {
  set_clock(visit, -5 * HOUR_MS);
}

/* Its process is killed; another one finds what it ran. */
static void die(visit *visit) {
  ms_manager *before = visit->manager;
  if (visit->is_real) return;
  ms_crash(before);
  open_store(visit, before);
  memset(visit->runs, 0, sizeof visit->runs);
  release(visit, before);
}

static void restart_system(visit *visit) {
  if (visit->is_real) return;
  ms_step_restart(visit->manager, -2 * HOUR_MS);
  die(visit);
}

static void open_again(visit *visit) {
  close_store(visit);
  open_store(visit, NULL);
}

/* ---- Whole stores ---- */

static void leave_rows(const char *path) {
  sqlite3 *connection;
  FUZZ_CHECK(sqlite3_open(path, &connection) == SQLITE_OK);
  FUZZ_CHECK(sqlite3_exec(connection, leftovers_sql, NULL, NULL, NULL) == SQLITE_OK);
  FUZZ_CHECK(sqlite3_close(connection) == SQLITE_OK);
}

void fuzz_make_store(const char *path) {
  visit visit = {.path = path};
  open_store(&visit, NULL);
  FUZZ_CHECK(visit.manager);
  for (int i = 0; i < 3; i++) {
    enqueue_plain(&visit);
    enqueue_periodic(&visit);
    enqueue_chain(&visit);
    change_file(&visit);
    take_run(&visit);
    finish(&visit, (ms_outcome)(MS_OUTCOME_SUCCESS + i));
  }
  let_second_pass(&visit);
  take_run(&visit);
  let_second_pass(&visit);
  take_run(&visit);
  take_run(&visit);
  limit(&visit);
  ms_crash(visit.manager);
  ms_free(visit.manager);
  leave_rows(path);
}

static void (*const steps[])(visit *) = {ask_why,
                                         ask_others,
                                         enqueue_plain,
                                         enqueue_periodic,
                                         enqueue_chain,
                                         take_run,
                                         succeed,
                                         fail,
                                         try_again,
                                         update,
                                         run_now,
                                         cancel,
                                         cancel_some,
                                         retry,
                                         prune,
                                         go_online,
                                         limit,
                                         observe,
                                         hear,
                                         let_second_pass,
                                         let_days_pass,
                                         change_file,
                                         set_clock_ahead,
                                         set_clock_back,
                                         die,
                                         restart_system,
                                         open_again};
#define STEP_COUNT (sizeof steps / sizeof *steps)

void fuzz_visit_store(const fuzz_store *store, fuzz_bytes *bytes) {
  visit visit = {.is_real = store->place == FUZZ_REAL, .is_whole = store->is_whole};
  if (store->place == FUZZ_KEPT) visit.keeper = keep_open();
  visit.path = fuzz_put_image(store->bytes, store->size, store->place);
  if (visit.keeper) begin_anew(visit.keeper);
  open_store(&visit, NULL);
  for (int i = 0; i < STEPS_MOST && bytes->left && visit.manager; i++)
    steps[fuzz_take(bytes, 1) % STEP_COUNT](&visit);
  if (visit.manager) let_second_pass(&visit);
  close_store(&visit);
}
