#include "engine/engine.h"
#include "moonshift.h"
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct asker {
  ms_manager *manager;
  ms_status (*ask)(ms_manager *manager);
  atomic_bool begun;
  ms_status last;
} asker;

static ms_status ask_store(ms_manager *manager) {
  ms_selector selector = {.all = true};
  int64_t count;
  return ms_count(manager, &selector, &count, NULL);
}

static ms_status ask_sensors(ms_manager *manager) {
  ms_arena arena = {0};
  ms_condition *conditions;
  size_t count;
  ms_status status = ms_get_conditions(manager, &arena, &conditions, &count, NULL);
  ms_arena_deinit(&arena);
  return status;
}

static void *ask(void *data) {
  asker *it = data;
  do {
    it->last = it->ask(it->manager);
    it->begun = true;
  } while (it->last == MS_OK);
  return NULL;
}

/* Other threads ask without a pause while one closes. */
static void close_among(ms_status (*question)(ms_manager *manager)) {
  ms_options options;
  ms_options_init(&options);
  options.database = ":memory:";
  asker askers[3] = {0};
  pthread_t threads[3];
  ms_manager *manager;
  UNIT_INT(MS_OK, ms_open(&options, &manager, NULL));
  for (int i = 0; i < 3; i++) {
    askers[i].manager = manager;
    askers[i].ask = question;
    pthread_create(&threads[i], NULL, ask, &askers[i]);
  }
  for (int i = 0; i < 3; i++) {
    while (!askers[i].begun)
      sched_yield();
  }
  UNIT_INT(MS_OK, ms_close(manager, 0, NULL));
  for (int i = 0; i < 3; i++) {
    pthread_join(threads[i], NULL);
    UNIT_INT(MS_CLOSED, askers[i].last);
  }
  ms_free(manager);
}

static void calls_during_a_close_are_answered(void) {
  for (int round = 0; round < 200; round++)
    close_among(ask_store);
}

static void questions_to_sensors_during_a_close_are_answered(void) {
  for (int round = 0; round < 40; round++)
    close_among(ask_sensors);
}

static int next_descriptor(void) {
  int fd = dup(0);
  close(fd);
  return fd;
}

/* There are two, which the manager takes first; its loop needs more. What is left behind in memory
 * is a sanitizer's to find. */
static void an_open_that_runs_out_of_descriptors_leaves_nothing_behind(void) {
  ms_options options;
  ms_manager *manager;
  struct rlimit usual, limit;
  int first = next_descriptor();
  ms_options_init(&options);
  options.database = ":memory:";
  getrlimit(RLIMIT_NOFILE, &usual);
  limit = (struct rlimit){.rlim_cur = (rlim_t)first + 2, .rlim_max = usual.rlim_max};
  setrlimit(RLIMIT_NOFILE, &limit);
  ms_status status = ms_open(&options, &manager, NULL);
  setrlimit(RLIMIT_NOFILE, &usual);
  UNIT_INT(MS_LIMIT, status);
  UNIT_INT(first, next_descriptor());
}

/* Waits for the manager's thread to expect another moment, or none. */
static bool becomes_armed(ms_manager *manager, bool wanted) {
  bool armed = !wanted;
  for (int tries = 0; tries < 1000 && armed != wanted; tries++) {
    usleep(10 * 1000);
    pthread_mutex_lock(&manager->mutex);
    armed = manager->armed_at_ms != MS_NEVER;
    pthread_mutex_unlock(&manager->mutex);
  }
  return armed == wanted;
}

static void set_closed(ms_manager *manager, bool closed) {
  pthread_mutex_lock(&manager->mutex);
  manager->closed = closed;
  pthread_mutex_unlock(&manager->mutex);
}

static ms_status enqueue_with_deadline(ms_manager *manager, int64_t within_ms) {
  ms_arena arena = {0};
  ms_enqueued enqueued;
  ms_request request;
  ms_request_init(&request);
  request.worker = ms_text_of("nobody");
  request.deadline_ms = ms_engine_now(manager) + within_ms;
  request.deadline_within_ms = within_ms;
  ms_status status = ms_enqueue(manager, &request, 1, NULL, &arena, &enqueued, NULL);
  ms_arena_deinit(&arena);
  return status;
}

/* A moment may come between the two steps in which a manager ends: it may begin no turn any more,
 * and then its thread is told. */
static void what_is_due_does_not_keep_a_thread_that_is_to_end(void) {
  ms_options options;
  ms_manager *manager;
  ms_options_init(&options);
  options.database = ":memory:";
  UNIT_INT(MS_OK, ms_open(&options, &manager, NULL));
  UNIT_INT(MS_OK, enqueue_with_deadline(manager, 200));
  UNIT_CHECK(becomes_armed(manager, true));
  set_closed(manager, true);
  UNIT_CHECK(becomes_armed(manager, false));
  set_closed(manager, false);
  UNIT_INT(MS_OK, ms_close(manager, 0, NULL));
  ms_free(manager);
}

int main(void) {
  UNIT_RUN(calls_during_a_close_are_answered);
  UNIT_RUN(questions_to_sensors_during_a_close_are_answered);
  UNIT_RUN(an_open_that_runs_out_of_descriptors_leaves_nothing_behind);
  UNIT_RUN(what_is_due_does_not_keep_a_thread_that_is_to_end);
  return unit_end();
}
