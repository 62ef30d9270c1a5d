/* Threads, runs and their stopping, with a runner whose runs are C functions. */
#include "base/mem.h"
#include "execute/executor.h"
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define HOUR_MS (60 * 60 * INT64_C(1000))

/* For checks on other threads than the one of main, which alone counts. */
static atomic_int surprises;
#define EXPECT(condition) ((void)((condition) || surprise(__LINE__, #condition)))

static bool surprise(int line, const char *what) {
  fprintf(stderr, "%s:%d: %s\n", __FILE__, line, what);
  surprises++;
  return false;
}

/* ---- The world around an executor. ---- */

typedef struct probe {
  ms_run run;
  void (*act)(struct probe *probe);
  bool slept_through; /* what ms_run_sleep said, inverted */
} probe;

/* The mutex guards everything here; changed is signalled after every change. */
static struct world {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  ms_link finished; /* probes, in the order in which they were given back */
  int finished_count;
  int discarded;
  int opened, closed, open_calls; /* runner states */
  int failing_open;               /* the call of open that fails; 0 = none */
  int entered;                    /* runs that came to the gate */
  bool gate_is_open;
  int released;
  int troubles;
  char trouble[1200];
} world = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void world_lock(void) {
  pthread_mutex_lock(&world.mutex);
}

static void world_unlock(void) {
  pthread_cond_broadcast(&world.changed);
  pthread_mutex_unlock(&world.mutex);
}

static void await_count(const int *count, int least) {
  world_lock();
  while (*count < least)
    pthread_cond_wait(&world.changed, &world.mutex);
  world_unlock();
}

static void add_one(int *count) {
  world_lock();
  ++*count;
  world_unlock();
}

static int count_of(const int *count) {
  world_lock();
  int value = *count;
  world_unlock();
  return value;
}

static void open_gate(void) {
  world_lock();
  world.gate_is_open = true;
  world_unlock();
}

static void reset(void) {
  MS_LIST_EACH (link, &world.finished) {
    ms_mem_free(MS_LIST_ENTRY(link, probe, run.link));
  }
  ms_list_init(&world.finished);
  world.finished_count = world.discarded = world.opened = world.closed = world.open_calls = 0;
  world.failing_open = world.entered = world.released = world.troubles = 0;
  world.gate_is_open = false;
  world.trouble[0] = '\0';
}

/* ---- The runner and the engine's side. ---- */

static ms_status runner_open(void *shared, void **state, ms_buf *names, ms_err *err) {
  world_lock();
  int call = ++world.open_calls;
  bool fails = call == world.failing_open;
  if (!fails) world.opened++;
  world_unlock();
  if (fails) return ms_fail(err, MS_WORKERS, "thread %d has no workers", call);
  *state = shared;
  ms_buf_add(names, "a\0000\0b\0001500", sizeof "a\0000\0b\0001500");
  return MS_OK;
}

static void runner_run(void *state, ms_run *run) {
  probe *self = MS_LIST_ENTRY(run, probe, run);
  EXPECT(state == &world);
  if (self->act) self->act(self);
}

static void runner_close(void *state) {
  EXPECT(state == &world);
  add_one(&world.closed);
}

static const ms_runner_class runner = {runner_open, runner_run, runner_close};

static void on_finished(void *engine, ms_run *run) {
  EXPECT(engine == &world);
  world_lock();
  ms_list_push(&world.finished, &run->link);
  world.finished_count++;
  world_unlock();
}

static void on_discard(ms_run *run) {
  ms_mem_free(MS_LIST_ENTRY(run, probe, run));
  add_one(&world.discarded);
}

static void on_trouble(void *engine, const char *kind, const char *message) {
  EXPECT(engine == &world && strcmp(kind, "thread") == 0);
  world_lock();
  world.troubles++;
  snprintf(world.trouble, sizeof world.trouble, "%s", message);
  world_unlock();
}

static void on_release(void *shared) {
  EXPECT(shared == &world);
  add_one(&world.released);
}

static int64_t now(void *engine) {
  (void)engine;
  return ms_clock_wall_ms(&(ms_clock){0});
}

