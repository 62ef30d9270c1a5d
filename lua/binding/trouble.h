/* Trouble on its way from any thread to the host, who hears of it through on_error.
 *
 * The manager's handle owns the queue, which outlives the manager, and the queue the trouble.
 *
 * Any thread posts; the rest belongs to the host's thread.
 *
 * Nothing gets lost: what cannot be queued is written to stderr. */
#ifndef MS_BINDING_TROUBLE_H
#define MS_BINDING_TROUBLE_H

#include "moonshift.h"

typedef struct ms_troubles ms_troubles;

/* queues: the host takes trouble from here; else all of it is written to stderr at once. NULL when
 * memory is out. */
ms_troubles *ms_troubles_new(bool queues);
/* Writes what nobody took to stderr. NULL is fine. */
void ms_troubles_free(ms_troubles *troubles);
/* The manager that is woken when trouble waits; NULL = none. */
void ms_troubles_attach(ms_troubles *troubles, ms_manager *manager);
/* Any thread; a callback for ms_options.on_trouble. */
void ms_troubles_post(void *troubles, const ms_trouble *trouble);
/* The trouble posted first, which stays there until it is dropped; or NULL. */
const ms_trouble *ms_troubles_first(ms_troubles *troubles);
void ms_troubles_drop(ms_troubles *troubles);
/* One line on stderr, and more if the message has more. */
void ms_trouble_write(const ms_trouble *trouble);

#endif
