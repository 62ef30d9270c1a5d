/* What feeds the machine and how full its batteries are, and what that means for two conditions.
 *
 * An ms_power is a plain value that the caller owns.
 *
 * Any thread may judge.
 *
 * Nothing fails: what is unknown makes the condition unknown. That there is no battery is an
 * answer. */
#ifndef MS_SENSE_POWER_H
#define MS_SENSE_POWER_H

#include "model/constraint.h"

/* The battery is low from here on, down, and no longer low only above the second mark. */
#define MS_BATTERY_LOW_PERCENT 15
#define MS_BATTERY_BACK_PERCENT 20

typedef struct ms_power {
  ms_truth battery; /* is there one? */
  ms_truth fed;     /* by something else than a battery */
  double percent;   /* of all batteries together; below 0 = unknown */
  char trouble[160];
} ms_power;

ms_truth ms_power_charging(const ms_power *power);
/* *low is kept by the caller from one judgement to the next. */
ms_truth ms_power_not_low(const ms_power *power, bool *low);

#endif
