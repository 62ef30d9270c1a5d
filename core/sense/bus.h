/* What the system's services know, asked over D-Bus: whether the network costs money or roams
 * (NetworkManager, ModemManager), whether power comes from the battery (UPower), and whether
 * somebody sits at the machine (logind). It goes on listening, so that the values are those of now.
 *
 * An ms_bus belongs to whoever opened it; the values belong to the ms_bus and stand until it is
 * closed. It asks only: no service is started, and nothing is changed.
 *
 * Everything happens on the loop's thread, in callbacks of the loop, and nothing waits for an
 * answer: a bus or a service that does not answer leaves its values unknown.
 *
 * A missing library or bus is NOTFOUND. A service that is not there is no failure. What goes wrong
 * later (the bus ends, a service refuses or stays silent) is told in the values, which are unknown
 * until the next try a minute later. */
#ifndef MS_SENSE_BUS_H
#define MS_SENSE_BUS_H

#include "base/status.h"
#include "model/constraint.h"

#include <uv.h>

#define MS_BUS_RETRY_MS 60000

typedef struct ms_bus ms_bus;

typedef struct ms_bus_values {
  bool waits;       /* some service has never answered: more will be known soon */
  ms_truth metered; /* of the connection that leads to the Internet */
  ms_truth roaming; /* the same; a connection without a modem does not roam */
  bool has_power;   /* UPower is there */
  ms_truth on_battery;
  double battery_percent; /* of all batteries together; below 0 = unknown */
  ms_truth battery_present;
  bool has_idle; /* some session reports what its user does */
  /* TRUE: no user has touched anything since idle_since_ms. A session with a desktop is idle when
   * the desktop says so; one with a terminal has been idle since its last input, so its since_ms
   * moves without a signal: whoever relies on it asks again. FALSE: a user is active, or a program
   * asks that the machine does not count as idle. */
  ms_truth session_idle;
  int64_t idle_since_ms; /* by the steady clock */
  char trouble[160];     /* empty = none */
} ms_bus_values;

/* Connects to the system bus (DBUS_SYSTEM_BUS_ADDRESS, or its usual place) and asks all services.
 * changed is called whenever the values have changed. */
ms_status ms_bus_open(uv_loop_t *loop, void (*changed)(void *context), void *context, ms_bus **bus,
                      ms_err *err);
const ms_bus_values *ms_bus_values_of(const ms_bus *bus);
/* Asks all services again, and connects again if the bus is lost; values change as the answers
 * come. */
void ms_bus_ask(ms_bus *bus);
/* changed is not called any more. The loop must run once more to release the memory. NULL is
 * fine. */
void ms_bus_close(ms_bus *bus);

/* Test only: the time until the next try, instead of MS_BUS_RETRY_MS. */
void ms_bus_retry_after(ms_bus *bus, int64_t ms);

#endif
