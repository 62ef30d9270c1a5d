/* A connection to a server that only listens: to what other processes notify.
 *
 * A listener belongs to whoever opened it.
 *
 * The thread that polls its descriptor calls.
 *
 * Opening fails as ms_dial does. A listener that has lost its connection says so and hears nothing
 * any more. */
#ifndef MS_STORE_LISTENER_H
#define MS_STORE_LISTENER_H

#include "base/status.h"

#include <stdbool.h>

typedef struct ms_listener ms_listener;

ms_status ms_listener_open(const char *url, ms_listener **listener, ms_err *err);
void ms_listener_close(ms_listener *listener);
/* Readable when there may be something to hear. */
int ms_listener_fd(const ms_listener *listener);
/* Takes in what has come. *heard: somebody other than the connection of that number has notified.
 * False when the connection is lost. */
bool ms_listener_drain(ms_listener *listener, int own, bool *heard);

#endif