static ms_status try_open(int threads, ms_executor **executor, ms_err *err) {
  ms_executor_options options = {.threads = threads,
                                 .runner = &runner,
                                 .shared = &world,
                                 .release = on_release,
                                 .finished = on_finished,
                                 .discard = on_discard,
                                 .trouble = on_trouble,
                                 .now = now,
                                 .engine = &world};
  return ms_executor_open(&options, executor, err);
}

static ms_executor *open_executor(int threads) {
  reset();
  ms_executor *executor = NULL;
  ms_err err = {0};
  if (try_open(threads, &executor, &err)) {
    fprintf(stderr, "cannot open: %s\n", err.message);
    exit(1);
  }
  return executor;
}

/* Waits for threads that were given up, too. */
static void close_executor(ms_executor *executor) {
  ms_executor_close(executor);
  await_count(&world.released, 1);
  UNIT_CHECK(world.opened == world.closed);
  UNIT_INT(1, world.released);
  reset();
}

/* Submits count runs at once, with ids from first on; returns the last. */
static probe *submit(ms_executor *executor, int64_t first, size_t count, void (*act)(probe *)) {
  probe *last = NULL;
  ms_link runs;
  ms_list_init(&runs);
  for (size_t i = 0; i < count; i++) {
    last = ms_mem_zalloc(sizeof *last);
    if (!last) abort();
    last->run.id = first + (int64_t)i;
    last->act = act;
    ms_list_push(&runs, &last->run.link);
  }
  ms_executor_submit(executor, &runs, count);
  UNIT_CHECK(ms_list_empty(&runs));
  return last;
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* ---- What runs do. ---- */

static void wait_at_gate(probe *self) {
  (void)self;
  world_lock();
  world.entered++;
  pthread_cond_broadcast(&world.changed);
  while (!world.gate_is_open)
    pthread_cond_wait(&world.changed, &world.mutex);
  world_unlock();
}

static void sleep_an_hour(probe *self) {
  add_one(&world.entered);
  self->slept_through = !ms_run_sleep(&self->run, HOUR_MS);
  EXPECT(ms_run_sleep(&self->run, HOUR_MS));
  EXPECT(ms_run_sleep(&self->run, 0));
}

static void sleep_five_ms(probe *self) {
  int64_t from = now_ns();
  self->slept_through = !ms_run_sleep(&self->run, 5);
  EXPECT(now_ns() - from >= 5000000);
  EXPECT(!ms_run_sleep(&self->run, 0) && !ms_run_sleep(&self->run, -1));
}

static void look_at_signals(probe *self) {
  (void)self;
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, NULL, &blocked);
  EXPECT(sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGTERM));
  EXPECT(!sigismember(&blocked, SIGSEGV));
}

/* ---- Running. ---- */

static void runs_begin_in_the_order_submitted(void) {
  ms_executor *executor = open_executor(1);
  for (int batch = 0; batch < 10; batch++)
    submit(executor, batch * 100, 100, NULL);
  await_count(&world.finished_count, 1000);
  int64_t expected = 0;
  MS_LIST_EACH (link, &world.finished) {
    const ms_run *run = MS_LIST_ENTRY(link, ms_run, link);
    UNIT_CHECK(run->id == expected);
    UNIT_CHECK(run->begun_at_ms > 0);
    expected++;
  }
  close_executor(executor);
}

/* More may be expected than comes, or less, and threads look, sleep and run meanwhile. */
static void what_is_expected_may_come_or_not(void) {
  ms_executor *executor = open_executor(3);
  int submitted = 0;
  for (int i = 0; i < 3000; i++) {
    int count = i / 4 % 4;
    ms_executor_expect(executor, (size_t)(i % 4));
    if (i % 4 > 1) usleep((unsigned)(i % 150));
    if (count) submit(executor, i * 10, (size_t)count, NULL);
    submitted += count;
    if (i % 7 == 0) await_count(&world.finished_count, submitted);
  }
  await_count(&world.finished_count, submitted);
  UNIT_INT(3, ms_executor_free(executor));
  ms_executor_expect(executor, 2);
  close_executor(executor);
}

