#include "execute/executor.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/point.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Interpreters nest in C: 200 levels of Lua calls need about 256 KB, and musl's threads start with
 * half of that. */
#define STACK_BYTES ((size_t)1 << 20)
#define NS_PER_S INT64_C(1000000000)
/* How long a thread looks for a run that is expected before it sleeps again: longer than a commit
 * that does not wait for the disk. */
#define LOOK_NS 100000
/* 34 years: longer than a process lives, and within 64 bits of nanoseconds. */
#define LONGEST_SLEEP_MS (INT64_C(1) << 40)

/* A thread of the pool. The executor frees it after joining the thread; a thread that was given up
 * frees its own. */
typedef struct ms_slot {
  ms_executor *executor;
  pthread_t thread;
  ms_link link; /* in the executor's slots until given up */
  ms_link idle; /* in the executor's idle slots while it waits for a run, or its coming ones */
  pthread_cond_t wake; /* it left the idle slots, or its run was stopped or interrupted */
  _Atomic bool looks;  /* it is among the coming because a run is expected */
  bool replaces;       /* it took the place of a thread that was given up */
  bool abandoned;
  void *state; /* the runner's; only the thread itself touches it */
} ms_slot;

/* The mutex guards everything below it, all slots except their state, and the slot of every run.
 * It is held for moments only, never during a callback. */
struct ms_executor {
  ms_executor_options options;
  pthread_mutex_t mutex;
  ms_link ready; /* runs that wait for a thread; they have not begun */
  size_t ready_count;
  ms_link slots;
  ms_link idle;    /* slots, the one that slept last first: its caches are warm */
  ms_link coming;  /* slots that are awake and will look at ready: nobody need wake them */
  int expected_on; /* the processor on which somebody has said that runs will come */
  int threads;
  int running;
  int abandoned;
  int returning; /* threads that give a run back */
  pthread_cond_t returned;
  bool closing; /* threads end after their run, and what was given up is discarded */
  bool closed;  /* the last thread given up frees the executor */

  /* Only while opening. */
  pthread_cond_t opened;
  int opening;
  ms_status status; /* the first failure */
  ms_err *err;
  ms_buf names; /* those of the thread that opened first; all are the same */
};

static void lock(ms_executor *executor) {
  pthread_mutex_lock(&executor->mutex);
}

static void unlock(ms_executor *executor) {
  pthread_mutex_unlock(&executor->mutex);
}

/* ---- Waiting by the monotonic clock. ---- */

static int wake_init(pthread_cond_t *wake) {
  pthread_condattr_t attributes;
  int error = pthread_condattr_init(&attributes);
  if (error) return error;
#ifndef __APPLE__
  error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
  if (!error) error = pthread_cond_init(wake, &attributes);
  pthread_condattr_destroy(&attributes);
  return error;
}

static int64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* False once the moment has come; true for a signal, or for no reason. */
static bool wait_until(pthread_cond_t *wake, pthread_mutex_t *mutex, int64_t end_ns) {
#ifdef __APPLE__
  /* Conditions here know no monotonic clock, but can wait for a length of time. */
  int64_t ns = end_ns - monotonic_ns();
  if (ns <= 0) return false;
  struct timespec rest = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
  return pthread_cond_timedwait_relative_np(wake, mutex, &rest) != ETIMEDOUT;
#else
  struct timespec end = {(time_t)(end_ns / NS_PER_S), (long)(end_ns % NS_PER_S)};
  return pthread_cond_timedwait(wake, mutex, &end) != ETIMEDOUT;
#endif
}

/* ---- The end of slots and executors. ---- */

static void slot_free(ms_slot *slot) {
  pthread_cond_destroy(&slot->wake);
  ms_mem_free(slot);
}

static void destroy(ms_executor *executor) {
  assert(ms_list_empty(&executor->ready) && ms_list_empty(&executor->slots));
  ms_buf_deinit(&executor->names);
  pthread_cond_destroy(&executor->returned);
  pthread_cond_destroy(&executor->opened);
  pthread_mutex_destroy(&executor->mutex);
  ms_mem_free(executor);
}

