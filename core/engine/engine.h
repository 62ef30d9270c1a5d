/* The engine: everything that happens is a turn. Private to this folder; core/moonshift.h is what
 * others see.
 *
 * An engine belongs to whoever opened the manager. What stepped managers share (the store, the
 * clock, who is alive) lives in an ms_world with a count of its users.
 *
 * The mutex guards the inbox, the outbox and the flag that says who turns. Whoever sets that flag
 * holds the engine: only that thread touches the store, the runs and the turn. A caller that finds
 * nobody turning turns itself; others wait until their call has been served.
 *
 * A turn that fails is rolled back as a whole: its callers get the error, its results stay in the
 * inbox for the next try. */
#ifndef MS_ENGINE_ENGINE_H
#define MS_ENGINE_ENGINE_H

#include "base/ids.h"
#include "base/map.h"
#include "engine/checkpoint.h"
#include "engine/conditions.h"
#include "engine/errand.h"
#include "engine/flight.h"
#include "engine/peers.h"
#include "engine/preview.h"
#include "engine/reader.h"
#include "engine/wal.h"
#include "execute/executor.h"
#include "model/constraint.h"
#include "moonshift.h"
#include "sense/sensors.h"
#include "sense/snapshot.h"
#include "store/board.h"
#include "store/lane.h"
#include "store/process.h"
#include "store/query.h"
#include "store/store.h"
#include "store/work.h"

#include <pthread.h>
#include <sys/types.h>
#include <uv.h>

typedef struct ms_engine ms_engine;
typedef struct ms_lookout ms_lookout;

/* A call in the inbox; it lives on its caller's stack, as the first field of what it needs. Apply
 * must find out whether the call is refused before it changes anything. */
typedef struct ms_call {
  ms_link link;
  ms_status (*apply)(ms_engine *engine, struct ms_call *call);
  /* The turn in which it was applied failed: takes back what it changed beside the store, which is
   * all that such a call changes. NULL = it changes the store. */
  void (*undo)(ms_engine *engine, struct ms_call *call);
  bool reads;   /* asks only: no transaction of its own */
  bool adds;    /* stores works; if it looks for others, it has the turn's offers placed itself */
  bool applied; /* in this turn */
  bool served;
  ms_status status;
  ms_err *err;
} ms_call;

typedef struct ms_world {
  ms_store *store;
  ms_clock clock;
  ms_ids alive; /* owners, stepped only: the kernel knows it of real processes */
  int users;
  int64_t boot; /* stepped only: as the system's number of a boot */
} ms_world;

typedef struct ms_observer {
  ms_link link;
  int64_t number;
  ms_selector selector;
  ms_arena arena;
} ms_observer;

/* Rows of moonshift_inbox that one turn refuses. */
typedef struct ms_refused {
  int64_t count;
  int64_t row; /* the first of them, and why */
  ms_err why;
} ms_refused;

/* Works that are due at once and wait nowhere. */
typedef struct ms_offers {
  ms_work *works; /* running once they are taken */
  size_t count;
  size_t capacity;
  ms_arena arena;
} ms_offers;

