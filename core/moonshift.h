/* moonshift: persistent background work. The embedding manual.
 *
 * A manager is one program's view of a store. Open one with ms_open; enqueue requests; give it
 * workers (a runner class for its own threads, a list of names for workers that the host runs
 * itself, or both) and it runs whatever is due. Every change is committed before its call returns.
 * Close it with ms_close, then free it with ms_free. A process may have many managers, also on one
 * store.
 *
 * Whoever calls owns what it passes in, and keeps it alive until the call returns. What a call
 * gives back lives in the arena that the caller passed, unless said otherwise.
 *
 * Any thread may call, several at once. Functions marked "host" belong to the one thread that
 * delivers events and runs host workers. A manager does not cross fork: in the child every call
 * answers FORKED.
 *
 * Calls return MS_OK or a status with its detail in err (may be NULL). Results are written only on
 * success. MISUSE is a mistake of the caller; all others are the world's. A call that fails has
 * changed nothing, but for an IO that says "this stands": other processes have seen the change by
 * the time the disk fails. Where a server's connection broke during the commit, nobody knows. */
#ifndef MOONSHIFT_H
#define MOONSHIFT_H

#include "base/arena.h"
#include "base/status.h"
#include "execute/runner.h"
#include "model/request.h"
#include "model/work.h"
#include "sense/reading.h"

typedef struct ms_engine ms_manager;

typedef enum ms_durability { MS_DURABILITY_FULL, MS_DURABILITY_NORMAL } ms_durability;

typedef struct ms_queue_settings {
  ms_text name;
  bool keeps_limit; /* true: limit and rate stay as they are */
  int64_t limit;    /* 0 = unlimited */
  int64_t rate;     /* starts per window; 0 = unlimited */
  int64_t rate_window_ms;
  int paused; /* −1 stays as it is, 0 no, 1 yes */
} ms_queue_settings;

/* Something went wrong that no caller waits for. */
typedef struct ms_trouble {
  const char *kind; /* "worker" "store" "request" "sensor" "observer" "thread" */
  const char *message;
  int64_t id;         /* the work, or 0 */
  const char *worker; /* its worker, or NULL */
} ms_trouble;

typedef struct ms_options {
  const char *database;          /* a path, ":memory:" or a postgres:// URL */
  ms_durability durability;      /* by default "full": what is acknowledged survives power loss */
  int64_t retention_ms;          /* how long finished work is kept, ≥ 0: a day */
  int64_t stop_grace_ms;         /* from a stop to the interruption of a run, > 0: 10 s */
  int64_t busy_timeout_ms;       /* how long another process's write is waited for, > 0: 5 s */
  size_t max_data_bytes;         /* of an output or progress, as JSON text: 256 KiB */
  int threads;                   /* of the pool; 0 = none */
  const ms_runner_class *runner; /* NULL = no pool */
  void *runner_shared;
  ms_text *host_workers;     /* names that the host runs itself */
  int64_t *host_timeouts_ms; /* one for each name, 0 = none; NULL = none has one */
  size_t host_worker_count;
  bool has_workers; /* false: a client, which runs nothing and claims nothing */
  const ms_queue_settings *queues;
  size_t queue_count;
  ms_sensor_options sensors;
  /* Reads what other programs left in the table moonshift_inbox; NULL leaves it there. Called by
   * whoever turns, one at a time. What it gives lives until its next call; whatever is not MS_OK
   * refuses the row with that message. */
  ms_status (*read_arrival)(void *data, const ms_arrival *arrival, ms_arrived *arrived,
                            ms_err *err);
  void *read_arrival_data;
  /* Called from any thread, with no lock held. */
  void (*on_trouble)(void *data, const ms_trouble *trouble);
  void *on_trouble_data;
  /* A stepped manager has no thread of its own and a virtual clock: nothing moves unless ms_step_*
   * says so. It may share the store of another stepped manager (then database is ignored). */
  bool stepped;
  int64_t now_ms;
  ms_manager *peer_of;
} ms_options;

/* The defaults of every option; database stays NULL. */
void ms_options_init(ms_options *options);

ms_status ms_open(const ms_options *options, ms_manager **manager, ms_err *err);
/* The first half of closing: claims nothing more and stops what runs with reason "shutdown",
 * without waiting for it. For hosts that must give their own runs back before they close. */
ms_status ms_drain(ms_manager *manager, ms_err *err);
/* Stops claiming, stops what runs with reason "shutdown", waits up to grace_ms (−1 = stop_grace)
 * for it to end, releases everything. Closing twice is fine. What fails, has closed all the same,
 * but the store has not taken what became of the runs. Host: runs of the host must be given back
 * before, or count as abandoned. */
ms_status ms_close(ms_manager *manager, int64_t grace_ms, ms_err *err);
/* As close, without waiting, as a killed process would leave the store (stepped managers). */
void ms_crash(ms_manager *manager);
/* Closes and frees. NULL is fine. */
void ms_free(ms_manager *manager);
/* MS_OK, CLOSED or FORKED. */
ms_status ms_usable(ms_manager *manager, ms_err *err);

