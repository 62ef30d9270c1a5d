#include "execute/runner.h"

#include "base/clock.h"
#include "execute/slot.h"
#include "execute/wake.h"

#include <assert.h>
#include <stdio.h>

/* 34 years: longer than a process lives, and within 64 bits of nanoseconds. */
#define LONGEST_SLEEP_MS (INT64_C(1) << 40)

/* The flag is set before the mutex is taken, and a sleeper looks at it with the mutex held: either
 * it sees the flag, or it waits already and gets the signal. */
static void wake_run(ms_run *run) {
  if (!run->executor) return;
  ms_executor_lock(run->executor);
  if (run->slot) pthread_cond_signal(&run->slot->wake);
  ms_executor_unlock(run->executor);
}

void ms_run_stop(ms_run *run, const char *reason) {
  /* Relaxed: only the engine sets it, in its turn. */
  if (atomic_load_explicit(&run->stopped, memory_order_relaxed)) return;
  run->reason = reason;
  atomic_store_explicit(&run->stopped, true, memory_order_release);
  wake_run(run);
}

void ms_run_interrupt(ms_run *run) {
  atomic_store_explicit(&run->interrupted, true, memory_order_release);
  wake_run(run);
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
  ms_executor_lock(executor);
  while (!(asked = ms_run_stopped(run) || ms_run_interrupted(run)) && left_ns > 0) {
    ms_wake_wait(&run->slot->wake, &executor->mutex, ms_wake_clock_ns() + left_ns);
    left_ns = end_ns - ms_clock_steady_ns();
  }
  ms_executor_unlock(executor);
  return asked;
}
