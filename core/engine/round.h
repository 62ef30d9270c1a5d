/* A round: works of many lanes compete for the room that there is. Those that come first by rank,
 * time and id are picked, by what is known of where they wait; then all of them are read together,
 * and those that may start do.
 *
 * A round lives on the stack of whoever claims. The flights of its picks are its own until they are
 * launched, and then the turn's.
 *
 * Whoever turns calls, inside a transaction.
 *
 * Failures leave their detail in the store's err, and fail the turn. */
#ifndef MS_ENGINE_ROUND_H
#define MS_ENGINE_ROUND_H

#include "base/heap.h"
#include "base/ids.h"
#include "engine/gate.h"
#include "store/waiting.h"

/* A lane with work that is due, and what is claimed of it; or works of a lane that are offered, and
 * wait nowhere. */
typedef struct ms_candidate {
  int rank;     /* its priority, expedited ones above all others */
  ms_spot head; /* what comes next */
  ms_lane *lane;
  struct ms_candidate *next; /* in the order of the lanes */
  ms_work *offered;          /* NULL = works that wait */
  size_t offered_at;
  size_t offered_count;
  ms_worker_name *worker;
  bool holds;                   /* its constraints */
  int64_t room;                 /* of its queue when the round began */
  const struct ms_queue *queue; /* NULL = no settings */
  ms_spot first_taken;          /* works in a row that have started, but still wait in the store */
  ms_spot last_taken;
  int64_t taken;
} ms_candidate;

typedef struct ms_pick {
  ms_candidate *from;
  ms_waiting waiting;
  ms_work *offered;  /* NULL = it waits */
  ms_flight *flight; /* NULL = it may not start, or has started */
  bool ahead;        /* no thread is free for it */
} ms_pick;

typedef struct ms_round {
  struct ms_engine *engine;
  ms_arena arena;
  ms_candidate *first; /* of all of them, in the order of the lanes, as they stand in the store */
  ms_candidate *last;
  size_t count;
  ms_heap heap;   /* those that may give more, by what comes next */
  size_t most;    /* places that are read at once in a lane */
  ms_pick *picks; /* in their order */
  size_t pick_count;
  size_t pick_capacity;
  ms_ids ids; /* of all that have started */
  ms_gates gates;
  int64_t room[3];  /* by ms_place */
  int64_t free;     /* threads that have nothing to do */
  bool others_want; /* places in queues go to those who can use them at once */
  int64_t *started; /* in this round, for each queue that has settings */
  int slow;         /* picks that may take long */
  bool looked;      /* at what the threads run */
  bool blocked;     /* each of them what takes long */
  bool held_up;     /* what comes next waits until a thread is free, and with it all behind it */
} ms_round;

void ms_round_init(ms_round *round, struct ms_engine *engine);
void ms_round_deinit(ms_round *round);
/* Finds who competes, once the rooms are known. */
ms_status ms_round_gather(ms_round *round);
/* Picks as many as there is room for. */
ms_status ms_round_pick(ms_round *round);
/* One that may not start after all leaves its room to others. */
void ms_round_refuse(ms_round *round, const ms_pick *pick);
bool ms_round_has_room(const ms_round *round, ms_place place);

/* ---- start.c: from picks to runs ---- */

/* *refused: some may not start, so others have room. */
ms_status ms_round_start(ms_round *round, bool *refused);
/* What has started leaves its lanes. */
ms_status ms_round_end(ms_round *round);

#endif