#ifdef __linux__
/* There whoever expects is in the way of whom it expects. */
static void do_on_one_processor(void (*test)(void)) {
  cpu_set_t all, one;
  UNIT_INT(0, sched_getaffinity(0, sizeof all, &all));
  CPU_ZERO(&one);
  CPU_SET((size_t)sched_getcpu(), &one);
  UNIT_INT(0, sched_setaffinity(0, sizeof one, &one));
  test();
  UNIT_INT(0, sched_setaffinity(0, sizeof all, &all));
}

static void it_may_on_one_processor_too(void) {
  do_on_one_processor(what_is_expected_may_come_or_not);
}

static int64_t count_wakes(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nvcsw;
}

/* Whoever has used the processor for long is interrupted by whom it wakes, which lies down again.
 */
static void expect_many(void) {
  ms_executor *executor = open_executor(1);
  submit(executor, 0, 1, NULL);
  await_count(&world.finished_count, 1);
  for (int64_t end_ns = now_ns() + 20000000; now_ns() < end_ns;) {
  }
  int64_t before = count_wakes();
  ms_executor_expect(executor, 100000);
  UNIT_CHECK(count_wakes() - before < 100);
  close_executor(executor);
}

static void one_thread_is_woken_once_however_many_runs_are_expected(void) {
  do_on_one_processor(expect_many);
}
#endif

static void each_thread_opens_a_state(void) {
  ms_executor *executor = open_executor(3);
  UNIT_INT(3, world.opened);
  ms_text expected = {"a\0000\0b\0001500", sizeof "a\0000\0b\0001500"};
  UNIT_CHECK(ms_text_equal(ms_executor_names(executor), expected));
  UNIT_INT(3, ms_executor_threads(executor));
  close_executor(executor);
}

static void threads_leave_signals_to_the_host(void) {
  ms_executor *executor = open_executor(1);
  submit(executor, 1, 1, look_at_signals);
  await_count(&world.finished_count, 1);
  close_executor(executor);
}

static void counts_follow_the_runs(void) {
  ms_executor *executor = open_executor(3);
  UNIT_INT(3, ms_executor_free(executor));
  submit(executor, 1, 2, wait_at_gate);
  UNIT_INT(1, ms_executor_free(executor));
  await_count(&world.entered, 2);
  UNIT_INT(1, ms_executor_free(executor));
  UNIT_CHECK(ms_executor_ready(executor) == 0);
  submit(executor, 3, 6, wait_at_gate);
  await_count(&world.entered, 3);
  UNIT_INT(0, ms_executor_free(executor));
  UNIT_CHECK(ms_executor_ready(executor) == 5);
  open_gate();
  await_count(&world.finished_count, 8);
  UNIT_INT(3, ms_executor_free(executor));
  close_executor(executor);
}

static void without_threads_nothing_begins(void) {
  ms_executor *executor = open_executor(0);
  submit(executor, 1, 3, NULL);
  UNIT_CHECK(ms_executor_ready(executor) == 3 && ms_executor_free(executor) == 0);
  ms_executor_close(executor);
  UNIT_CHECK(world.discarded == 3 && world.finished_count == 0);
}

/* ---- Taking back. ---- */

static void what_has_not_begun_can_be_taken_back(void) {
  ms_executor *executor = open_executor(1);
  probe *first = submit(executor, 1, 1, wait_at_gate);
  await_count(&world.entered, 1);
  submit(executor, 2, 2, NULL);
  probe *fourth = submit(executor, 4, 1, NULL);
  UNIT_CHECK(!ms_executor_take_back_run(executor, &first->run));
  UNIT_CHECK(ms_executor_take_back_run(executor, &fourth->run));
  UNIT_CHECK(ms_executor_ready(executor) == 2);
  ms_mem_free(fourth);
  ms_link back;
  ms_list_init(&back);
  ms_executor_take_back(executor, &back);
  UNIT_CHECK(ms_executor_ready(executor) == 0);
  int64_t expected = 2;
  MS_LIST_EACH (link, &back) {
    probe *taken = MS_LIST_ENTRY(link, probe, run.link);
    UNIT_CHECK(taken->run.id == expected++);
    ms_mem_free(taken);
  }
  UNIT_INT(4, expected);
  open_gate();
  await_count(&world.finished_count, 1);
  UNIT_CHECK(!ms_executor_take_back_run(executor, &first->run));
  close_executor(executor);
}

/* ---- Stopping. ---- */

