/* Flights: what the engine knows of a run beside the run itself, and where the names of workers
 * lead.
 *
 * A flight begins with its run, and lives from its claim until its result is settled. It is owned
 * by whoever has the run: the turn that claimed it, the executor or the host, the inbox; the
 * engine's map of runs finds it meanwhile.
 *
 * Whoever turns calls, but for ms_flight_of and ms_flight_free, which any thread may. What the
 * engine's mutex guards is marked.
 *
 * Making one and stopping it can fail, with the detail in the store's err. */
#ifndef MS_ENGINE_FLIGHT_H
#define MS_ENGINE_FLIGHT_H

#include "base/arena.h"
#include "execute/runner.h"
#include "store/lane.h"
#include "store/work.h"

struct ms_engine;

/* Where a worker's name leads. */
typedef enum ms_place { MS_PLACE_NONE, MS_PLACE_POOL, MS_PLACE_HOST } ms_place;

typedef struct ms_worker_name {
  ms_text name;
  ms_place place;
  int64_t timeout_ms;
  bool quick; /* its last run here took hardly any time */
} ms_worker_name;

/* What the engine knows of a run beside the run itself. It stands in its own arena, with the texts
 * of both. Thousands may be claimed ahead, more than a processor's cache holds: what each turn
 * looks at stands together, apart from what other threads write. */
typedef struct ms_flight {
  ms_run run;
  bool returned;     /* guarded by the engine's mutex: its result is in the inbox */
  bool has_progress; /* guarded by the engine's mutex */
  int64_t ended_at_ms;
  ms_buf progress; /* guarded by the engine's mutex */
  int64_t progress_at_ms;
  ms_arena arena;
  const char *reason; /* the last one for which it was to be stopped */
  int64_t claimed_at_ms;
  int64_t wish_at_ms; /* the wish that its start used up; MS_NEVER = none */
  ms_work work;       /* as it was when it was claimed */
  ms_worker_name *worker;
  bool host;
  bool noted; /* progress of this run stands in the store */
  bool interrupted;
  bool fresh;            /* the copy in work is what the store holds */
  bool meets;            /* its constraints count as met */
  bool timed;            /* it has a timeout */
  bool stops;            /* it was stopped, or will be when the turn is committed */
  int64_t stopped_at_ms; /* MS_NEVER = not stopped */
  int64_t start;         /* its number among those of a rated queue; 0 = none */
  int64_t start_at_ms;   /* from when that counts */
  ms_text constraints;
} ms_flight;

ms_flight *ms_flight_of(ms_run *run);
/* For a work that is claimed in this turn, with copies of whatever its run needs. */
ms_status ms_flight_new(struct ms_engine *engine, const ms_work *work, const ms_lane *lane,
                        ms_worker_name *worker, ms_flight **flight);
void ms_flight_free(ms_run *run);
/* Does its work stand in the claim it was given? Who was taken for dead may have lost it. */
bool ms_flight_holds(const struct ms_engine *engine, const ms_flight *flight);
/* A worker that has returned before a stop reaches it wins. */
bool ms_flight_returned(struct ms_engine *engine, const ms_flight *flight);
/* The run is told the reason when the turn is committed. */
ms_status ms_flight_stop(struct ms_engine *engine, ms_flight *flight, const char *reason);
/* Takes a run back that nobody has begun; false if somebody has. */
bool ms_flight_take_unbegun(struct ms_engine *engine, ms_flight *flight);

#endif
