#include "sense/join.h"

#include <string.h>

/* The value that lets exactly those constraints hold that are known to. */
static ms_network connection_of(ms_truth metered, ms_truth roaming, bool assumed) {
  if (roaming == MS_TRUE) return MS_NETWORK_ROAMING;
  if (metered == MS_FALSE) return MS_NETWORK_UNMETERED;
  bool at_home = assumed || roaming == MS_FALSE;
  if (metered == MS_TRUE && at_home) return MS_NETWORK_METERED;
  return roaming == MS_FALSE ? MS_NETWORK_NOT_ROAMING : MS_NETWORK_CONNECTED;
}

/* Before all services have answered, what is not known may still be denied. */
static bool may_assume(const ms_bus_values *bus) {
  return !bus || !bus->waits;
}

void ms_join_network(const ms_bus_values *bus, ms_truth metered, ms_reading *reading) {
  ms_truth told = bus ? bus->metered : MS_UNKNOWN, roaming = bus ? bus->roaming : MS_UNKNOWN;
  ms_join_trouble(bus, reading);
  if (reading->value != MS_NETWORK_CONNECTED) return;
  bool assumed = told == MS_UNKNOWN;
  if (assumed && !may_assume(bus)) return;
  reading->value = (int)connection_of(assumed ? metered : told, roaming, assumed);
  if (!assumed || roaming != MS_UNKNOWN) reading->source = "NetworkManager";
}

bool ms_join_power(const ms_bus_values *bus, ms_power *power) {
  if (!bus || !bus->has_power || bus->battery_present == MS_UNKNOWN) return false;
  *power = (ms_power){
      .battery = bus->battery_present,
      .fed = bus->on_battery == MS_FALSE  ? MS_TRUE
             : bus->on_battery == MS_TRUE ? MS_FALSE
                                          : MS_UNKNOWN,
      .percent = bus->battery_percent,
  };
  return true;
}

void ms_join_idle(const ms_bus_values *bus, int64_t now_ms, ms_reading *reading) {
  ms_join_trouble(bus, reading);
  if (!may_assume(bus) && reading->value == (int)MS_TRUE) reading->value = MS_UNKNOWN;
  if (!bus || !bus->has_idle || bus->session_idle == MS_UNKNOWN) return;
  bool still = bus->session_idle == MS_TRUE && now_ms - bus->idle_since_ms >= MS_JOIN_STILL_MS;
  if (still) return;
  reading->value = MS_FALSE;
  reading->source = "logind";
}

void ms_join_trouble(const ms_bus_values *bus, ms_reading *reading) {
  if (!bus || reading->trouble[0]) return;
  memcpy(reading->trouble, bus->trouble, sizeof reading->trouble);
}
