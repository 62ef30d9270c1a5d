/* Sources: from where works are enqueued, each stored once for all the works that come from there.
 *
 * The store owns what it remembers of them. Rows of ms_source are never deleted, so a number stays
 * true; there are at most MS_SOURCES_MOST, since a program may make up names for what it loads.
 *
 * The thread that holds the store calls, inside a write transaction.
 *
 * Failures leave their detail in ms_store_err. */
#ifndef MS_STORE_SOURCE_H
#define MS_STORE_SOURCE_H

#include "base/buf.h"
#include "base/status.h"
#include "base/text.h"

struct ms_store;

#define MS_SOURCES_MOST 4096
/* So many are remembered that have enqueued last. */
#define MS_SOURCES_RECENT 8

typedef struct ms_source {
  ms_buf text;
  int64_t id;   /* 0 = not asked for yet, or refused */
  bool refused; /* the table is full */
} ms_source;

typedef struct ms_sources {
  ms_source recent[MS_SOURCES_RECENT];
  size_t next; /* the one that gives way to the next new one */
} ms_sources;

/* The number of a source that enqueues again; 0 for a new one, whose work keeps the text itself. */
ms_status ms_source_find(struct ms_store *store, ms_text text, int64_t *id);

/* For the store: what was rolled back may stand in memory. */
void ms_sources_forget(ms_sources *sources);
void ms_sources_deinit(ms_sources *sources);

#endif
