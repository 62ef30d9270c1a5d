/* Observers, and a store that refuses what begins or ends with them. */
#include "engine/engine.h"
#include "unit.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

static ms_err err;
static char folder[] = "/tmp/observe_test.XXXXXX";
static char path[sizeof folder + 16];
static ms_manager *manager;
static sqlite3 *other; /* another program */
static const ms_selector all = {.all = true};

static void open_both(void) {
  ms_options options;
  ms_options_init(&options);
  options.database = path;
  options.durability = MS_DURABILITY_NORMAL;
  options.busy_timeout_ms = 20;
  UNIT_INT(MS_OK, ms_open(&options, &manager, &err));
  UNIT_INT(SQLITE_OK, sqlite3_open(path, &other));
  sqlite3_busy_timeout(other, 10000);
}

static void as_another_program(const char *sql) {
  UNIT_INT(SQLITE_OK, sqlite3_exec(other, sql, NULL, NULL, NULL));
}

static int64_t number_of(const char *sql) {
  sqlite3_stmt *statement = NULL;
  UNIT_INT(SQLITE_OK, sqlite3_prepare_v2(other, sql, -1, &statement, NULL));
  UNIT_INT(SQLITE_ROW, sqlite3_step(statement));
  int64_t number = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return number;
}

static bool others_know_of_observers(void) {
  return number_of("SELECT max(observes) FROM ms_process") != 0;
}

static void enqueue(void) {
  ms_arena arena = {0};
  ms_request request;
  ms_enqueued enqueued;
  ms_request_init(&request);
  request.worker = MS_TEXT("nothing");
  UNIT_INT(MS_OK, ms_enqueue(manager, &request, 1, NULL, &arena, &enqueued, &err));
  ms_arena_deinit(&arena);
}

static int64_t take_events(void) {
  int64_t count = 0;
  for (ms_event *event; (event = ms_take_event(manager)); count++)
    ms_event_free(event);
  return count;
}

static void an_observer_hears_of_works_until_it_ends(void) {
  int64_t observer;
  UNIT_INT(MS_OK, ms_observe(manager, &all, &observer, &err));
  UNIT_CHECK(others_know_of_observers());
  enqueue();
  UNIT_INT(1, take_events());
  enqueue();
  ms_unobserve(manager, observer);
  UNIT_CHECK(!others_know_of_observers());
  enqueue();
  UNIT_INT(0, take_events());
}

static void an_observer_ends_although_another_program_writes(void) {
  int64_t observer;
  UNIT_INT(MS_OK, ms_observe(manager, &all, &observer, &err));
  take_events();
  as_another_program("BEGIN IMMEDIATE");
  ms_unobserve(manager, observer);
  as_another_program("ROLLBACK");
  enqueue();
  UNIT_INT(0, take_events());
  UNIT_CHECK(!others_know_of_observers());
}

static void an_observer_whose_turn_failed_never_was(void) {
  int64_t observer;
  as_another_program(
      "CREATE TRIGGER refuse BEFORE UPDATE OF observes ON ms_process"
      " BEGIN SELECT raise(ABORT, 'not now'); END");
  UNIT_CHECK(ms_observe(manager, &all, &observer, &err) != MS_OK);
  enqueue();
  UNIT_INT(0, take_events());
  as_another_program("DROP TRIGGER refuse");
  UNIT_CHECK(!others_know_of_observers());
  UNIT_INT(MS_OK, ms_observe(manager, &all, &observer, &err));
  UNIT_CHECK(take_events() > 0);
  UNIT_CHECK(others_know_of_observers());
  ms_unobserve(manager, observer);
}

static void close_both(void) {
  sqlite3_close(other);
  ms_free(manager);
}

int main(void) {
  char command[64];
  if (!mkdtemp(folder)) return 1;
  snprintf(path, sizeof path, "%s/work.db", folder);
  UNIT_RUN(open_both);
  UNIT_RUN(an_observer_hears_of_works_until_it_ends);
  UNIT_RUN(an_observer_ends_although_another_program_writes);
  UNIT_RUN(an_observer_whose_turn_failed_never_was);
  UNIT_RUN(close_both);
  snprintf(command, sizeof command, "rm -r %s", folder);
  if (system(command) != 0) return 1;
  return unit_end();
}