/* Frees the executor once it is closed and no thread given up can come back to it. */
static void release(ms_executor *executor) {
  ms_executor_options options = executor->options;
  destroy(executor);
  if (options.release) options.release(options.shared);
}

/* ---- On the threads of the pool. ---- */

static void name_thread(void) {
#if defined(__linux__)
  pthread_setname_np(pthread_self(), "moonshift");
#elif defined(__APPLE__)
  pthread_setname_np("moonshift");
#endif
}

static void report(ms_executor *executor, const ms_err *err) {
  char message[sizeof err->message + 64];
  snprintf(message, sizeof message, "a thread that was given up is not replaced: %s", err->message);
  executor->options.trouble(executor->options.engine, "thread", message);
}

/* Tells ms_executor_open, or for a replacement the engine, how opening went. */
static void opened(ms_slot *slot, ms_status status, const ms_err *err, ms_buf *names) {
  ms_executor *executor = slot->executor;
  lock(executor);
  if (status) executor->threads--;
  if (!slot->replaces) {
    if (status && !executor->status) {
      executor->status = status;
      if (executor->err) *executor->err = *err;
    }
    if (!status && !executor->names.data) {
      executor->names = *names;
      *names = (ms_buf){0};
    }
    if (--executor->opening == 0) pthread_cond_signal(&executor->opened);
  }
  unlock(executor);
  if (status && slot->replaces) report(executor, err);
}

static bool open_state(ms_slot *slot) {
  const ms_executor_options *options = &slot->executor->options;
  ms_buf names = {0};
  ms_err err = {0};
  ms_status status = options->runner->open(options->shared, &slot->state, &names, &err);
  if (!status && names.failed) {
    options->runner->close(slot->state);
    status = ms_fail(&err, MS_NOMEM, "%s", ms_status_sentence(MS_NOMEM));
  }
  opened(slot, status, &err, &names);
  ms_buf_deinit(&names);
  return status == MS_OK;
}

static void leave_lists(ms_slot *slot) {
  ms_list_remove(&slot->idle);
  slot->looks = false;
}

static void sleep_idle(ms_slot *slot) {
  ms_executor *executor = slot->executor;
  ms_list_push(executor->idle.next, &slot->idle);
  while (!ms_list_empty(&slot->idle) && !slot->looks)
    pthread_cond_wait(&slot->wake, &executor->mutex);
}

/* −1 where the system does not tell. */
static int this_processor(void) {
#ifdef __linux__
  return sched_getcpu();
#else
  return -1;
#endif
}

/* Where the thread that brings the run needs this very processor, it is not kept from it: the run's
 * coming wakes this one again. */
static bool is_in_the_way(const ms_executor *executor) {
  return executor->expected_on >= 0 && this_processor() == executor->expected_on;
}

static void look_for_run(ms_slot *slot) {
  ms_executor *executor = slot->executor;
  int64_t end_ns = monotonic_ns() + LOOK_NS;
  if (!is_in_the_way(executor)) {
    unlock(executor);
    while (atomic_load(&slot->looks) && monotonic_ns() < end_ns) {
    }
    lock(executor);
  }
  leave_lists(slot);
}

/* The next run, begun, or NULL when the thread is to end. */
static ms_run *begin(ms_slot *slot) {
  ms_executor *executor = slot->executor;
  ms_run *run = NULL;
  lock(executor);
  leave_lists(slot);
  while (!slot->abandoned && !executor->closing && ms_list_empty(&executor->ready)) {
    if (slot->looks)
      look_for_run(slot);
    else
      sleep_idle(slot);
  }
  leave_lists(slot);
  if (!slot->abandoned && !executor->closing) {
    run = MS_LIST_ENTRY(ms_list_shift(&executor->ready), ms_run, link);
    run->slot = slot;
    atomic_store(&run->begun_at_ms, executor->options.now(executor->options.engine));
    executor->ready_count--;
    executor->running++;
  }
  unlock(executor);
  return run;
}

/* Close joins the pool's threads, but it waits for those given up only while they are here, where
 * they need the engine. */
static void give_back_late(ms_executor *executor, ms_run *run) {
  executor->options.finished(executor->options.engine, run);
  lock(executor);
  if (--executor->returning == 0) pthread_cond_signal(&executor->returned);
  unlock(executor);
}

