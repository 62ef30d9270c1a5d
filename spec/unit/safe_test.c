/* Writers that share what it takes to reach the disk: nobody is told of a commit before a sync that
 * began after all of it was written. */
#include "engine/engine.h"
#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WRITERS 4
/* Few enough for a log that nobody copies yet, since whoever does writes beside the calls. */
#define CALLS 20

static char folder[] = "/tmp/safe_test.XXXXXX";
static char path[sizeof folder + 16];

/* ---- A disk that counts, is slow, and may fail ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const sqlite3_io_methods *beneath;
static sqlite3_io_methods counting;
static sqlite3_vfs vfs;
static sqlite3_file *logs[WRITERS]; /* of their connections that write */
static int opening;
static int64_t writes, safe, syncs;
static int64_t last[WRITERS]; /* which of the writes was a log's last one */
static bool fails;
static int64_t failing_ms; /* how long that takes */

static int count_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at) {
  int code = beneath->xWrite(file, bytes, size, at);
  pthread_mutex_lock(&mutex);
  writes++;
  for (int i = 0; i < WRITERS; i++) {
    if (logs[i] == file) last[i] = writes;
  }
  pthread_mutex_unlock(&mutex);
  return code;
}

static int count_sync(sqlite3_file *file, int flags) {
  (void)file;
  (void)flags;
  pthread_mutex_lock(&mutex);
  int64_t begun = writes;
  bool failing = fails;
  int64_t nap_ns = failing ? failing_ms * 1000000 : 0;
  pthread_mutex_unlock(&mutex);
  nanosleep(&(struct timespec){.tv_nsec = nap_ns ? nap_ns : 500000}, NULL);
  if (failing) return SQLITE_IOERR_FSYNC;
  pthread_mutex_lock(&mutex);
  syncs++;
  if (begun > safe) safe = begun;
  pthread_mutex_unlock(&mutex);
  return SQLITE_OK;
}

static int open_counted(sqlite3_vfs *self, sqlite3_filename name, sqlite3_file *file, int flags,
                        int *out) {
  sqlite3_vfs *system = sqlite3_vfs_find("unix");
  int code = system->xOpen(self, name, file, flags, out);
  if (code != SQLITE_OK || !(flags & SQLITE_OPEN_WAL)) return code;
  pthread_mutex_lock(&mutex);
  if (!beneath) {
    beneath = file->pMethods;
    counting = *beneath;
    counting.xWrite = count_write;
    counting.xSync = count_sync;
  }
  if (!logs[opening]) logs[opening] = file;
  pthread_mutex_unlock(&mutex);
  file->pMethods = &counting;
  return code;
}

static void count_what_reaches_the_disk(void) {
  vfs = *sqlite3_vfs_find("unix");
  vfs.zName = "counting";
  vfs.xOpen = open_counted;
  UNIT_INT(SQLITE_OK, sqlite3_vfs_register(&vfs, 1));
}

/* ---- Writers ---- */

typedef struct writer {
  pthread_t thread;
  int number;
  ms_manager *manager;
  int acknowledged;
  int unsafe; /* of these */
} writer;

static writer writers[WRITERS];

static void open_all(void) {
  ms_options options;
  ms_err err;
  ms_options_init(&options);
  options.database = path;
  options.busy_timeout_ms = 60000;
  for (opening = 0; opening < WRITERS; opening++) {
    writers[opening].number = opening;
    UNIT_INT(MS_OK, ms_open(&options, &writers[opening].manager, &err));
  }
  opening = 0;
}

static ms_status enqueue_as(ms_manager *manager, const ms_unique *unique) {
  ms_arena arena = {0};
  ms_request request;
  ms_enqueued enqueued;
  ms_err err;
  ms_request_init(&request);
  request.worker = MS_TEXT("nothing");
  ms_status status = ms_enqueue(manager, &request, 1, unique, &arena, &enqueued, &err);
  ms_arena_deinit(&arena);
  return status;
}

static ms_status enqueue(ms_manager *manager) {
  return enqueue_as(manager, NULL);
}