/* ---- Changes. Each returns after its commit. ---- */

typedef struct ms_enqueued {
  int64_t *ids;
  size_t count;
  const char *outcome; /* "enqueued" "kept" "replaced" "appended" "updated" */
} ms_enqueued;

/* All requests in one transaction, ids in their order. A prerequisite is the id of a work or the
 * position of another request; that these make no cycle is the caller's business, as are the ranges
 * in model/request.h. unique NULL = no name. NOTFOUND: there is no such prerequisite. MISUSE: that
 * is periodic, or the policy for the name does not allow these requests. */
ms_status ms_enqueue(ms_manager *manager, const ms_request *requests, size_t count,
                     const ms_unique *unique, ms_arena *arena, ms_enqueued *enqueued, ms_err *err);
/* how: "applied_immediately", "applied_for_next_run" of a work that runs, "not_applied" to one that
 * has finished. NOTFOUND for an unknown id. MISUSE: the request has prerequisites, or would make
 * one-time work periodic, or the other way round. */
ms_status ms_update(ms_manager *manager, int64_t id, const ms_request *request, const char **how,
                    ms_err *err);
/* The selected unfinished works and all unfinished ones that depend on them. *count is how many
 * were cancelled. */
ms_status ms_cancel(ms_manager *manager, const ms_selector *selector, int64_t *count, ms_err *err);
/* Failed and cancelled works are enqueued again, with attempts from zero, and with them those that
 * ended for their sake. *count is how many of the selected ones were. */
ms_status ms_retry(ms_manager *manager, const ms_selector *selector, int64_t *count, ms_err *err);
/* Enqueued works are due at once; constraints, prerequisites and limits still hold. *count is how
 * many were selected. */
ms_status ms_run_now(ms_manager *manager, const ms_selector *selector, int64_t *count, ms_err *err);
/* Deletes finished works that no unfinished one depends on, if they finished at least so long ago;
 * −1 = whenever that was. *count is how many. */
ms_status ms_prune(ms_manager *manager, int64_t older_than_ms, int64_t *count, ms_err *err);
/* Stored, and heeded by every process. */
ms_status ms_set_queue(ms_manager *manager, const ms_queue_settings *settings, ms_err *err);
/* value NULL hands the condition back to its sensor; else a network value, "true" or "false". */
ms_status ms_set_condition(ms_manager *manager, ms_text name, const char *value, ms_err *err);

/* ---- Questions. ---- */

typedef struct ms_reason {
  const char *kind; /* "delay" "backoff" "period" "constraint" "prerequisite" "queue_paused"
                     * "queue_limit" "rate" "no_runner" "threads_busy" "name_busy" "deadline" */
  ms_text detail;
  int64_t clears_at_ms; /* MS_NEVER = unknown */
} ms_reason;

typedef struct ms_stats {
  int64_t counts[MS_STATE_COUNT];
  int64_t turns, commits, claims, results;
  int64_t longest_turn_ms, longest_checkpoint_ms; /* what a caller may have to wait for */
  int64_t threads, threads_busy, processes;
} ms_stats;

typedef struct ms_condition {
  ms_text name;
  ms_text value;      /* "true" "false" "unknown" or a network value */
  const char *source; /* "set", "default" (nobody has said) or the sensor's name */
  int64_t since_ms;   /* wall time of the last change; MS_NEVER = nobody has said */
  ms_text trouble;    /* why the sensor cannot read it */
} ms_condition;

/* In the page's order; page NULL = all, by id. */
ms_status ms_query(ms_manager *manager, const ms_selector *selector, const ms_page *page,
                   ms_arena *arena, ms_info **infos, size_t *count, ms_err *err);
ms_status ms_count(ms_manager *manager, const ms_selector *selector, int64_t *count, ms_err *err);
/* Is any selected work unfinished? from is where the last call found one (0 at first) and makes
 * repeated calls cheap. */
ms_status ms_unfinished(ms_manager *manager, const ms_selector *selector, int64_t *from, bool *any,
                        ms_err *err);
ms_status ms_names(ms_manager *manager, ms_arena *arena, ms_text **names, size_t *count,
                   ms_err *err);
ms_status ms_tags(ms_manager *manager, ms_arena *arena, ms_text **tags, size_t *count, ms_err *err);
/* NOTFOUND for an unknown id. */
ms_status ms_why(ms_manager *manager, int64_t id, ms_arena *arena, ms_reason **reasons,
                 size_t *count, ms_err *err);
/* The rows of moonshift_inbox that were refused, with their errors. */
ms_status ms_get_refused(ms_manager *manager, ms_arena *arena, ms_arrival **arrivals, size_t *count,
                         ms_err *err);
/* MS_NEVER when nobody ever cancelled all. */
ms_status ms_last_cancel_all(ms_manager *manager, int64_t *at_ms, ms_err *err);
ms_status ms_get_stats(ms_manager *manager, ms_stats *stats, ms_err *err);
/* Those that have settings. */
ms_status ms_get_queues(ms_manager *manager, ms_arena *arena, ms_queue_settings **queues,
                        size_t *count, ms_err *err);
