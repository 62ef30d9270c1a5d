/* The services that are asked: what of whom, when again, and what has come of it. Private to the
 * bus's files.
 *
 * A ms_bus_services belongs to the bus, one for each connection; it holds calls of the link, so it
 * ends before the link is closed.
 *
 * Only the loop's thread may call.
 *
 * A service that is not there leaves its answer unknown, silently. One that refuses, stays silent
 * or answers in another shape does so with a trouble that names it. */
#ifndef MS_SENSE_BUS_SERVICES_H
#define MS_SENSE_BUS_SERVICES_H

#include "sense/bus_answers.h"
#include "sense/bus_link.h"

typedef struct ms_bus_services ms_bus_services;

/* Listens to all services and asks them. */
ms_status ms_bus_services_begin(const ms_sdbus *sd, ms_bus_link *link, ms_bus_services **services,
                                ms_err *err);
/* Asks them again, as soon as they have answered what they were asked before. */
void ms_bus_services_ask(ms_bus_services *services);
/* What is known now; values->trouble is empty when all is well. */
void ms_bus_services_judge(const ms_bus_services *services, ms_bus_values *values);
/* NULL is fine. */
void ms_bus_services_end(ms_bus_services *services);

#endif