static void *write_all(void *context) {
  writer *self = context;
  for (int i = 0; i < CALLS; i++) {
    if (enqueue(self->manager) != MS_OK) continue;
    pthread_mutex_lock(&mutex);
    self->acknowledged++;
    if (safe < last[self->number]) self->unsafe++;
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

static void set_fails(bool failing) {
  pthread_mutex_lock(&mutex);
  fails = failing;
  pthread_mutex_unlock(&mutex);
}

/* A turn that is under way may have asked the disk while that failed. */
static void await_turn(ms_manager *manager) {
  ms_engine_hold(manager);
  ms_engine_let_go(manager);
}

static void write_at_once(void) {
  for (int i = 0; i < WRITERS; i++) {
    writers[i].acknowledged = writers[i].unsafe = 0;
    UNIT_INT(0, pthread_create(&writers[i].thread, NULL, write_all, &writers[i]));
  }
  for (int i = 0; i < WRITERS; i++)
    pthread_join(writers[i].thread, NULL);
}

static void one_sync_is_enough_for_several_commits(void) {
  int64_t before = syncs;
  write_at_once();
  for (int i = 0; i < WRITERS; i++) {
    UNIT_INT(CALLS, writers[i].acknowledged);
    UNIT_INT(0, writers[i].unsafe);
  }
  UNIT_CHECK(syncs - before < WRITERS * CALLS);
}

static void nobody_is_told_of_what_a_disk_that_fails_may_not_have(void) {
  set_fails(true);
  write_at_once();
  set_fails(false);
  for (int i = 0; i < WRITERS; i++) {
    UNIT_INT(0, writers[i].acknowledged);
    await_turn(writers[i].manager);
  }
  one_sync_is_enough_for_several_commits();
}

/* What somebody has committed who was killed before it reached the disk. */
static void owe_one(void) {
  ms_unsynced_add(writers[0].manager->board);
}

static void what_a_question_tells_is_on_the_disk(void) {
  const int64_t id = 1;
  const ms_selector one = {.ids = &id, .id_count = 1}, all = {.all = true};
  const ms_selector *selectors[] = {&one, &all};
  ms_manager *asked = writers[1].manager;
  int64_t count;
  ms_err err;
  for (int i = 0; i < 2; i++) {
    owe_one();
    int64_t before = syncs;
    UNIT_INT(MS_OK, ms_count(asked, selectors[i], &count, &err));
    UNIT_INT(before + 1, syncs);
    UNIT_INT(MS_OK, ms_count(asked, selectors[i], &count, &err));
    UNIT_INT(before + 1, syncs);
  }
}

static void what_a_call_leaves_as_it_is_is_on_the_disk(void) {
  const ms_unique once = {.name = MS_TEXT("once"), .existing = MS_EXISTING_KEEP};
  UNIT_INT(MS_OK, enqueue_as(writers[1].manager, &once));
  for (int i = 1; i < 3; i++) {
    UNIT_INT(MS_OK, enqueue_as(writers[i].manager, &once));
    owe_one();
    int64_t before = syncs;
    UNIT_INT(MS_OK, enqueue_as(writers[i].manager, &once));
    UNIT_INT(before + 1, syncs);
    UNIT_INT(MS_OK, enqueue_as(writers[i].manager, &once));
    UNIT_INT(before + 1, syncs);
  }
}

/* ---- A commit that others see, and a disk that then fails ---- */

static ms_manager *host; /* runs the works by hand */
static ms_err told;

static void open_host(void) {
  static ms_text workers[] = {MS_TEXT("nothing")};
  ms_options options;
  ms_options_init(&options);
  options.database = path;
  options.has_workers = true;
  options.host_workers = workers;
  options.host_worker_count = 1;
  UNIT_INT(MS_OK, ms_open(&options, &host, &told));
}

static bool says_that_it_stands(void) {
  return strstr(told.message, "stands") != NULL;
}

static int64_t count_all(void) {
  const ms_selector all = {.all = true};
  int64_t count = 0;
  UNIT_INT(MS_OK, ms_count(host, &all, &count, &told));
  return count;
}

/* With nothing that the host owes; but its engine's thread may be the first to meet that disk. */
static void fail_from_now_on(void) {
  set_fails(false);
  count_all();
  set_fails(true);
}

/* Somebody else is at it, so whoever commits lets the others go on before the disk has it; but for
 * the engine's thread of another manager, which may take that over first. */
static void fail_after_commit(ms_status (*call)(void)) {
  ms_sync never_ended;
  told.message[0] = '\0';
  for (int tries = 0; tries < 100 && !says_that_it_stands(); tries++) {
    fail_from_now_on();
    ms_sync_begin(host->board, ms_unsynced_add(host->board), &never_ended);
    UNIT_INT(MS_IO, call());
  }
  UNIT_CHECK(says_that_it_stands());
}

static void mend(void) {
  set_fails(false);
  await_turn(host);
}

static ms_status ask_for_runs(void) {
  return ms_ask_for_runs(host, &told);
}

static ms_status enqueue_here(void) {
  ms_arena arena = {0};
  ms_request request;
  ms_enqueued enqueued;
  ms_request_init(&request);
  request.worker = MS_TEXT("nothing");
  ms_status status = ms_enqueue(host, &request, 1, NULL, &arena, &enqueued, &told);
  ms_arena_deinit(&arena);
  return status;
}

static void what_stands_is_named_and_nothing_else_is_done_meanwhile(void) {
  int64_t before = count_all();
  fail_after_commit(enqueue_here);
  UNIT_INT(MS_IO, enqueue_here());
  UNIT_CHECK(!says_that_it_stands());
  mend();
  UNIT_INT(before + 1, count_all());
  UNIT_INT(MS_OK, enqueue_here());
  UNIT_INT(before + 2, count_all());
}

static void a_condition_that_is_set_meanwhile_needs_no_disk(void) {
  ms_arena arena = {0};
  ms_condition *conditions;
  size_t count;
  ms_status status = MS_IO;
  for (int tries = 0; tries < 100 && status != MS_OK; tries++) {
    fail_from_now_on();
    ms_unsynced_add(host->board);
    status = ms_set_condition(host, MS_TEXT("dry"), "true", &told);
  }
  UNIT_INT(MS_OK, status);
  mend();
  UNIT_INT(MS_OK, ms_get_conditions(host, &arena, &conditions, &count, &told));
  UNIT_CHECK(ms_text_equal(conditions[count - 1].name, MS_TEXT("dry")));
  UNIT_CHECK(ms_text_equal(conditions[count - 1].value, MS_TEXT("true")));
  ms_arena_deinit(&arena);
}

static void nobody_is_told_of_it_before_the_disk_has_it(void) {
  const ms_selector all = {.all = true};
  int64_t observer;
  UNIT_INT(MS_OK, ms_observe(host, &all, &observer, &told));
  for (ms_event *event; (event = ms_take_event(host));)
    ms_event_free(event);
  fail_after_commit(enqueue_here);
  UNIT_CHECK(ms_take_event(host) == NULL);
  mend();
  UNIT_INT(MS_OK, enqueue_here());
  ms_event *event = ms_take_event(host);
  UNIT_CHECK(event && event->type == MS_EVENT_ENQUEUED);
  ms_event_free(event);
  ms_unobserve(host, observer);
}

static bool becomes_succeeded(int64_t id) {
  const ms_selector it = {.ids = &id, .id_count = 1, .states = 1u << MS_SUCCEEDED};
  int64_t count = 0;
  for (int tries = 0; tries < 10000 && !count; tries++) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    UNIT_INT(MS_OK, ms_count(host, &it, &count, &told));
  }
  return count == 1;
}

static void nothing_begins_before_the_disk_has_its_claim(void) {
  struct pollfd host_wakes = {.fd = ms_pollfd(host), .events = POLLIN};
  fail_after_commit(ask_for_runs);
  UNIT_CHECK(ms_take_run(host) == NULL);
  ms_pollfd_clear(host);
  mend();
  UNIT_INT(1, poll(&host_wakes, 1, 10000));
  ms_run *run = ms_take_run(host);
  UNIT_CHECK(run != NULL);
  if (!run) return;
  const int64_t id = run->id;
  run->outcome = MS_OUTCOME_SUCCESS;
  ms_finish_run(run);
  UNIT_CHECK(becomes_succeeded(id));
}

/* Longer than results wait for the next try. */
static void take_long_to_fail(int64_t ms) {
  pthread_mutex_lock(&mutex);
  failing_ms = ms;
  pthread_mutex_unlock(&mutex);
}

static void a_result_waits_for_a_disk_that_takes_long_to_fail(void) {
  UNIT_INT(MS_OK, ask_for_runs());
  ms_run *run = ms_take_run(host);
  UNIT_CHECK(run != NULL);
  if (!run) return;
  const int64_t id = run->id;
  run->outcome = MS_OUTCOME_SUCCESS;
  fail_after_commit(enqueue_here);
  take_long_to_fail(150);
  ms_finish_run(run);
  UNIT_INT(MS_IO, enqueue_here());
  take_long_to_fail(0);
  mend();
  UNIT_CHECK(becomes_succeeded(id));
}

/* What it leaves behind in memory is a sanitizer's to find. */
static void a_manager_closes_on_a_disk_that_fails_to_the_end(void) {
  fail_after_commit(ask_for_runs);
  UNIT_INT(MS_IO, ms_close(host, 0, &told));
  ms_free(host);
  set_fails(false);
}

static void close_all(void) {
  for (int i = 0; i < WRITERS; i++) {
    ms_close(writers[i].manager, 0, NULL);
    ms_free(writers[i].manager);
  }
  char lock[sizeof path + 8];
  snprintf(lock, sizeof lock, "%s-lock", path);
  unlink(path);
  unlink(lock);
  rmdir(folder);
}

int main(void) {
  UNIT_CHECK(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/store.db", folder);
  UNIT_RUN(count_what_reaches_the_disk);
  UNIT_RUN(open_all);
  UNIT_RUN(one_sync_is_enough_for_several_commits);
  UNIT_RUN(nobody_is_told_of_what_a_disk_that_fails_may_not_have);
  UNIT_RUN(what_a_question_tells_is_on_the_disk);
  UNIT_RUN(what_a_call_leaves_as_it_is_is_on_the_disk);
  UNIT_RUN(open_host);
  UNIT_RUN(what_stands_is_named_and_nothing_else_is_done_meanwhile);
  UNIT_RUN(a_condition_that_is_set_meanwhile_needs_no_disk);
  UNIT_RUN(nobody_is_told_of_it_before_the_disk_has_it);
  UNIT_RUN(nothing_begins_before_the_disk_has_its_claim);
  UNIT_RUN(a_result_waits_for_a_disk_that_takes_long_to_fail);
  UNIT_RUN(a_manager_closes_on_a_disk_that_fails_to_the_end);
  UNIT_RUN(close_all);
  return unit_end();
}
