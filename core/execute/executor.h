/* A pool of threads that carry out runs, knowing nothing of what a run does.
 *
 * A run belongs to the executor from submit until it is given back: through finished (it ran),
 * take_back (it never began) or discard (the executor closed before it began, or before a run that
 * was given up returned). The options are copied; what they point to must live until close returns,
 * and shared, the runner class, discard and release as long as a thread that was given up may
 * still return.
 *
 * The functions here belong to the engine, which calls one at a time; the questions and
 * ms_run_stopped may be asked by any thread. Callbacks are called with no lock held. The executor
 * does not cross fork.
 *
 * Only opening can fail. A thread that cannot be replaced later is reported as trouble of the kind
 * "thread", and the pool is smaller from then on. */
#ifndef MS_EXECUTE_EXECUTOR_H
#define MS_EXECUTE_EXECUTOR_H

#include "execute/runner.h"

typedef struct ms_executor ms_executor;

typedef struct ms_executor_options {
  int threads; /* 0 = none: runs may be submitted and taken back, but never begin */
  const ms_runner_class *runner;
  void *shared; /* passed to the runner's open */
  /* Called with shared, if not NULL, once no thread can touch it any more: by close, or by the
   * last thread that was given up. Not called when open fails. */
  void (*release)(void *shared);
  /* On the thread that ran it, also when that was given up: the run is the engine's again. */
  void (*finished)(void *engine, ms_run *run);
  /* Frees a run that nobody waits for. It may come after close, so it must not need the engine. */
  void (*discard)(ms_run *run);
  /* On a thread of the pool, or inside abandon. */
  void (*trouble)(void *engine, const char *kind, const char *message);
  /* What time it is for whoever judges the run. On a thread of the pool. */
  int64_t (*now)(void *engine);
  void *engine; /* passed to finished, trouble and now */
} ms_executor_options;

/* Starts the threads, lets each open its runner state, all at once, and waits for them. If one
 * fails, all end and the first failure is the answer; LIMIT when the system has no more threads. */
ms_status ms_executor_open(const ms_executor_options *options, ms_executor **executor, ms_err *err);
/* Hands what has not begun to discard, waits for what runs to end (the engine has stopped it
 * before) and frees everything that no thread given up still needs. NULL is fine. The runs that
 * were given back must not be stopped or interrupted after this. */
void ms_executor_close(ms_executor *executor);

/* The workers that the threads know: pairs of a name and its timeout in decimal milliseconds
 * (0 = none), a NUL behind each of the two. Lives until close. */
ms_text ms_executor_names(const ms_executor *executor);

/* Takes all runs of the list, in their order, behind those that wait; count is their number. */
void ms_executor_submit(ms_executor *executor, ms_link *runs, size_t count);
/* So many runs are about to come, unless something fails: threads that sleep wake up meanwhile, and
 * look for them for a moment. */
void ms_executor_expect(ms_executor *executor, size_t count);
/* Appends all runs that have not begun to out: they are the caller's again. */
void ms_executor_take_back(ms_executor *executor, ms_link *out);
/* True if the run had not begun: it is the caller's again. */
bool ms_executor_take_back_run(ms_executor *executor, ms_run *run);

/* Gives up the thread of a run that has begun and does not return: another thread takes its place,
 * and the run is interrupted and belongs to the executor. If it ever returns it is given back, or
 * discarded when the executor is closed by then.
 * False when the run ended meanwhile: then finished was called or is about to be. */
bool ms_executor_abandon(ms_executor *executor, ms_run *run);

/* The system may have been suspended: whoever sleeps looks how much is left of it. */
void ms_executor_look_at_clock(ms_executor *executor);

/* When the run that has been on a thread for longest began; INT64_MAX = none runs. */
int64_t ms_executor_oldest(ms_executor *executor);
/* Runs that wait for a thread. */
size_t ms_executor_ready(ms_executor *executor);
/* Threads that neither run nor have a run waiting for them. */
int ms_executor_free(ms_executor *executor);
/* Threads of the pool, without those given up. */
int ms_executor_threads(ms_executor *executor);
/* Threads given up that have not returned. */
int ms_executor_abandoned(ms_executor *executor);

#endif