static void end(ms_slot *slot, ms_run *run) {
  ms_executor *executor = slot->executor;
  lock(executor);
  bool abandoned = slot->abandoned, closing = executor->closing;
  if (!abandoned) {
    executor->running--;
    ms_list_push(&executor->coming, &slot->idle);
  } else if (!closing)
    executor->returning++;
  run->slot = NULL;
  unlock(executor);
  if (!abandoned)
    executor->options.finished(executor->options.engine, run);
  else if (!closing)
    give_back_late(executor, run);
  else
    executor->options.discard(run);
}

/* A thread that was given up has come back: it cleans up behind itself. */
static void leave_abandoned(ms_slot *slot) {
  ms_executor *executor = slot->executor;
  slot_free(slot);
  lock(executor);
  executor->abandoned--;
  bool last = executor->closed && executor->abandoned == 0;
  unlock(executor);
  if (last) release(executor);
}

static void *slot_main(void *data) {
  ms_slot *slot = data;
  const ms_runner_class *runner = slot->executor->options.runner;
  name_thread();
  if (!open_state(slot)) return NULL;
  ms_run *run;
  while ((run = begin(slot))) {
    MS_POINT("begin");
    runner->run(slot->state, run);
    MS_POINT("end");
    end(slot, run);
  }
  runner->close(slot->state);
  /* No lock: only a run can be given up, and this thread will have no more. */
  if (slot->abandoned) leave_abandoned(slot);
  return NULL;
}

/* ---- Starting threads. With the mutex held. ---- */

static ms_slot *slot_new(ms_executor *executor) {
  ms_slot *slot = ms_mem_zalloc(sizeof *slot);
  if (!slot) return NULL;
  if (wake_init(&slot->wake)) {
    ms_mem_free(slot);
    return NULL;
  }
  slot->executor = executor;
  ms_list_init(&slot->link);
  ms_list_init(&slot->idle);
  return slot;
}

/* The host's signal handlers are to run on the host's threads. Faults stay open: they belong to the
 * thread that causes them, and blocking them would kill the process past its handlers. */
static void signals_of_pool(sigset_t *signals) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
  sigfillset(signals);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    sigdelset(signals, faults[i]);
}

static int create_thread(ms_slot *slot) {
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error) return error;
  size_t stack = 0;
  pthread_attr_getstacksize(&attributes, &stack);
  if (stack < STACK_BYTES) pthread_attr_setstacksize(&attributes, STACK_BYTES);
  sigset_t blocked, before;
  signals_of_pool(&blocked);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  error = pthread_create(&slot->thread, &attributes, slot_main, slot);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return error;
}

static ms_status start_thread(ms_executor *executor, bool replaces, ms_err *err) {
  ms_slot *slot = slot_new(executor);
  if (!slot) return ms_fail(err, MS_NOMEM, "cannot start a thread: not enough memory");
  slot->replaces = replaces;
  int error = create_thread(slot);
  if (error) {
    slot_free(slot);
    return ms_fail(err, MS_LIMIT, "cannot start a thread: %s", strerror(error));
  }
  ms_list_push(&executor->slots, &slot->link);
  executor->threads++;
  return MS_OK;
}

/* ---- For the engine. ---- */

static ms_executor *executor_new(const ms_executor_options *options) {
  ms_executor *executor = ms_mem_zalloc(sizeof *executor);
  if (!executor) return NULL;
  int error = pthread_mutex_init(&executor->mutex, NULL);
  if (!error && (error = pthread_cond_init(&executor->opened, NULL)))
    pthread_mutex_destroy(&executor->mutex);
  if (!error && (error = pthread_cond_init(&executor->returned, NULL))) {
    pthread_cond_destroy(&executor->opened);
    pthread_mutex_destroy(&executor->mutex);
  }
  if (error) {
    ms_mem_free(executor);
    return NULL;
  }
  executor->options = *options;
  ms_list_init(&executor->ready);
  ms_list_init(&executor->slots);
  ms_list_init(&executor->idle);
  ms_list_init(&executor->coming);
  return executor;
}

