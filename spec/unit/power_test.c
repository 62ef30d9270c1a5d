#include "sense/power.h"

#include "unit.h"

static ms_truth not_low(double percent, bool *low) {
  ms_power power = {.battery = MS_TRUE, .percent = percent};
  return ms_power_not_low(&power, low);
}

static void a_battery_is_low_from_15_percent_and_back_above_20(void) {
  static const struct {
    double percent;
    ms_truth not_low;
  } steps[] = {{16, MS_TRUE},   {15.5, MS_TRUE}, {15, MS_FALSE}, {16, MS_FALSE}, {20, MS_FALSE},
               {20.5, MS_TRUE}, {16, MS_TRUE},   {3, MS_FALSE},  {100, MS_TRUE}};
  bool low = false;
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    UNIT_INT(steps[i].not_low, not_low(steps[i].percent, &low));
  }
}

static void a_level_that_is_unknown_says_nothing_and_forgets_nothing(void) {
  bool low = false;
  UNIT_INT(MS_FALSE, not_low(10, &low));
  UNIT_INT(MS_UNKNOWN, not_low(-1, &low));
  UNIT_INT(MS_FALSE, not_low(18, &low));
}

static void without_a_battery_both_conditions_hold(void) {
  bool low = true;
  ms_power power = {.battery = MS_FALSE, .fed = MS_UNKNOWN, .percent = -1};
  UNIT_INT(MS_TRUE, ms_power_charging(&power));
  UNIT_INT(MS_TRUE, ms_power_not_low(&power, &low));
}

static void what_feeds_the_machine_charges_it(void) {
  for (int fed = MS_UNKNOWN; fed <= MS_TRUE; fed++) {
    ms_power power = {.battery = MS_TRUE, .fed = (ms_truth)fed, .percent = 50};
    UNIT_INT(fed, ms_power_charging(&power));
  }
}

static void an_unknown_machine_is_unknown(void) {
  bool low = false;
  ms_power power = {.percent = -1};
  UNIT_INT(MS_UNKNOWN, ms_power_charging(&power));
  UNIT_INT(MS_UNKNOWN, ms_power_not_low(&power, &low));
}

int main(void) {
  UNIT_RUN(a_battery_is_low_from_15_percent_and_back_above_20);
  UNIT_RUN(a_level_that_is_unknown_says_nothing_and_forgets_nothing);
  UNIT_RUN(without_a_battery_both_conditions_hold);
  UNIT_RUN(what_feeds_the_machine_charges_it);
  UNIT_RUN(an_unknown_machine_is_unknown);
  return unit_end();
}
