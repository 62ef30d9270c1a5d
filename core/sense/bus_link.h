/* One connection to the system bus, driven by the loop. Private to the bus's files.
 *
 * A link belongs to whoever opened it and calls back until it is closed. It may be closed from its
 * own callbacks.
 *
 * Only the loop's thread may call.
 *
 * A link that cannot be opened says why. One that breaks says so once, and is then to be closed. */
#ifndef MS_SENSE_BUS_LINK_H
#define MS_SENSE_BUS_LINK_H

#include "sense/sdbus.h"

#include <uv.h>

typedef struct ms_bus_link ms_bus_link;

typedef struct ms_bus_watcher {
  void (*served)(void *context);                  /* messages have come and were handled */
  void (*broken)(void *context, const char *why); /* the bus has ended, or never answered */
  void *context;
} ms_bus_watcher;

/* The connection is being made when this returns; what is asked meanwhile waits for it. */
ms_status ms_bus_link_open(uv_loop_t *loop, const ms_sdbus *sd, ms_bus_watcher watcher,
                           ms_bus_link **link, ms_err *err);
/* NULL is fine. */
void ms_bus_link_close(ms_bus_link *link);

typedef struct ms_bus_method {
  const char *service;
  const char *path;
  const char *interface;
  const char *member;
  const char *text; /* its argument; NULL = none */
} ms_bus_method;

/* Calls the method without starting its service, and answered with what comes back, unless *slot is
 * released before. Negative on failure. */
int ms_bus_link_call(ms_bus_link *link, const ms_bus_method *method, ms_sdbus_handler *answered,
                     void *context, struct sd_bus_slot **slot);
/* Calls matched for each such signal while the link is open. Negative on failure. */
int ms_bus_link_match(ms_bus_link *link, const char *rule, ms_sdbus_handler *matched,
                      void *context);

#endif
