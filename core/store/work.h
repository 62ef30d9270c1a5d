/* Works: what they are, and how their rows are read.
 *
 * An ms_work is a plain value; its texts live in the arena it was loaded into, or belong to the
 * caller who made it.
 *
 * The thread that holds the store calls, inside a transaction.
 *
 * Failures leave their detail in ms_store_err. */
#ifndef MS_STORE_WORK_H
#define MS_STORE_WORK_H

#include "base/arena.h"
#include "base/ids.h"
#include "model/work.h"

struct ms_statement;
struct ms_store;

typedef struct ms_work {
  int64_t id;
  int64_t lane;
  ms_state state;
  /* The spec: written once, replaced by update. */
  ms_text input; /* absent = {} */
  ms_text tags;  /* JSON text of an array; absent = none */
  ms_text name;
  int64_t delay_ms;
  int64_t at_ms;
  int64_t every_ms;
  int64_t flex_ms;
  ms_repeats repeats;
  ms_text cron;
  ms_text zone;
  ms_backoff backoff;
  int64_t max_attempts;
  int64_t timeout_ms;
  int64_t deadline_ms;
  int64_t deadline_within_ms; /* its length, if it follows elapsed time; 0 = a calendar time */
  ms_text merger;
  int64_t keep_ms;       /* −1 = the manager's retention */
  int64_t prerequisites; /* how many were declared */
  ms_text trace;
  ms_text enqueued_by;
  ms_text files; /* constraints with nothing but files, as JSON text; absent = none */
  /* It is plain but for one prerequisite, which was unfinished: without a life it is blocked unless
   * it is in a claim or finished. */
  bool born_blocked;
  bool knows_output;
  ms_text prior_output; /* where it is known: the output of that prerequisite */
  /* The life: what changes while the work is unfinished. */
  bool has_life;   /* a row of its own; else the values below are those of fresh work */
  int64_t pending; /* unfinished prerequisites */
  int64_t attempt; /* runs that count */
  int64_t run;     /* starts ever */
  int64_t period;  /* 0 = not periodic */
  int64_t generation;
  int64_t enqueued_at_ms;
  int64_t due_at_ms;
  int64_t started_at_ms; /* MS_NEVER = never */
  int64_t ended_at_ms;   /* of an attempt that goes on; MS_NEVER = none */
  int64_t streak;        /* interruptions in a row */
  int64_t wait_ms;       /* the worker's own wait; −1 = the backoff's */
  int64_t wish_at_ms;    /* MS_NEVER = none */
  ms_outcome outcome;
  ms_text error;
  ms_text stop_reason;
  ms_text output;
  ms_text behind;         /* "[1,2]": works of the name that must have ended; absent = none */
  int64_t finished_at_ms; /* MS_NEVER unless finished */
} ms_work;

/* A fresh work: everything absent. */
void ms_work_init(ms_work *work);
bool ms_work_is_periodic(const ms_work *work);

/* A work that is not found reads as a fresh one, in no lane: in a damaged store rows may tell of
 * works that others do not have, and moving such a one is CORRUPT. */
ms_status ms_work_load(struct ms_store *store, int64_t id, ms_arena *arena, ms_work *work,
                       bool *found);
/* The same without a look at the claims: a work that runs reads as enqueued. */
ms_status ms_work_read(struct ms_store *store, int64_t id, ms_arena *arena, ms_work *work,
                       bool *found);
/* How much memory the texts of a copy need. */
size_t ms_work_bytes(const ms_work *work);
/* A copy whose texts live in the arena. */
ms_status ms_work_copy(struct ms_store *store, const ms_work *work, ms_arena *arena, ms_work *copy);

ms_status ms_work_lane(struct ms_store *store, int64_t id, int64_t *lane);

/* Reads the plain columns of the statement, which stand there from one on. */
bool ms_work_read_plain(const struct ms_statement *statement, int column, ms_arena *arena,
                        ms_work *work);

#endif
