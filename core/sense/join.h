/* What the kernel says and what the system's services say, put together.
 *
 * All of it is plain values that the caller owns; bus is NULL where no service is asked.
 *
 * Any thread; time is an argument.
 *
 * Nothing fails: what a service does not know is left to the kernel, and its trouble stands in the
 * reading unless that has one of its own. */
#ifndef MS_SENSE_JOIN_H
#define MS_SENSE_JOIN_H

#include "sense/bus.h"
#include "sense/power.h"
#include "sense/reading.h"

/* Nobody has touched the machine for so long where a session reports it. */
#define MS_JOIN_STILL_MS (5 * 60 * 1000)

/* Says what a connection costs. metered is what it counts as where nothing tells, once all services
 * have answered. */
void ms_join_network(const ms_bus_values *bus, ms_truth metered, ms_reading *reading);
/* Fills power as the bus knows it; false if it does not. */
bool ms_join_power(const ms_bus_values *bus, ms_power *power);
/* A machine that somebody uses is not idle, whatever its load. Until it is known whether somebody
 * does, neither is the value. */
void ms_join_idle(const ms_bus_values *bus, int64_t now_ms, ms_reading *reading);
/* What is wrong with the bus, for a reading that falls back. */
void ms_join_trouble(const ms_bus_values *bus, ms_reading *reading);

#endif
