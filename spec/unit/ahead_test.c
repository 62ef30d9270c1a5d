/* How much a pool claims ahead where others write. */
#include "engine/engine.h"
#include "unit.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#define WORKS 100
/* Longer than a claim may take to be used up if the next one is to be larger. */
#define HELD_US 30000

static ms_err err;
static char folder[] = "/tmp/ahead_test.XXXXXX";
static char path[64];

/* ---- Another program that writes whenever a run has begun ---- */

static sqlite3 *other;
static atomic_bool held;
static atomic_int failed;

static void write_to(const char *statement, bool holds) {
  int code = sqlite3_exec(other, statement, NULL, NULL, NULL);
  if (code != SQLITE_OK) failed = code;
  held = holds;
}

static void let_go(void) {
  usleep(HELD_US);
  write_to("COMMIT", false);
}

/* ---- Works that do nothing else ---- */

static atomic_int runs;
static atomic_int claims;
static int64_t batch; /* the thread's */

static ms_status open_state(void *shared, void **state, ms_buf *names, ms_err *error) {
  static const char name[] = {'w', 'r', 'i', 't', 'e', 0, '0', 0};
  (void)error;
  *state = shared;
  ms_buf_add(names, name, sizeof name);
  return MS_OK;
}

static void run_work(void *state, ms_run *run) {
  (void)state;
  if (!held) write_to("BEGIN IMMEDIATE", true);
  if (run->batch != batch) claims++;
  batch = run->batch;
  run->outcome = MS_OUTCOME_SUCCESS;
  runs++;
}

static void close_state(void *state) {
  (void)state;
}

static ms_manager *open_manager(void) {
  static const ms_runner_class runner = {open_state, run_work, close_state};
  ms_options options;
  ms_manager *manager;
  ms_options_init(&options);
  options.database = path;
  options.durability = MS_DURABILITY_NORMAL;
  options.has_workers = true;
  options.threads = 1;
  options.runner = &runner;
  UNIT_INT(MS_OK, ms_open(&options, &manager, &err));
  return manager;
}

static void enqueue_all(ms_manager *manager) {
  static ms_request requests[WORKS];
  ms_arena arena = {0};
  ms_enqueued enqueued;
  for (int i = 0; i < WORKS; i++) {
    ms_request_init(&requests[i]);
    requests[i].worker = MS_TEXT("write");
  }
  UNIT_INT(MS_OK, ms_enqueue(manager, requests, WORKS, NULL, &arena, &enqueued, &err));
  ms_arena_deinit(&arena);
}

/* Each turn waits longer for the other program than a claim may take that is to grow. */
static void claims_grow_however_long_turns_wait_for_other_writers(void) {
  ms_manager *manager = open_manager();
  UNIT_INT(SQLITE_OK, sqlite3_open(path, &other));
  sqlite3_busy_timeout(other, 60000);
  enqueue_all(manager);
  while (runs < WORKS || held) {
    usleep(100);
    if (held) let_go();
  }
  UNIT_INT(SQLITE_OK, failed);
  UNIT_CHECK(claims < WORKS / 2);
  UNIT_INT(MS_OK, ms_close(manager, 0, NULL));
  ms_free(manager);
  sqlite3_close(other);
}

int main(void) {
  char command[64];
  if (!mkdtemp(folder)) return 1;
  snprintf(path, sizeof path, "%s/work.db", folder);
  UNIT_RUN(claims_grow_however_long_turns_wait_for_other_writers);
  snprintf(command, sizeof command, "rm -r %s", folder);
  if (system(command) != 0) return 1;
  return unit_end();
}
