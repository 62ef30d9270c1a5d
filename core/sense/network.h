/* Whether there is a way out: what the kernel's routing says of an address on the Internet, in
 * IPv4 and IPv6, and whether the link that it would take is up and running. Nothing is sent.
 *
 * The caller owns the reading and the descriptor.
 *
 * Any thread. Looking does not wait. The network namespace is the calling thread's.
 *
 * A system that does not answer is told in the reading's trouble; one without news has no
 * descriptor. */
#ifndef MS_SENSE_NETWORK_H
#define MS_SENSE_NETWORK_H

#include "sense/reading.h"
#include "sense/watch.h"

/* The value is "connected" or "none", or unknown with its trouble. Whether the connection costs
 * money is not the kernel's to know. */
void ms_network_look(ms_reading *reading);
/* A descriptor that is readable when links, addresses, routes or rules have changed; −1 = none. */
int ms_network_news(void);
ms_news ms_network_drain(int fd);

#endif