/* What one turn gathers between its begin and its publication. */
typedef struct ms_turn {
  int64_t now_ms;
  ms_link claimed; /* runs */
  size_t claimed_count;
  ms_link events;
  ms_ids finished;
  ms_ids succeeded; /* works whose dependents have not been looked at */
  ms_offers offers;
  ms_ids noted;       /* pairs of event type + 1 and id */
  ms_ids stopped;     /* ids of own runs to stop when the turn is committed */
  ms_link taken_back; /* runs that never began */
  ms_link settled;    /* runs whose results are taken in */
  ms_refused refused;
  bool takes_rows;    /* of moonshift_inbox */
  bool has_room;      /* more work could have been claimed */
  bool opens;         /* a place in a queue, or behind a run, has come free */
  bool ends;          /* something happened that somebody may have waited for */
  bool tells_all;     /* all others hear of it, such as when one joins or leaves */
  ms_ids touched;     /* owners of runs that this turn has decided over */
  bool returned;      /* a run ended, a claim was given back, or a row was read */
  bool foreign;       /* others had changed the store */
  bool saw_others;    /* whether each of them is alive */
  bool more;          /* is left to do than this turn took on */
  bool ending;        /* a process that has just ended may still hold its lock */
  bool files;         /* what is known of works' files has changed */
  int64_t files_seen; /* the newest row of it */
  bool looks;         /* the files of a row of moonshift_inbox must be looked at first */
  int64_t seen_change;
  bool observes;       /* somebody does, and the store says so */
  bool recalls;        /* settings of queues have changed: what has not begun is claimed anew */
  size_t slow;         /* runs of workers that are not known to be quick, or more */
  bool quick;          /* the newest result is of a run that took hardly any time */
  int64_t ended_at_ms; /* that run */
  bool judges;         /* stepped: time has its say, and not only results */
  bool prunes;         /* stepped: retention, which comes last of all at one moment */
  size_t host_room;    /* how many works the host wants to run now */
  bool host_ready;     /* work waits that only the host can start */
  bool edged;          /* the sensors have something new to say */
  unsigned needs;      /* conditions by which this turn has judged */
} ms_turn;

struct ms_engine {
  ms_world *world;
  ms_store *store;
  ms_options options;
  ms_arena arena; /* what the options' texts are copied to */
  pid_t pid;
  _Atomic int64_t offset_us; /* from the steady clock to the engine's time */
  int64_t clock_base_ms;     /* the offset from which the store counts; 0 but on a server */
  int64_t owner;
  ms_peers peers;
  ms_board *board;        /* NULL = nobody else can have the store open */
  ms_wal wal;             /* watched for rows of others */
  ms_ids others;          /* numbers of the other processes on the store */
  ms_ids doors;           /* where each of them is knocked at */
  bool jumped;            /* the clock was set and no turn has taken note of it */
  bool suspects;          /* one of the others has ended and no turn has taken note of it */
  int64_t looked_at_ms;   /* by the steady clock, when a turn saw last who is alive */
  bool foreign;           /* others have changed the store and no turn has taken note of it */
  bool arrivals;          /* rows of moonshift_inbox may wait that no turn has looked for */
  int64_t rows_from_ms;   /* by the steady clock, when they are taken in again */
  int64_t look_pause_ms;  /* between two looks meanwhile, twice as long each time */
  int64_t look_again_ms;  /* until then a process that ends may still hold its lock */
  bool unsafe;            /* the last turn stands, but the disk may not have it: it is not over */
  char told[MS_ERR_SIZE]; /* why turns fail, as it was told; empty when the last one did not */
  int64_t told_at_ms;
  ms_checkpoint checkpoint;
  ms_reader reader;
  ms_preview preview;
  bool in_file; /* the store is */
  ms_executor *executor;
  ms_worker_name *names;
  size_t name_count;
  ms_map lane_places; /* lane id → &names[…] */
  ms_store_files store_files;

  pthread_mutex_t mutex;
  pthread_cond_t turned;
  bool turning;
  bool closing; /* nothing is claimed any more */
  bool closed;
  bool deferred;   /* the last turn failed: its results wait for next_at_ms */
  ms_link inbox;   /* calls */
  ms_link results; /* runs given back */
  bool nudged;     /* time, a peer or progress asks for a turn */
  bool look_out;   /* there is news of works that wait for files */
  bool peered;     /* a peer may have changed something or ended */
  bool written;    /* somebody has written to the log */
  bool looping;    /* the engine's thread is awake and will look at the inbox */
  int64_t next_at_ms;
  int64_t armed_at_ms;
  bool running;      /* after the last turn something ran */
  bool running_once; /* one-time work did */
  bool progressed;   /* a run may have progress that is not stored */

