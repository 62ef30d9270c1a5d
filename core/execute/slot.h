/* A slot: one thread of the pool, from its start to its end; and the executor, which all slots
 * share. Private to this folder.
 *
 * The executor frees a slot after joining its thread; a thread that was given up frees its own, and
 * the last one of them the executor too, if that is closed.
 *
 * Whoever holds the executor's mutex starts slots; each slot's own thread does the rest.
 *
 * A thread that cannot be started is the caller's failure; one that cannot open its state says so
 * to ms_executor_open, or, where it replaces another, to the engine. */
#ifndef MS_EXECUTE_SLOT_H
#define MS_EXECUTE_SLOT_H

#include "execute/executor.h"

#include <pthread.h>

typedef struct ms_slot {
  ms_executor *executor;
  pthread_t thread;
  ms_link link; /* in the executor's slots until given up */
  ms_link idle; /* in the executor's idle slots while it waits for a run, or its coming ones */
  pthread_cond_t wake; /* it left the idle slots, or its run was stopped or interrupted */
  _Atomic bool looks;  /* it is among the coming because a run is expected */
  bool replaces;       /* it took the place of a thread that was given up */
  bool abandoned;
  ms_run *run; /* on it; NULL = none */
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

static inline void ms_executor_lock(ms_executor *executor) {
  pthread_mutex_lock(&executor->mutex);
}

static inline void ms_executor_unlock(ms_executor *executor) {
  pthread_mutex_unlock(&executor->mutex);
}

/* Starts a thread and adds its slot. With the mutex held. */
ms_status ms_slot_start(ms_executor *executor, bool replaces, ms_err *err);
void ms_slot_free(ms_slot *slot);
/* Tells the engine that a thread that was given up has no replacement. Without the mutex. */
void ms_slot_report(ms_executor *executor, const ms_err *err);
/* The processor that the caller runs on; −1 where the system does not tell. */
int ms_slot_processor(void);

/* Frees the executor once it is closed and no thread given up can come back to it. */
void ms_executor_release(ms_executor *executor);

#endif
