/* A work as others see it: its states, outcomes, stop reasons, events and the info about it.
 *
 * These are plain values. The texts of an ms_info live as long as the arena that holds it.
 *
 * Any thread may use them.
 *
 * Nothing here fails: an unknown word or number gives the invalid value that the function names. */
#ifndef MS_MODEL_WORK_H
#define MS_MODEL_WORK_H

#include "base/clock.h"
#include "base/text.h"
#include "model/backoff.h"
#include "model/request.h"

/* The numbers stand in the store. */
typedef enum ms_state {
  MS_ENQUEUED = 0,
  MS_RUNNING = 1,
  MS_SUCCEEDED = 2,
  MS_FAILED = 3,
  MS_BLOCKED = 4,
  MS_CANCELLED = 5
} ms_state;
#define MS_STATE_COUNT 6

typedef enum ms_outcome {
  MS_OUTCOME_NONE = 0,
  MS_OUTCOME_SUCCESS = 1,
  MS_OUTCOME_FAILURE = 2,
  MS_OUTCOME_RETRY = 3
} ms_outcome;

#define MS_EVENT_LIST(X)                                                                           \
  X(SNAPSHOT, "snapshot")                                                                          \
  X(ENQUEUED, "enqueued")                                                                          \
  X(UNBLOCKED, "unblocked")                                                                        \
  X(STARTED, "started")                                                                            \
  X(PROGRESS, "progress")                                                                          \
  X(RETRIED, "retried")                                                                            \
  X(STOPPED, "stopped")                                                                            \
  X(SUCCEEDED, "succeeded")                                                                        \
  X(FAILED, "failed")                                                                              \
  X(CANCELLED, "cancelled")                                                                        \
  X(UPDATED, "updated")                                                                            \
  X(REMOVED, "removed")

/* The numbers stand in the store. */
typedef enum ms_event_type {
#define X(name, word) MS_EVENT_##name,
  MS_EVENT_LIST(X)
#undef X
      MS_EVENT_COUNT
} ms_event_type;

const char *ms_state_word(ms_state state);
bool ms_state_is_finished(ms_state state);
/* "success", "failure", or NULL for the others. */
const char *ms_outcome_word(ms_outcome outcome);
const char *ms_event_word(ms_event_type type);

/* Stop reasons are texts: "cancelled" "replaced" "timeout" "shutdown" "crashed" "preempted" and
 * "constraint:NAME". */

typedef struct ms_info {
  int64_t id;
  ms_text worker;
  ms_state state;
  ms_text input;    /* JSON text, never absent */
  ms_text output;   /* JSON text or absent */
  ms_text progress; /* JSON text or absent */
  ms_text tags;     /* JSON text of an array, never absent */
  ms_text name;
  ms_text queue;
  int priority;
  bool expedited;
  int64_t attempt;
  int64_t run;
  int64_t period; /* 0 = not periodic */
  int64_t generation;
  ms_outcome outcome;
  ms_text error;
  ms_text stop_reason;
  ms_text constraints; /* canonical JSON text or absent */
  ms_text files;       /* the same, with nothing but files */
  int64_t delay_ms;    /* 0 = none */
  int64_t every_ms;    /* 0 = none */
  int64_t flex_ms;     /* 0 = none */
  ms_repeats repeats;
  ms_text cron;
  ms_text zone;
  ms_backoff backoff;
  int64_t max_attempts;
  int64_t timeout_ms;
  int64_t deadline_ms;
  ms_text merger;
  int64_t keep_results_for_ms;
  int64_t *prerequisites; /* in the declared order */
  size_t prerequisite_count;
  int64_t *dependents; /* in id order */
  size_t dependent_count;
  int64_t enqueued_at_ms;
  int64_t due_at_ms;      /* MS_NEVER unless enqueued */
  int64_t started_at_ms;  /* MS_NEVER before the first run */
  int64_t finished_at_ms; /* MS_NEVER unless finished */
  ms_text enqueued_by;
  ms_text trace;
} ms_info;

#endif