/* Starts all threads and waits until each has opened its state or failed to. The threads cannot
 * report before the last one is started, because the mutex is held until the wait. */
static ms_status open_threads(ms_executor *executor, ms_err *err) {
  lock(executor);
  executor->err = err;
  for (int i = 0; i < executor->options.threads && !executor->status; i++) {
    executor->status = start_thread(executor, false, err);
    if (!executor->status) executor->opening++;
  }
  while (executor->opening > 0)
    pthread_cond_wait(&executor->opened, &executor->mutex);
  executor->err = NULL;
  ms_status status = executor->status;
  unlock(executor);
  return status;
}

/* With the mutex held. Those that are awake anyway; returns how many more are needed. */
static size_t meet_coming(ms_executor *executor, size_t count) {
  for (; count > 0 && !ms_list_empty(&executor->coming); count--)
    MS_LIST_ENTRY(ms_list_shift(&executor->coming), ms_slot, idle)->looks = false;
  return count;
}

/* Without the mutex while it signals: a thread that wakes up needs it at once. */
static void wake_idle(ms_executor *executor, size_t count, bool to_look) {
  for (ms_link *link = NULL; count > 0; count--) {
    lock(executor);
    link = ms_list_shift(&executor->idle);
    ms_slot *slot = link ? MS_LIST_ENTRY(link, ms_slot, idle) : NULL;
    if (slot && to_look) {
      slot->looks = true;
      ms_list_push(&executor->coming, &slot->idle);
    }
    unlock(executor);
    if (!slot) return;
    pthread_cond_signal(&slot->wake);
  }
}

static void end_threads(ms_executor *executor) {
  lock(executor);
  executor->closing = true;
  meet_coming(executor, SIZE_MAX);
  unlock(executor);
  wake_idle(executor, SIZE_MAX, false);
  MS_LIST_EACH (link, &executor->slots) {
    ms_slot *slot = MS_LIST_ENTRY(link, ms_slot, link);
    pthread_join(slot->thread, NULL);
    ms_list_remove(link);
    slot_free(slot);
  }
  lock(executor);
  while (executor->returning > 0)
    pthread_cond_wait(&executor->returned, &executor->mutex);
  unlock(executor);
}

ms_status ms_executor_open(const ms_executor_options *options, ms_executor **executor,
                           ms_err *err) {
  assert(options->threads >= 0);
  ms_executor *opening = executor_new(options);
  if (!opening) return ms_fail(err, MS_NOMEM, "%s", ms_status_sentence(MS_NOMEM));
  ms_status status = open_threads(opening, err);
  if (status) {
    end_threads(opening);
    destroy(opening);
    return status;
  }
  *executor = opening;
  return MS_OK;
}

void ms_executor_close(ms_executor *executor) {
  if (!executor) return;
  ms_link unbegun;
  ms_list_init(&unbegun);
  ms_executor_take_back(executor, &unbegun);
  end_threads(executor);
  MS_LIST_EACH (link, &unbegun) {
    executor->options.discard(MS_LIST_ENTRY(link, ms_run, link));
  }
  lock(executor);
  executor->closed = true;
  bool last = executor->abandoned == 0;
  unlock(executor);
  if (last) release(executor);
}

ms_text ms_executor_names(const ms_executor *executor) {
  return ms_buf_text(&executor->names);
}

void ms_executor_submit(ms_executor *executor, ms_link *runs, size_t count) {
  /* Nobody else sees these runs before the mutex is released. */
  MS_LIST_EACH (link, runs) {
    MS_LIST_ENTRY(link, ms_run, link)->executor = executor;
  }
  lock(executor);
  ms_list_move(&executor->ready, runs);
  executor->ready_count += count;
  count = meet_coming(executor, count);
  unlock(executor);
  wake_idle(executor, count, false);
}

void ms_executor_expect(ms_executor *executor, size_t count) {
  lock(executor);
  executor->expected_on = this_processor();
  MS_LIST_EACH (link, &executor->coming) {
    if (count > 0) count--;
  }
  unlock(executor);
  wake_idle(executor, count, true);
}

