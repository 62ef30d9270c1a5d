/* logind's sessions, asked one by one: the whole machine's own hint counts sessions that cannot
 * report, such as those of programs in the background. Private to the bus's files.
 *
 * A value that its owner begins and ends; it holds calls of the link.
 *
 * Only the loop's thread may call.
 *
 * A session that does not answer is left out: it may have ended. */
#ifndef MS_SENSE_BUS_SESSIONS_H
#define MS_SENSE_BUS_SESSIONS_H

#include "sense/bus_answers.h"
#include "sense/bus_link.h"

typedef struct ms_bus_session ms_bus_session;

typedef struct ms_bus_sessions {
  const ms_sdbus *sd;
  ms_bus_link *link;
  void (*answered)(void *context, const ms_bus_answers *answers);
  void *context;
  ms_bus_session *first;  /* of this round */
  size_t open;            /* sessions that have not answered, and one for the list */
  ms_bus_answers answers; /* of those that have */
} ms_bus_sessions;

void ms_bus_sessions_init(ms_bus_sessions *sessions, const ms_sdbus *sd, ms_bus_link *link,
                          void (*answered)(void *context, const ms_bus_answers *answers),
                          void *context);
/* Asks every session of the list that message is; answered is then called once, perhaps before this
 * returns. Negative on failure: answered is not called. One round at a time. */
int ms_bus_sessions_ask(ms_bus_sessions *sessions, struct sd_bus_message *message);
/* Takes back what is under way. */
void ms_bus_sessions_deinit(ms_bus_sessions *sessions);

#endif
