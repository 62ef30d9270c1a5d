/* One run of one work, and the runner that carries it out.
 *
 * The engine makes an ms_run and hands it to an executor or to the host; whoever runs it fills in
 * the result and gives it back, and the engine frees it. Texts in the run live as long as it does.
 *
 * The first group of fields is set before the hand-over and only read afterwards. The result
 * belongs to the thread that runs the work until it gives the run back. Stop and interruption may
 * be asked for by any thread at any time and are read through the functions below.
 *
 * A runner reports failure as a result of the run; only opening one can fail. */
#ifndef MS_EXECUTE_RUNNER_H
#define MS_EXECUTE_RUNNER_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/status.h"
#include "model/work.h"

#include <stdatomic.h>

typedef struct ms_run {
  ms_link link;
  int64_t id;
  int64_t batch; /* the claim that this run belongs to */
  int64_t attempt;
  int64_t run;
  int64_t period; /* 0 = not periodic */
  int64_t generation;
  ms_text worker;
  ms_text input;    /* JSON text; the work's own */
  ms_text *outputs; /* JSON texts of the prerequisites' outputs, in the declared order */
  size_t output_count;
  ms_text merger; /* absent = overwrite */
  bool merges;    /* false for periodic work */
  ms_text tags;   /* JSON text of an array */
  ms_text name;
  ms_text queue;
  ms_text trace;
  ms_text files; /* JSON text of an array, or absent */
  int64_t timeout_ms;
  size_t max_data_bytes;

  /* The result. */
  ms_outcome outcome;     /* NONE until the run ends */
  int64_t retry_after_ms; /* −1 = the work's backoff */
  ms_buf output;          /* JSON text, empty = none */
  ms_buf error;           /* message and traceback, empty = none */

  /* Shared between the thread that runs and the engine. */
  _Atomic int64_t begun_at_ms; /* wall time; 0 = still waiting for a thread */
  atomic_bool stopped;         /* set once, after reason is written */
  atomic_bool interrupted;     /* the grace is over: unwind at the next instruction */
  const char *reason;

  struct ms_executor *executor; /* from submit until it is taken back; NULL for the host's runs */
  struct ms_slot *slot;         /* the thread that runs it; the executor's own */
  void *engine;                 /* the engine that it goes back to */
  void *detail;                 /* the engine's own record about the run */
} ms_run;

/* The first stop reason, or NULL. */
static inline const char *ms_run_stopped(const ms_run *run) {
  return atomic_load_explicit(&run->stopped, memory_order_acquire) ? run->reason : NULL;
}

static inline bool ms_run_interrupted(const ms_run *run) {
  return atomic_load_explicit(&run->interrupted, memory_order_acquire);
}

/* How an executor's thread runs work. All functions are called on that thread. */
typedef struct ms_runner_class {
  /* Makes the thread's state. On success names holds pairs, in any order: a worker's name and its
   * timeout in decimal milliseconds (0 = none), a NUL byte behind each of the two. */
  ms_status (*open)(void *shared, void **state, ms_buf *names, ms_err *err);
  /* Runs to the end and fills in the result. */
  void (*run)(void *state, ms_run *run);
  void (*close)(void *state);
} ms_runner_class;

/* For the engine, in its turn. Sets the stop reason, which must live as long as the run, and wakes
 * the run if it sleeps; the first reason stays. */
void ms_run_stop(ms_run *run, const char *reason);
/* For the engine, in its turn. Asks the run to unwind at once, and wakes it if it sleeps. From then
 * on a runner touches nothing of the engine's: it may be gone. */
void ms_run_interrupt(ms_run *run);

/* For runners. Waits until the time is over (false) or the run is stopped or interrupted (true, at
 * once). Only on the executor's thread that runs it. */
bool ms_run_sleep(ms_run *run, int64_t duration_ms);

#endif
