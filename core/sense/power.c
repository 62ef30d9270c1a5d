#include "sense/power.h"

ms_truth ms_power_charging(const ms_power *power) {
  return power->battery == MS_FALSE ? MS_TRUE : power->fed;
}

ms_truth ms_power_not_low(const ms_power *power, bool *low) {
  if (power->battery == MS_FALSE) return MS_TRUE;
  if (power->battery == MS_UNKNOWN || power->percent < 0) return MS_UNKNOWN;
  *low = power->percent <= (*low ? MS_BATTERY_BACK_PERCENT : MS_BATTERY_LOW_PERCENT);
  return *low ? MS_FALSE : MS_TRUE;
}
