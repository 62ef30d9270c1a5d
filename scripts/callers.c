/* callers DATABASE DURABILITY THREADS START SECONDS: so many threads enqueue one work at a time
 * through one manager, from that moment (seconds since the epoch) on and for so long. Prints how
 * many each has enqueued, a line each. */
#include "moonshift.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_MOST 256

typedef struct caller {
  pthread_t thread;
  ms_manager *manager;
  int64_t until_ms;
  long calls;
  bool failed;
} caller;

static int64_t steady_ms(void) {
  return ms_clock_steady_ms(&(ms_clock){0});
}

static void *call(void *context) {
  caller *self = context;
  ms_request request;
  ms_enqueued enqueued;
  ms_err err;
  ms_request_init(&request);
  request.worker = MS_TEXT("nothing");
  request.input = MS_TEXT("{\"number\":123456}");
  while (!self->failed && steady_ms() < self->until_ms) {
    ms_arena arena = {0};
    self->failed = ms_enqueue(self->manager, &request, 1, NULL, &arena, &enqueued, &err) != MS_OK;
    if (self->failed) fprintf(stderr, "callers: %s\n", err.message);
    ms_arena_deinit(&arena);
    self->calls++;
  }
  return NULL;
}

static void sleep_until(double start) {
  double whole = (double)(int64_t)start;
  struct timespec at = {.tv_sec = (time_t)whole, .tv_nsec = (long)((start - whole) * 1e9)};
  clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL);
}

static bool all_call(ms_manager *manager, int threads, double seconds) {
  caller callers[THREADS_MOST] = {0};
  bool failed = false;
  int64_t until_ms = steady_ms() + (int64_t)(seconds * 1000);
  for (int i = 0; i < threads; i++) {
    callers[i] = (caller){.manager = manager, .until_ms = until_ms};
    if (pthread_create(&callers[i].thread, NULL, call, &callers[i]) != 0) abort();
  }
  for (int i = 0; i < threads; i++) {
    pthread_join(callers[i].thread, NULL);
    failed = failed || callers[i].failed;
    printf("%ld\n", callers[i].calls);
  }
  return !failed;
}

int main(int count, char **arguments) {
  ms_options options;
  ms_manager *manager;
  ms_err err;
  int threads = count == 6 ? atoi(arguments[3]) : 0;
  if (threads < 1 || threads > THREADS_MOST) {
    fprintf(stderr, "usage: callers DATABASE DURABILITY THREADS START SECONDS\n");
    return 2;
  }
  ms_options_init(&options);
  options.database = arguments[1];
  if (strcmp(arguments[2], "normal") == 0) options.durability = MS_DURABILITY_NORMAL;
  options.busy_timeout_ms = 60 * 1000;
  if (ms_open(&options, &manager, &err) != MS_OK) {
    fprintf(stderr, "callers: %s\n", err.message);
    return 1;
  }
  sleep_until(atof(arguments[4]));
  bool done = all_call(manager, threads, atof(arguments[5]));
  ms_close(manager, 0, NULL);
  ms_free(manager);
  return done ? 0 : 1;
}
