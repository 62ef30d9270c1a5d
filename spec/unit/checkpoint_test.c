/* A log that another program keeps from being begun anew. */
#include "engine/engine.h"
#include "unit.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

/* What is reported at 256 MB is reported at this size here, which is less than one step. */
#define TELL_AT 1000000
#define LARGE_BYTES 100000

static ms_err err;
static char folder[] = "/tmp/checkpoint_test.XXXXXX";
static char path[sizeof folder + 16];
static ms_manager *manager;

/* ---- What the manager reports ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int reports;
static char last[MS_ERR_SIZE];

static void on_trouble(void *data, const ms_trouble *trouble) {
  (void)data;
  pthread_mutex_lock(&mutex);
  reports++;
  snprintf(last, sizeof last, "%s: %s", trouble->kind, trouble->message);
  pthread_mutex_unlock(&mutex);
}

static int count_reports(void) {
  pthread_mutex_lock(&mutex);
  int count = reports;
  pthread_mutex_unlock(&mutex);
  return count;
}

/* For half a minute at most. */
static bool is_reported(void) {
  for (int tries = 0; tries < 3000 && !count_reports(); tries++)
    usleep(10 * 1000);
  return count_reports() > 0;
}

/* ---- The manager and the log ---- */

static void open_manager(void) {
  ms_options options;
  ms_options_init(&options);
  options.database = path;
  options.durability = MS_DURABILITY_NORMAL;
  options.on_trouble = on_trouble;
  UNIT_INT(MS_OK, ms_open(&options, &manager, &err));
  pthread_mutex_lock(&manager->mutex);
  manager->checkpoint.tell_at_bytes = TELL_AT;
  pthread_mutex_unlock(&manager->mutex);
}

static void enqueue_large(void) {
  static char input[LARGE_BYTES + 16];
  ms_arena arena = {0};
  ms_request request;
  ms_enqueued enqueued;
  int size = snprintf(input, sizeof input, "{\"text\":\"%0*d\"}", LARGE_BYTES, 0);
  ms_request_init(&request);
  request.worker = MS_TEXT("nothing");
  request.input = (ms_text){input, (size_t)size};
  UNIT_INT(MS_OK, ms_enqueue(manager, &request, 1, NULL, &arena, &enqueued, &err));
  ms_arena_deinit(&arena);
}

static int64_t next_report_at(void) {
  pthread_mutex_lock(&manager->mutex);
  int64_t at = manager->checkpoint.tell_at_bytes;
  pthread_mutex_unlock(&manager->mutex);
  return at;
}

static void a_log_that_a_reader_keeps_growing_is_reported_once_until_it_has_doubled(void) {
  sqlite3 *other;
  open_manager();
  enqueue_large();
  UNIT_INT(SQLITE_OK, sqlite3_open(path, &other));
  UNIT_INT(SQLITE_OK, sqlite3_exec(other, "BEGIN; SELECT count(*) FROM ms_work", NULL, NULL, NULL));
  for (int i = 0; i < 60; i++)
    enqueue_large();
  UNIT_CHECK(is_reported());
  UNIT_CHECK(strstr(last, "store: the write-ahead log has grown to ") == last);
  UNIT_CHECK(strstr(last, " MB: another program reads and does not end its transaction"));
  UNIT_INT(1, count_reports());
  UNIT_CHECK(next_report_at() >= 8 * TELL_AT);
  sqlite3_close(other);
  ms_free(manager);
}

int main(void) {
  char command[64];
  if (!mkdtemp(folder)) return 1;
  snprintf(path, sizeof path, "%s/work.db", folder);
  UNIT_RUN(a_log_that_a_reader_keeps_growing_is_reported_once_until_it_has_doubled);
  snprintf(command, sizeof command, "rm -r %s", folder);
  if (system(command) != 0) return 1;
  return unit_end();
}