/* Repeated, so that stops come before, into and after the first moments of the sleep. */
static void a_stop_wakes_a_sleeping_run(void) {
  ms_executor *executor = open_executor(1);
  for (int i = 1; i <= 300; i++) {
    probe *self = submit(executor, i, 1, sleep_an_hour);
    if (i % 3) await_count(&world.entered, i);
    if (i % 2) ms_run_stop(&self->run, "cancelled");
    if (i % 2 == 0) ms_run_interrupt(&self->run);
    await_count(&world.finished_count, i);
    UNIT_CHECK(!self->slept_through);
    UNIT_CHECK((ms_run_stopped(&self->run) != NULL) == (i % 2 == 1));
  }
  close_executor(executor);
}

static void a_stop_before_the_start_is_seen(void) {
  ms_executor *executor = open_executor(1);
  submit(executor, 1, 1, wait_at_gate);
  probe *second = submit(executor, 2, 1, sleep_an_hour);
  ms_run_stop(&second->run, "shutdown");
  open_gate();
  await_count(&world.finished_count, 2);
  UNIT_CHECK(!second->slept_through);
  ms_run_stop(&second->run, "cancelled");
  UNIT_STRING("shutdown", ms_run_stopped(&second->run));
  close_executor(executor);
}

static void a_sleep_ends_with_its_time(void) {
  ms_executor *executor = open_executor(1);
  probe *self = submit(executor, 1, 1, sleep_five_ms);
  await_count(&world.finished_count, 1);
  UNIT_CHECK(self->slept_through);
  close_executor(executor);
}

static void runs_of_the_host_can_be_stopped(void) {
  ms_run run = {.id = 1};
  UNIT_CHECK(!ms_run_stopped(&run));
  ms_run_stop(&run, "cancelled");
  UNIT_STRING("cancelled", ms_run_stopped(&run));
  ms_run_interrupt(&run);
  UNIT_CHECK(ms_run_interrupted(&run));
}

/* ---- Giving up. ---- */

static void a_thread_given_up_is_replaced(void) {
  ms_executor *executor = open_executor(1);
  probe *stuck = submit(executor, 1, 1, wait_at_gate);
  await_count(&world.entered, 1);
  UNIT_CHECK(ms_executor_abandon(executor, &stuck->run));
  UNIT_CHECK(ms_run_interrupted(&stuck->run));
  UNIT_CHECK(ms_executor_threads(executor) == 1 && ms_executor_free(executor) == 1);
  UNIT_INT(1, ms_executor_abandoned(executor));
  probe *next = submit(executor, 2, 1, NULL);
  await_count(&world.finished_count, 1);
  UNIT_CHECK(!ms_executor_abandon(executor, &next->run));
  open_gate();
  await_count(&world.finished_count, 2);
  await_count(&world.closed, 1);
  UNIT_INT(0, world.discarded);
  close_executor(executor);
}

static void a_thread_given_up_may_outlive_the_executor(void) {
  ms_executor *executor = open_executor(2);
  probe *stuck = submit(executor, 1, 1, wait_at_gate);
  await_count(&world.entered, 1);
  UNIT_CHECK(ms_executor_abandon(executor, &stuck->run));
  ms_executor_close(executor);
  UNIT_CHECK(count_of(&world.released) == 0);
  UNIT_CHECK(count_of(&world.discarded) == 0);
  open_gate();
  await_count(&world.discarded, 1);
  close_executor(NULL);
}

static void a_sleeper_given_up_wakes(void) {
  ms_executor *executor = open_executor(1);
  probe *self = submit(executor, 1, 1, sleep_an_hour);
  await_count(&world.entered, 1);
  UNIT_CHECK(ms_executor_abandon(executor, &self->run));
  await_count(&world.finished_count, 1);
  close_executor(executor);
}

