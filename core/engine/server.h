/* The peers of a store on a server: what peers.h asks, answered by the server.
 *
 * An ms_server belongs to its ms_peers. It has a connection of its own that listens, and a
 * descriptor that is readable when somebody was heard, when it is time to look who lives, or when a
 * connection that was lost may be tried again.
 *
 * The functions belong to whoever holds the engine, but for ms_server_drain, which belongs to the
 * thread that polls the descriptor.
 *
 * Only opening can fail. While the server is away nothing is heard, and everybody counts as
 * alive. */
#ifndef MS_ENGINE_SERVER_H
#define MS_ENGINE_SERVER_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct ms_store;
typedef struct ms_server ms_server;

ms_status ms_server_open(const char *url, struct ms_store *store, ms_server **server, ms_err *err);
void ms_server_close(ms_server *server);
/* The process keeps its number until it ends. */
void ms_server_outlive(ms_server *server);
int ms_server_fd(const ms_server *server);

ms_status ms_server_join(ms_server *server, int64_t owner);
bool ms_server_renewed(const ms_server *server);
void ms_server_settled(ms_server *server);
bool ms_server_alive(const ms_server *server, int64_t owner);
void ms_server_nudge(ms_server *server);
/* A server says nothing when a process dies, so as long as anybody runs anything it is asked. */
void ms_server_watch(ms_server *server, bool busy);
/* True if there is a reason to look at the store. */
bool ms_server_drain(ms_server *server);

#endif
