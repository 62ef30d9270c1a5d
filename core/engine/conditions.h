/* What is known of the world, and the way between the sensors and the turns.
 *
 * All of it belongs to the engine: what the application says, what sensors said last, the sensors.
 *
 * Whoever turns judges by it. The sensors are the engine's thread's; what crosses between them and
 * the turns is guarded by the engine's mutex.
 *
 * A condition of which nothing is known does not hold. Opening and starting the sensors can fail,
 * with the detail in err. */
#ifndef MS_ENGINE_CONDITIONS_H
#define MS_ENGINE_CONDITIONS_H

#include "base/list.h"
#include "model/constraint.h"
#include "sense/sensors.h"

struct ms_engine;

typedef struct ms_custom {
  ms_link link;
  ms_text name;
  ms_truth value;
  int64_t since_ms;
} ms_custom;

/* What is known of a condition that sensors tell. */
typedef struct ms_belief {
  ms_reading reading; /* the sensor's last */
  int set;            /* what the application says instead; 0 = nothing */
  int64_t since_ms;   /* MS_NEVER = nobody has said anything */
} ms_belief;

/* The way between the sensors and the turns. All but the first three is guarded by the mutex. */
typedef struct ms_sensing {
  bool exists;         /* set when the manager opens, and then left alone */
  ms_sensors *sensors; /* the engine's thread's; NULL = none */
  unsigned told;       /* conditions whose trouble was reported */
  unsigned needed;     /* conditions that works wait for or run under */
  unsigned served;     /* what was needed when the sensors were last served */
  unsigned asked;
  int64_t asks; /* questions so far, and how many of them are answered */
  int64_t answers;
  bool posted; /* what follows has changed since a turn took it */
  unsigned unsettled;
  ms_reading readings[MS_SENSED_COUNT];
} ms_sensing;

/* ---- conditions.c: what is known of the world, by whoever turns ---- */

void ms_conditions_init(struct ms_engine *engine);
/* Takes over what the sensors say. */
void ms_conditions_take(struct ms_engine *engine, const ms_reading readings[MS_SENSED_COUNT]);
/* Judge by the present conditions, and note that their sensors are needed. */
bool ms_conditions_hold(struct ms_engine *engine, const ms_constraints *constraints);
bool ms_conditions_unmet(struct ms_engine *engine, const ms_constraints *constraints,
                         size_t *position, ms_unmet *unmet);
/* The conditions by which this turn has judged although their sensors are still at it. */
unsigned ms_conditions_unread(const struct ms_engine *engine);
/* "network is none (rtnetlink, since 2026-01-01T00:00:00Z)", into the text. */
const char *ms_conditions_describe(struct ms_engine *engine, const ms_unmet *unmet, char *text,
                                   size_t size);
void ms_customs_free(struct ms_engine *engine);

/* ---- sensing.c: between the sensors and the turns ---- */

ms_status ms_sensing_open(struct ms_engine *engine, const char *database, ms_err *err);
ms_status ms_sensing_start(struct ms_engine *engine, ms_err *err);
/* With the mutex held: a turn begins; a turn has needed something. */
void ms_sensing_take(struct ms_engine *engine);
void ms_sensing_publish(struct ms_engine *engine);
/* Serves the sensors, on the engine's thread; true if they ask for a turn. */
bool ms_sensing_tend(struct ms_engine *engine);
/* Has the sensors of these conditions look now. Their readings count in the next turn. */
ms_status ms_sensing_ask(struct ms_engine *engine, unsigned set, ms_err *err);

#endif