  /* The outbox. */
  ms_link events;
  ms_link host_runs;
  bool host_ready;
  int64_t changes;
  int wake_fds[2];
  bool woken;
  ms_heed heeds;   /* what the host waits for, until it has happened */
  int64_t awaited; /* the work whose end that is; 0 = any change */
  bool polled;     /* the host's loop watches the pipe, so it may wait at any time */

  /* Only whoever turns. */
  ms_turn turn;
  ms_map runs; /* id → ms_flight, live and void */
  ms_link observers;
  size_t observer_count;
  int64_t last_observer;
  bool observes; /* the store says that somebody does here */
  bool others_observe;
  int64_t seen_change;
  ms_conditions conditions;
  ms_belief beliefs[MS_SENSED_COUNT];
  unsigned unsettled; /* conditions of which more will be known soon */
  ms_link customs;
  ms_sensing sensing;
  size_t ahead;         /* claims beyond the free threads */
  bool piled;           /* the last round that had room for the pool used it up, so more may wait */
  int64_t handed_at_ms; /* when the pool was last given runs */
  int64_t called_at_ms; /* when a turn last had callers */
  size_t lanes_due;     /* in the last round, those that could give works */
  size_t host_ahead;
  int64_t host_claimed_at_ms;
  ms_ids met; /* stepped: works whose constraints count as met, and the lanes they are in */
  ms_ids met_lanes;
  uint64_t random;
  int64_t wake_ms; /* what time asks for, gathered while the turn runs */
  ms_stats stats;

  int64_t files_seen;  /* the newest row of a work's files that others have written */
  ms_lookout *lookout; /* the engine's thread's; NULL = nothing to watch yet */

  int errands;          /* under way */
  ms_link errands_done; /* guarded by the mutex */

  uv_loop_t loop;
  uv_async_t async;
  uv_timer_t timer;
  uv_poll_t peer_poll;
  uv_poll_t door_poll;
  uv_poll_t clock_poll;
  int clock_fd; /* −1 = none */
  uv_thread_t thread;
  bool has_thread;
};

/* A process that ends closes its files a moment before its locks go, so others look again for so
 * long. */
#define MS_LOOK_AGAIN_MS 200

/* ---- engine.c ---- */

/* Lets go of the store, which closes with its last user. */
void ms_world_close(ms_engine *engine);
/* Stepped: the others see that this process has ended. */
void ms_leave_the_living(ms_engine *engine);

/* ---- thread.c: the engine's own thread ---- */

ms_status ms_open_thread(ms_engine *engine, ms_err *err);
void ms_end_thread(ms_engine *engine);
/* Serves whatever waits, and sleeps until time asks again. For the engine's thread. */
void ms_engine_attend(ms_engine *engine);

/* ---- inbox.c: who turns ---- */

/* Serves a call, here or by whoever turns, and returns its status. */
ms_status ms_engine_call(ms_engine *engine, ms_call *call, ms_err *err);
/* Turns until the inbox is empty. For the engine's thread. */
void ms_engine_serve(ms_engine *engine);
/* The next turn is a full one, whatever it is asked. */
void ms_engine_ask_for_turn(ms_engine *engine);
/* Nothing tells of the end of other processes, so they are looked at from time to time. */
bool ms_engine_is_unwatched(const ms_engine *engine);
/* A turn in which nothing is asked, and which may fail. */
void ms_engine_take_turn(ms_engine *engine);
/* Nobody turns between the two, so the caller may touch what belongs to whoever turns. */
void ms_engine_hold(ms_engine *engine);
void ms_engine_let_go(ms_engine *engine);
/* Asks the engine's thread for a turn. */
void ms_engine_nudge(ms_engine *engine);
/* With the mutex held. The engine's thread must hear of what nobody else will serve. */
void ms_engine_wake_thread(ms_engine *engine);
/* A run has ended. */
void ms_engine_give_back(ms_engine *engine, ms_run *run);
/* The same for a thread of the pool. */
void ms_engine_finish(void *engine, ms_run *run);