static void a_replacement_that_fails_is_trouble(void) {
  ms_executor *executor = open_executor(2);
  world.failing_open = 3;
  probe *stuck = submit(executor, 1, 1, wait_at_gate);
  probe *other = submit(executor, 2, 1, wait_at_gate);
  await_count(&world.entered, 2);
  UNIT_CHECK(ms_executor_abandon(executor, &stuck->run));
  await_count(&world.troubles, 1);
  UNIT_CHECK(strstr(world.trouble, "thread 3 has no workers"));
  UNIT_INT(1, ms_executor_threads(executor));
  ms_mem_fail_at(1);
  UNIT_CHECK(ms_executor_abandon(executor, &other->run));
  ms_mem_fail_at(0);
  UNIT_CHECK(count_of(&world.troubles) == 2);
  UNIT_CHECK(strstr(world.trouble, "not enough memory"));
  UNIT_INT(0, ms_executor_threads(executor));
  open_gate();
  await_count(&world.finished_count, 2);
  close_executor(executor);
}

/* ---- Opening and closing. ---- */

static void closing_discards_what_has_not_begun(void) {
  for (int i = 0; i < 20; i++) {
    ms_executor *executor = open_executor(3);
    submit(executor, 0, 2000, NULL);
    await_count(&world.finished_count, i * 10);
    ms_executor_close(executor);
    UNIT_INT(2000, world.finished_count + world.discarded);
  }
}

static void one_thread_that_fails_to_open_closes_all(void) {
  for (int k = 1; k <= 4; k++) {
    reset();
    world.failing_open = k;
    ms_executor *executor = NULL;
    ms_err err = {0};
    UNIT_CHECK(try_open(4, &executor, &err) == MS_WORKERS);
    char expected[64];
    snprintf(expected, sizeof expected, "thread %d has no workers", k);
    UNIT_INT(0, strcmp(err.message, expected));
    UNIT_CHECK(!executor && world.opened == 3 && world.closed == 3 && !world.released);
    UNIT_CHECK(try_open(4, &executor, NULL) == MS_OK);
    ms_executor_close(executor);
  }
}

static void memory_running_out_is_reported(void) {
  ms_status status = MS_NOMEM;
  for (long n = 1; status == MS_NOMEM && n < 100; n++) {
    reset();
    ms_executor *executor = NULL;
    ms_err err = {0};
    ms_mem_fail_at(n);
    status = try_open(3, &executor, &err);
    ms_mem_fail_at(0);
    UNIT_CHECK(status == MS_OK || status == MS_NOMEM);
    UNIT_CHECK((status == MS_OK) == (executor != NULL));
    UNIT_CHECK(n > 1 || status == MS_NOMEM);
    ms_executor_close(executor);
    UNIT_CHECK(world.opened == world.closed);
  }
  UNIT_INT(MS_OK, status);
}

/* Sanitizers reserve terabytes of address space and cannot run below such a limit. */
static void a_system_without_threads_is_reported(void) {
  struct rlimit before;
  if (SANITIZED || getrlimit(RLIMIT_AS, &before)) return;
  struct rlimit tight = {256 << 20, before.rlim_max};
  reset();
  setrlimit(RLIMIT_AS, &tight);
  ms_executor *executor = NULL;
  ms_err err = {0};
  ms_status status = try_open(1000, &executor, &err);
  setrlimit(RLIMIT_AS, &before);
  UNIT_INT(MS_LIMIT, status);
  UNIT_INT(0, strncmp(err.message, "cannot start a thread: ", 23));
  UNIT_CHECK(!executor && world.opened == world.closed);
}

static void opening_and_closing_leaves_nothing(void) {
  for (int i = 0; i < (SANITIZED ? 500 : 3000); i++) {
    ms_executor *executor = open_executor(2);
    if (i % 2) submit(executor, i, 1, NULL);
    close_executor(executor);
  }
}

/* ---- All at once. ---- */

/* The engine's side of a busy pool: each round submits, then stops, takes back or gives up what it
 * pleases, and every run comes back by exactly one way. */
static void every_run_comes_back_once(void) {
  ms_executor *executor = open_executor(4);
  uint32_t random = 12345;
  int taken = 0, submitted = 0;
  for (int round = 0; round < 2000; round++) {
    probe *held[8];
    for (int i = 0; i < 8; i++)
      held[i] = submit(executor, submitted++, 1, i % 2 ? sleep_an_hour : NULL);
    for (int i = 0; i < 8; i++) {
      random = random * 1664525 + 1013904223;
      bool asleep = i % 2 == 1;
      if (random >> 30 == 0 && ms_executor_take_back_run(executor, &held[i]->run)) {
        ms_mem_free(held[i]);
        taken++;
      } else if (asleep && random >> 24 >= 240 && held[i]->run.begun_at_ms) {
        UNIT_CHECK(ms_executor_abandon(executor, &held[i]->run));
      } else {
        ms_run_stop(&held[i]->run, "cancelled");
      }
    }
  }
  world_lock();
  while (world.finished_count + world.discarded + taken < submitted)
    pthread_cond_wait(&world.changed, &world.mutex);
  UNIT_CHECK(world.finished_count + world.discarded + taken == submitted);
  world_unlock();
  UNIT_INT(4, ms_executor_free(executor));
  close_executor(executor);
}

