/* Gates: whether works of a lane may start now, apart from time and prerequisites.
 *
 * ms_gates is what they are judged by at one moment: it lives on the stack of whoever judges, and
 * in an arena of theirs.
 *
 * Whoever turns calls, inside a transaction.
 *
 * Failures leave their detail in the store's err. */
#ifndef MS_ENGINE_GATE_H
#define MS_ENGINE_GATE_H

#include "base/arena.h"
#include "engine/flight.h"
#include "model/constraint.h"

struct ms_engine;
struct ms_queue;
struct ms_starts;

/* What gates are judged by at one moment. */
typedef struct ms_gates {
  struct ms_engine *engine;
  ms_arena *arena;
  int64_t *running;         /* works of each queue that has settings; NULL = not counted yet */
  struct ms_starts *starts; /* of each of them, as far as somebody asked */
  ms_text judged;           /* the constraints that were judged last, and whether they hold */
  bool hold;
} ms_gates;

typedef struct ms_gate {
  const struct ms_queue *queue; /* NULL = no settings */
  bool paused;
  bool full;
  bool rated;
  int64_t clears_at_ms;
  int64_t room;
} ms_gate;

ms_status ms_schedule_gate(ms_gates *gates, const ms_lane *lane, ms_gate *gate);
ms_status ms_schedule_starts(ms_gates *gates, const struct ms_queue *queue,
                             struct ms_starts **starts);
/* A rate that this turn has used up says when it has room again. */
ms_status ms_schedule_look_at_rates(ms_gates *gates);
/* Where works of the lane run; never NULL. */
ms_worker_name *ms_schedule_place(struct ms_engine *engine, const ms_lane *lane);
/* Whether the lane's constraints hold. Those that do not parse never do. */
ms_status ms_schedule_judge(ms_gates *gates, ms_lane *lane, bool *hold);
/* A lane's constraints, of which none are an empty text. */
ms_status ms_lane_constraints(struct ms_engine *engine, ms_text text, ms_arena *arena,
                              ms_constraints *constraints);

#endif
