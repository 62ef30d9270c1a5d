#include "sense/join.h"

#include "unit.h"

static int network(const ms_bus_values *bus, ms_truth metered, const char **source) {
  ms_reading reading = {.value = MS_NETWORK_CONNECTED, .source = "rtnetlink"};
  ms_join_network(bus, metered, &reading);
  *source = reading.source;
  return reading.value;
}

static void a_connection_is_what_the_bus_says_of_it(void) {
  static const struct {
    ms_truth metered, roaming;
    ms_network value;
  } cases[] = {
      {MS_UNKNOWN, MS_UNKNOWN, MS_NETWORK_CONNECTED},
      {MS_UNKNOWN, MS_FALSE, MS_NETWORK_NOT_ROAMING},
      {MS_UNKNOWN, MS_TRUE, MS_NETWORK_ROAMING},
      {MS_FALSE, MS_UNKNOWN, MS_NETWORK_UNMETERED},
      {MS_FALSE, MS_FALSE, MS_NETWORK_UNMETERED},
      {MS_FALSE, MS_TRUE, MS_NETWORK_ROAMING},
      {MS_TRUE, MS_UNKNOWN, MS_NETWORK_CONNECTED},
      {MS_TRUE, MS_FALSE, MS_NETWORK_METERED},
      {MS_TRUE, MS_TRUE, MS_NETWORK_ROAMING},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ms_bus_values bus = {.metered = cases[i].metered, .roaming = cases[i].roaming};
    const char *source;
    UNIT_INT(cases[i].value, network(&bus, MS_UNKNOWN, &source));
    UNIT_STRING(i == 0 ? "rtnetlink" : "NetworkManager", source);
  }
}

static void what_the_bus_does_not_tell_is_assumed(void) {
  ms_bus_values silent = {0}, clear = {.metered = MS_FALSE, .roaming = MS_FALSE};
  const char *source;
  UNIT_INT(MS_NETWORK_CONNECTED, network(NULL, MS_UNKNOWN, &source));
  UNIT_INT(MS_NETWORK_UNMETERED, network(NULL, MS_FALSE, &source));
  UNIT_INT(MS_NETWORK_METERED, network(&silent, MS_TRUE, &source));
  UNIT_STRING("rtnetlink", source);
  UNIT_INT(MS_NETWORK_UNMETERED, network(&clear, MS_TRUE, &source));
}

static void without_a_connection_the_bus_has_nothing_to_say(void) {
  ms_bus_values bus = {.metered = MS_FALSE, .roaming = MS_FALSE};
  ms_reading reading = {.value = MS_NETWORK_NONE, .source = "rtnetlink"};
  ms_join_network(&bus, MS_FALSE, &reading);
  UNIT_INT(MS_NETWORK_NONE, reading.value);
  UNIT_STRING("rtnetlink", reading.source);
}

static void power_comes_from_the_bus_that_knows_of_it(void) {
  ms_power power;
  ms_bus_values bus = {.has_power = true, .on_battery = MS_TRUE, .battery_percent = 40};
  UNIT_CHECK(!ms_join_power(NULL, &power));
  UNIT_CHECK(!ms_join_power(&bus, &power));
  bus.battery_present = MS_TRUE;
  UNIT_CHECK(ms_join_power(&bus, &power));
  UNIT_INT(MS_FALSE, ms_power_charging(&power));
  UNIT_INT(40, (int64_t)power.percent);
  bus.on_battery = MS_FALSE;
  ms_join_power(&bus, &power);
  UNIT_INT(MS_TRUE, ms_power_charging(&power));
}

static int idle(const ms_bus_values *bus, ms_truth by_load, int64_t now_ms) {
  ms_reading reading = {.value = (int)by_load, .source = "load"};
  ms_join_idle(bus, now_ms, &reading);
  return reading.value;
}

static void a_machine_in_use_is_not_idle(void) {
  ms_bus_values bus = {.has_idle = true, .session_idle = MS_FALSE};
  UNIT_INT(MS_FALSE, idle(&bus, MS_TRUE, 1000000));
  bus.session_idle = MS_TRUE;
  bus.idle_since_ms = 1000;
  UNIT_INT(MS_FALSE, idle(&bus, MS_TRUE, 1000 + MS_JOIN_STILL_MS - 1));
  UNIT_INT(MS_TRUE, idle(&bus, MS_TRUE, 1000 + MS_JOIN_STILL_MS));
  UNIT_INT(MS_FALSE, idle(&bus, MS_FALSE, 1000 + MS_JOIN_STILL_MS));
  bus.has_idle = false;
  UNIT_INT(MS_TRUE, idle(&bus, MS_TRUE, 1001));
  UNIT_INT(MS_TRUE, idle(NULL, MS_TRUE, 1001));
}

static void nothing_is_assumed_before_the_bus_has_answered(void) {
  ms_bus_values bus = {.waits = true};
  const char *source;
  UNIT_INT(MS_NETWORK_CONNECTED, network(&bus, MS_FALSE, &source));
  UNIT_INT(MS_UNKNOWN, idle(&bus, MS_TRUE, 1000));
  UNIT_INT(MS_FALSE, idle(&bus, MS_FALSE, 1000));
  bus.waits = false;
  UNIT_INT(MS_NETWORK_UNMETERED, network(&bus, MS_FALSE, &source));
  UNIT_INT(MS_TRUE, idle(&bus, MS_TRUE, 1000));
}

static void trouble_of_the_bus_is_told_beside_what_the_kernel_says(void) {
  ms_bus_values bus = {.trouble = "the system bus is lost"};
  ms_reading reading = {.value = MS_TRUE, .source = "load"};
  ms_join_idle(&bus, 0, &reading);
  UNIT_INT(MS_TRUE, reading.value);
  UNIT_STRING("the system bus is lost", reading.trouble);
  ms_reading own = {.source = "load", .trouble = "its own"};
  ms_join_idle(&bus, 0, &own);
  UNIT_STRING("its own", own.trouble);
}

int main(void) {
  UNIT_RUN(a_connection_is_what_the_bus_says_of_it);
  UNIT_RUN(what_the_bus_does_not_tell_is_assumed);
  UNIT_RUN(without_a_connection_the_bus_has_nothing_to_say);
  UNIT_RUN(power_comes_from_the_bus_that_knows_of_it);
  UNIT_RUN(a_machine_in_use_is_not_idle);
  UNIT_RUN(nothing_is_assumed_before_the_bus_has_answered);
  UNIT_RUN(trouble_of_the_bus_is_told_beside_what_the_kernel_says);
  return unit_end();
}