void ms_executor_take_back(ms_executor *executor, ms_link *out) {
  lock(executor);
  MS_LIST_EACH (link, &executor->ready) {
    MS_LIST_ENTRY(link, ms_run, link)->executor = NULL;
  }
  ms_list_move(out, &executor->ready);
  executor->ready_count = 0;
  unlock(executor);
}

bool ms_executor_take_back_run(ms_executor *executor, ms_run *run) {
  assert(run->executor == executor);
  lock(executor);
  bool waits = atomic_load(&run->begun_at_ms) == 0;
  if (waits) {
    ms_list_remove(&run->link);
    run->executor = NULL;
    executor->ready_count--;
  }
  unlock(executor);
  return waits;
}

bool ms_executor_abandon(ms_executor *executor, ms_run *run) {
  assert(run->executor == executor);
  ms_err err = {0};
  ms_status status = MS_OK;
  lock(executor);
  ms_slot *slot = run->slot;
  if (slot) {
    assert(!slot->abandoned);
    slot->abandoned = true;
    pthread_detach(slot->thread);
    ms_list_remove(&slot->link);
    executor->threads--;
    executor->running--;
    executor->abandoned++;
    atomic_store_explicit(&run->interrupted, true, memory_order_release);
    pthread_cond_signal(&slot->wake);
    status = start_thread(executor, true, &err);
  }
  unlock(executor);
  if (status) report(executor, &err);
  return slot != NULL;
}

size_t ms_executor_ready(ms_executor *executor) {
  lock(executor);
  size_t ready = executor->ready_count;
  unlock(executor);
  return ready;
}

int ms_executor_free(ms_executor *executor) {
  lock(executor);
  int unused = executor->threads - executor->running;
  size_t ready = executor->ready_count;
  unlock(executor);
  return unused > 0 && (size_t)unused > ready ? unused - (int)ready : 0;
}

int ms_executor_threads(ms_executor *executor) {
  lock(executor);
  int threads = executor->threads;
  unlock(executor);
  return threads;
}

int ms_executor_abandoned(ms_executor *executor) {
  lock(executor);
  int abandoned = executor->abandoned;
  unlock(executor);
  return abandoned;
}

/* ---- Stopping and sleeping. ---- */

/* The flag is set before the mutex is taken, and a sleeper looks at it with the mutex held: either
 * it sees the flag, or it waits already and gets the signal. */
static void wake_run(ms_run *run) {
  if (!run->executor) return;
  lock(run->executor);
  if (run->slot) pthread_cond_signal(&run->slot->wake);
  unlock(run->executor);
}

void ms_run_stop(ms_run *run, const char *reason) {
  /* Relaxed: only the engine sets it, in its turn. */
  if (atomic_load_explicit(&run->stopped, memory_order_relaxed)) return;
  snprintf(run->reason, sizeof run->reason, "%s", reason);
  atomic_store_explicit(&run->stopped, true, memory_order_release);
  wake_run(run);
}

void ms_run_interrupt(ms_run *run) {
  atomic_store_explicit(&run->interrupted, true, memory_order_release);
  wake_run(run);
}

void ms_executor_look_at_clock(ms_executor *executor) {
  lock(executor);
  MS_LIST_EACH (link, &executor->slots) {
    pthread_cond_signal(&MS_LIST_ENTRY(link, ms_slot, link)->wake);
  }
  unlock(executor);
}

/* No condition knows a clock that goes on while the system is suspended. So the wait is by one that
 * does not, and whoever resumes is told to look how much is left. */
bool ms_run_sleep(ms_run *run, int64_t duration_ms) {
  ms_executor *executor = run->executor;
  assert(executor);
  if (duration_ms > LONGEST_SLEEP_MS) duration_ms = LONGEST_SLEEP_MS;
  int64_t left_ns = duration_ms * 1000000;
  int64_t end_ns = duration_ms > 0 ? ms_clock_steady_ns() + left_ns : 0;
  bool asked;
  lock(executor);
  while (!(asked = ms_run_stopped(run) || ms_run_interrupted(run)) && left_ns > 0) {
    wait_until(&run->slot->wake, &executor->mutex, monotonic_ns() + left_ns);
    left_ns = end_ns - ms_clock_steady_ns();
  }
  unlock(executor);
  return asked;
}
