#include "execute/slot.h"

#include "base/mem.h"
#include "base/point.h"
#include "execute/wake.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Interpreters nest in C: 200 levels of Lua calls need about 256 KB, and musl's threads start with
 * half of that. */
#define STACK_BYTES ((size_t)1 << 20)
/* How long a thread looks for a run that is expected before it sleeps again: longer than a commit
 * that does not wait for the disk. */
#define LOOK_NS 100000

void ms_slot_free(ms_slot *slot) {
  pthread_cond_destroy(&slot->wake);
  ms_mem_free(slot);
}

/* ---- On the thread itself. ---- */

static void name_thread(void) {
#if defined(__linux__)
  pthread_setname_np(pthread_self(), "moonshift");
#elif defined(__APPLE__)
  pthread_setname_np("moonshift");
#endif
}

void ms_slot_report(ms_executor *executor, const ms_err *err) {
  char message[sizeof err->message + 64];
  snprintf(message, sizeof message, "a thread that was given up is not replaced: %s", err->message);
  executor->options.trouble(executor->options.engine, "thread", message);
}

/* Tells ms_executor_open, or for a replacement the engine, how opening went. */
static void opened(ms_slot *slot, ms_status status, const ms_err *err, ms_buf *names) {
  ms_executor *executor = slot->executor;
  ms_executor_lock(executor);
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
  ms_executor_unlock(executor);
  if (status && slot->replaces) ms_slot_report(executor, err);
}

static bool open_state(ms_slot *slot) {
  const ms_executor_options *options = &slot->executor->options;
  ms_buf names = {0};
  ms_err err = {0};
  ms_status status = options->runner->open(options->shared, &slot->state, &names, &err);
  if (!status && names.failed) {
    options->runner->close(slot->state);
    status = ms_no_memory(&err);
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

int ms_slot_processor(void) {
#ifdef __linux__
  return sched_getcpu();
#else
  return -1;
#endif
}

/* Where the thread that brings the run needs this very processor, it is not kept from it: the run's
 * coming wakes this one again. */
static bool is_in_the_way(const ms_executor *executor) {
  return executor->expected_on >= 0 && ms_slot_processor() == executor->expected_on;
}

static void look_for_run(ms_slot *slot) {
  ms_executor *executor = slot->executor;
  int64_t end_ns = ms_wake_clock_ns() + LOOK_NS;
  if (!is_in_the_way(executor)) {
    ms_executor_unlock(executor);
    while (atomic_load(&slot->looks) && ms_wake_clock_ns() < end_ns) {
    }
    ms_executor_lock(executor);
  }
  leave_lists(slot);
}

/* The next run, begun, or NULL when the thread is to end. */
static ms_run *begin(ms_slot *slot) {
  ms_executor *executor = slot->executor;
  ms_run *run = NULL;
  ms_executor_lock(executor);
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
    slot->run = run;
    atomic_store(&run->begun_at_ms, executor->options.now(executor->options.engine));
    executor->ready_count--;
    executor->running++;
  }
  ms_executor_unlock(executor);
  return run;
}

/* Close joins the pool's threads, but it waits for those given up only while they are here, where
 * they need the engine. */
static void give_back_late(ms_executor *executor, ms_run *run) {
  executor->options.finished(executor->options.engine, run);
  ms_executor_lock(executor);
  if (--executor->returning == 0) pthread_cond_signal(&executor->returned);
  ms_executor_unlock(executor);
}

static void end(ms_slot *slot, ms_run *run) {
  ms_executor *executor = slot->executor;
  ms_executor_lock(executor);
  bool abandoned = slot->abandoned, closing = executor->closing;
  if (!abandoned) {
    executor->running--;
    ms_list_push(&executor->coming, &slot->idle);
  } else if (!closing)
    executor->returning++;
  run->slot = NULL;
  slot->run = NULL;
  ms_executor_unlock(executor);
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
  ms_slot_free(slot);
  ms_executor_lock(executor);
  executor->abandoned--;
  bool last = executor->closed && executor->abandoned == 0;
  ms_executor_unlock(executor);
  if (last) ms_executor_release(executor);
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
  if (ms_wake_init(&slot->wake)) {
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

ms_status ms_slot_start(ms_executor *executor, bool replaces, ms_err *err) {
  ms_slot *slot = slot_new(executor);
  if (!slot) return ms_fail(err, MS_NOMEM, "cannot start a thread: not enough memory");
  slot->replaces = replaces;
  int error = create_thread(slot);
  if (error) {
    ms_slot_free(slot);
    return ms_fail(err, MS_LIMIT, "cannot start a thread: %s", strerror(error));
  }
  ms_list_push(&executor->slots, &slot->link);
  executor->threads++;
  return MS_OK;
}
