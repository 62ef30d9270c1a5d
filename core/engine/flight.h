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
 * Only loading can fail, with its detail in the store's err. */
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

/* What the engine knows of a run beside the run itself. */
typedef struct ms_flight {
  ms_run run;
  ms_arena arena;
  ms_work work; /* as it was when it was claimed */
  ms_lane lane; /* texts in the arena */
  ms_worker_name *worker;
  bool host;
  bool fresh; /* the copy in work is what the store holds */
  bool meets; /* its constraints count as met */
  bool noted; /* progress of this run stands in the store */
  int64_t claimed_at_ms;
  int64_t wish_at_ms;    /* the wish that its start used up; MS_NEVER = none */
  int64_t start;         /* its number among those of a rated queue; 0 = none */
  int64_t start_at_ms;   /* from when that counts */
  int64_t stopped_at_ms; /* MS_NEVER = not stopped */
  char reason[MS_REASON_BYTES];
  bool interrupted;
  bool returned; /* guarded by the engine's mutex: its result is in the inbox */
  int64_t ended_at_ms;
  ms_buf progress;   /* guarded by the engine's mutex */
  bool has_progress; /* guarded by the engine's mutex */
  int64_t progress_at_ms;
} ms_flight;

ms_flight *ms_flight_of(ms_run *run);
/* Fills in the run of a work that is claimed, with copies of whatever it needs. */
ms_status ms_flight_load(struct ms_engine *engine, ms_flight *flight, const ms_work *work,
                         const ms_lane *lane, ms_worker_name *worker);
void ms_flight_free(ms_run *run);
/* Does its work stand in the claim it was given? Who was taken for dead may have lost it. */
bool ms_flight_holds(const struct ms_engine *engine, const ms_flight *flight);
/* A worker that has returned before a stop reaches it wins. */
bool ms_flight_returned(struct ms_engine *engine, const ms_flight *flight);
/* Takes a run back that nobody has begun; false if somebody has. */
bool ms_flight_take_unbegun(struct ms_engine *engine, ms_flight *flight);

#endif