/* ---- turn.c: the ring ---- */

/* One turn, for whoever has set turning. */
ms_status ms_engine_turn(ms_engine *engine);
/* Keeps how long it took what began then, if nothing took longer. For whoever has set turning. */
void ms_turn_note_longest(const ms_engine *engine, int64_t begun_ms, int64_t *longest_ms);
/* Time asks for a turn at that moment. */
void ms_turn_wake_at(ms_engine *engine, int64_t at_ms);
/* There is more to do than one turn takes on: another one follows at once. */
void ms_turn_go_on(ms_engine *engine);
/* The store's last failure, as err. */
ms_status ms_engine_fail(ms_engine *engine, ms_status status, ms_err *err);
ms_status ms_engine_no_memory(ms_engine *engine);
/* A refusal concerns its caller alone; anything else fails the turn. */
bool ms_is_refusal(ms_status status);
/* What the store has found out about a work, or a lane of works, that cannot be so: it is told, and
 * the turn goes on without. */
void ms_engine_pass_over(ms_engine *engine, int64_t id);
void ms_engine_trouble(ms_engine *engine, const char *kind, const char *message, int64_t id,
                       const char *worker);

/* ---- aftermath.c: what a turn's end brings ---- */

/* It is committed, and the disk has it: runs stop and begin, and everybody is told. */
void ms_turn_publish(ms_engine *engine);
/* It was rolled back: nothing of it may be seen, and its results wait. */
void ms_turn_take_down(ms_engine *engine, ms_link *calls, ms_link *results);
/* Runs that the turn has claimed and nobody was handed go. */
void ms_turn_drop_claimed(ms_engine *engine);

/* ---- progress.c: what runs say of themselves ---- */

/* Writes the newest progress of all runs whose last was not written just now. */
ms_status ms_progress_write_due(ms_engine *engine);
/* Writes that of a run that is about to be stopped, however soon after the last. */
ms_status ms_progress_flush(ms_engine *engine, int64_t id);
/* With the mutex held. The turn failed: what it has written of a run is not stored. */
void ms_progress_failed(ms_engine *engine, ms_flight *flight);

/* ---- unblock.c ---- */

/* Blocked dependents of works that succeeded, and of nothing else unfinished, are enqueued. */
ms_status ms_unblock(ms_engine *engine);

/* ---- jump.c: the engine's clock ---- */

/* Wall time that does not jump within a turn, in ms. Any thread. */
int64_t ms_engine_now(const ms_engine *engine);

/* ---- observe.c ---- */

void ms_observers_free(ms_engine *engine);

/* ---- host.c: the host's side ---- */

/* Claims for a host that is there to run; what was claimed is then shifted from the outbox. */
ms_status ms_ask_for_runs(ms_engine *engine, ms_err *err);
ms_run *ms_shift_run(ms_engine *engine);

/* ---- enqueue.c, update.c ---- */

/* As ms_enqueue, within a turn, as if it had been called at that moment. */
ms_status ms_enqueue_arrival(ms_engine *engine, const ms_arrived *arrived, ms_text *snapshots,
                             int64_t at_ms, ms_err *err);

/* Puts the request into the spec of a work; the lane is interned, the tags quoted. */
ms_status ms_spec_of(ms_engine *engine, const ms_request *request, ms_arena *arena, ms_work *work);
ms_status ms_update_work(ms_engine *engine, const ms_work *before, const ms_request *request,
                         ms_text snapshot, const char **how, ms_err *err);

/* ---- step.c ---- */

/* Stepped managers take in what a run gave back at once. */
void ms_step_settle(ms_engine *engine);

/* ---- control.c ---- */

/* Cancels the works and all their unfinished dependents. */
ms_status ms_cancel_works(ms_engine *engine, const ms_ids *ids, const char *reason, int64_t *count);

#endif