ms_status ms_get_conditions(ms_manager *manager, ms_arena *arena, ms_condition **conditions,
                            size_t *count, ms_err *err);

/* ---- Observing. Host. ---- */

typedef struct ms_event {
  ms_link link;
  ms_arena arena; /* holds the info's texts */
  int64_t observer;
  ms_event_type type;
  int64_t at_ms;
  ms_info info;
} ms_event;

/* Queues a snapshot event for each matching work, then every change of matching work. The selector
 * is copied. observer is a number > 0, unique in this manager. */
ms_status ms_observe(ms_manager *manager, const ms_selector *selector, int64_t *observer,
                     ms_err *err);
/* Whatever the store is about, no event of it comes any more. */
void ms_unobserve(ms_manager *manager, int64_t observer);
/* The next event in order, or NULL; the caller frees it. */
ms_event *ms_take_event(ms_manager *manager);
void ms_event_free(ms_event *event);

/* ---- The host's own runs. Host. ---- */

/* The next claimed run for the host, or NULL. */
ms_run *ms_take_run(ms_manager *manager);
/* Gives a run back with its result; the run is gone afterwards. */
void ms_finish_run(ms_run *run);
/* Latest wins; at most 10 a second reach the store. From the thread that runs. */
void ms_progress_run(ms_run *run, ms_text data);

/* Readable while an event or a run waits, or something that ms_wait waits for has happened. −1 if
 * the system has no more descriptors. */
int ms_pollfd(ms_manager *manager);
/* Empties the descriptor; call before taking events and runs. */
void ms_pollfd_clear(ms_manager *manager);
/* Wakes ms_wait and the descriptor. Safe in a signal handler. */
void ms_wake(ms_manager *manager);
/* For which changes the host is about to wait. Nobody is woken for others. */
typedef enum ms_heed {
  MS_HEED_NOTHING, /* events and runs alone */
  MS_HEED_CHANGES,
  MS_HEED_IDLE, /* those after which ms_idle may hold: while a run goes on here, its end */
  MS_HEED_DONE, /* those after which ms_done may hold: the same for one-time work */
} ms_heed;
/* Grows whenever a run ends, a work finishes or another process changed something. */
int64_t ms_changes(ms_manager *manager, ms_heed heed);
/* The same, for a host that waits for the end of the work of that id: it is not woken for the ends
 * of others, and ms_wait does not return for them. Whichever of the two was called last counts. */
int64_t ms_changes_of(ms_manager *manager, int64_t id);
/* Blocks until events or runs wait, something that is heeded has changed since seen, ms_wake was
 * called, or the time is over (−1 = for ever). */
void ms_wait(ms_manager *manager, int64_t seen, int64_t timeout_ms);
/* Nothing runs, and nothing can start without waiting for time or a condition. */
ms_status ms_idle(ms_manager *manager, bool *idle, ms_err *err);
/* No unfinished one-time work is left. */
ms_status ms_done(ms_manager *manager, bool *done, ms_err *err);

/* ---- Stepping, for tests. Stepped managers only. ---- */

/* By the manager's clock, in ms since the epoch. */
int64_t ms_step_now(ms_manager *manager);
/* The next moment at which anything happens by itself (a due time, timeout, deadline, retention),
 * MS_NEVER if none. Moments of host runs' sleeps are the caller's. Retention, which comes last of
 * all at one moment, is applied here. */
ms_status ms_step_next(ms_manager *manager, int64_t *at_ms, ms_err *err);
/* Sets the clock, never back; nothing else happens. */
void ms_step_clock(ms_manager *manager, int64_t now_ms);
/* Sets the wall clock, as a user or a time server would: no time passes. */
ms_status ms_step_jump(ms_manager *manager, int64_t jump_ms, ms_err *err);
/* The system goes down and starts again with another time, of which nobody knows how it came about.
 * Every manager on the store is to be dropped with ms_crash before anything else. */
void ms_step_restart(ms_manager *manager, int64_t jump_ms);
/* Sets the clock and does what time brings except retention, but starts nothing. */
ms_status ms_step_to(ms_manager *manager, int64_t now_ms, ms_err *err);
/* Claims the one work that comes first now; *run is NULL when nothing is due. */
ms_status ms_step_claim(ms_manager *manager, ms_run **run, ms_err *err);
/* kind: "delay" "constraints" "period". MISUSE if the work does not wait for that. */
ms_status ms_step_meet(ms_manager *manager, int64_t id, const char *kind, ms_err *err);
/* Reports absolute paths as changed now; nobody looks at them. *works is how many wait for any of
 * them. */
ms_status ms_step_files(ms_manager *manager, const ms_text *paths, size_t count, int64_t *works,
                        ms_err *err);
/* MISUSE if it does not run. */
ms_status ms_step_stop(ms_manager *manager, int64_t id, const char *reason, ms_err *err);

#endif