/* ---- How fast. ---- */

enum { BATCH = 500, BATCHES = 8 };

static atomic_int ended[BATCHES]; /* runs of each batch that have ended */
static int rounds_of[BATCHES];    /* how often all of them have */

static void count_finished(void *engine, ms_run *run) {
  (void)engine;
  if (atomic_fetch_add(&ended[run->batch], 1) + 1 == BATCH) add_one(&rounds_of[run->batch]);
}

/* Keeps some batches ahead of the threads, as the engine does. */
static void throughput(int threads) {
  static probe probes[BATCHES][BATCH];
  const int rounds = (SANITIZED ? 100000 : 1000000) / BATCH;
  ms_executor_options options = {
      .threads = threads,
      .runner = &runner,
      .shared = &world,
      .finished = count_finished,
      .now = now,
  };
  ms_executor *executor = NULL;
  reset();
  memset(rounds_of, 0, sizeof rounds_of);
  if (ms_executor_open(&options, &executor, NULL)) abort();
  int64_t from = now_ns();
  for (int round = 0; round < rounds; round++) {
    int batch = round % BATCHES;
    await_count(&rounds_of[batch], round / BATCHES);
    ended[batch] = 0;
    ms_link runs;
    ms_list_init(&runs);
    for (int i = 0; i < BATCH; i++) {
      probes[batch][i] = (probe){.run.batch = batch};
      ms_list_push(&runs, &probes[batch][i].run.link);
    }
    ms_executor_submit(executor, &runs, BATCH);
  }
  for (int batch = 0; batch < BATCHES; batch++)
    await_count(&rounds_of[batch], rounds / BATCHES);
  printf("%d threads: %.0f ns per run\n", threads, (double)(now_ns() - from) / (rounds * BATCH));
  ms_executor_close(executor);
}

int main(void) {
  alarm(120); /* a wake-up that is lost hangs */
  ms_list_init(&world.finished);
  UNIT_RUN(runs_begin_in_the_order_submitted);
  UNIT_RUN(what_is_expected_may_come_or_not);
#ifdef __linux__
  UNIT_RUN(it_may_on_one_processor_too);
  UNIT_RUN(one_thread_is_woken_once_however_many_runs_are_expected);
#endif
  UNIT_RUN(each_thread_opens_a_state);
  UNIT_RUN(threads_leave_signals_to_the_host);
  UNIT_RUN(counts_follow_the_runs);
  UNIT_RUN(without_threads_nothing_begins);
  UNIT_RUN(what_has_not_begun_can_be_taken_back);
  UNIT_RUN(a_stop_wakes_a_sleeping_run);
  UNIT_RUN(a_stop_before_the_start_is_seen);
  UNIT_RUN(a_sleep_ends_with_its_time);
  UNIT_RUN(runs_of_the_host_can_be_stopped);
  UNIT_RUN(a_thread_given_up_is_replaced);
  UNIT_RUN(a_thread_given_up_may_outlive_the_executor);
  UNIT_RUN(a_sleeper_given_up_wakes);
  UNIT_RUN(a_replacement_that_fails_is_trouble);
  UNIT_RUN(closing_discards_what_has_not_begun);
  UNIT_RUN(one_thread_that_fails_to_open_closes_all);
  UNIT_RUN(memory_running_out_is_reported);
  UNIT_RUN(a_system_without_threads_is_reported);
  UNIT_RUN(opening_and_closing_leaves_nothing);
  UNIT_RUN(every_run_comes_back_once);
  throughput(1);
  throughput(2);
  throughput(4);
  reset();
  UNIT_INT(0, surprises);
  return unit_end();
}
