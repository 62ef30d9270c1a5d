/* What a server knows of the processes that share a store on it: who lives, what time it is.
 *
 * Nothing is owned here: the session is the store's connection. Each process holds a lock under its
 * number for as long as its connection stands, and gets it back when the connection is made anew.
 *
 * The thread that holds the store calls, only for a store on a server; inside a transaction where
 * nothing else is said.
 *
 * Failures leave their detail in ms_store_err. */
#ifndef MS_STORE_SESSION_H
#define MS_STORE_SESSION_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct ms_store;

/* From now on the others see that this process lives under that number. */
ms_status ms_session_join(struct ms_store *store, int64_t owner);
/* Does a process hold the lock of that number? Just after its start the server cannot know. */
ms_status ms_session_alive(struct ms_store *store, int64_t owner, bool *alive);
/* The lock stays until the process ends, whatever becomes of the store. Anytime. */
void ms_session_outlive(struct ms_store *store);
/* Wakes the others who listen, if the last transaction has changed anything. Outside a transaction;
 * nothing tells whether it fails. */
void ms_session_notify(struct ms_store *store);

/* The connection was lost and made anew since the process joined, and nobody has said settled. */
bool ms_session_renewed(const struct ms_store *store);
void ms_session_settled(struct ms_store *store);

/* From the steady clock here to the server's wall clock, as well as the network lets it be known.
 * Anytime. */
int64_t ms_session_clock_ms(const struct ms_store *store);
/* The server's name for this connection, which its notifications carry. Anytime. */
int ms_session_number(const struct ms_store *store);

#endif
