/* Claims: which works run, where, and which runs are only waited for.
 *
 * A claim is one packed row per batch: the owner's number and the ids of its running works. A
 * negative id is a void run: its work has been cancelled or moved on, its result will not count,
 * but it has not ended yet, so the work may not start again. An id stands in one claim at most.
 * The store owns all claims; pointers stay valid until the next call that changes them.
 *
 * Only what another process has written since is read again, and the ids of others' claims only
 * when somebody asks, unless there are void runs among them.
 *
 * The thread that holds the store calls.
 *
 * Failures leave their detail in ms_store_err. Changes reach the store with ms_claims_write. */
#ifndef MS_STORE_CLAIM_H
#define MS_STORE_CLAIM_H

#include "base/buf.h"
#include "base/ids.h"
#include "base/map.h"
#include "base/status.h"

struct ms_store;

typedef struct ms_claim {
  int64_t batch;
  int64_t owner;
  int64_t at_ms;
  int64_t version; /* how often its row was written */
  int64_t voids;   /* how many void runs stand in the row */
  int64_t *ids;
  size_t count;
  ms_ids moved; /* id and lane in turn: runs of works that stand in another lane by now */
  bool dirty;
  bool unread;  /* the ids: nobody has asked for them */
  bool altered; /* somebody has written what whoever runs it knows */
  bool met;     /* while the rows are looked through */
} ms_claim;

typedef struct ms_claims {
  ms_claim **items;
  size_t count;
  size_t capacity;
  ms_map by_id;
  ms_buf text;
  bool unread;  /* some are */
  bool altered; /* since somebody asked, what was known here was written by another process */
  bool stale;   /* rolled back: nothing here is relied on */
} ms_claims;

/* A claim of a new batch; the ids are copied. */
ms_status ms_claims_add(struct ms_store *store, int64_t owner, int64_t at_ms, const int64_t *ids,
                        size_t count, int64_t *batch);
/* Reads the ids of the claims of other processes. */
ms_status ms_claims_read(struct ms_store *store);
/* The claim in which the work stands, or NULL. *live is false for a void run. Finds this process's
 * claims and void runs of all; others' live runs after ms_claims_read. */
const ms_claim *ms_claims_find(const struct ms_store *store, int64_t id, bool *live);
/* The run's result no longer counts. The work must stand in a claim. */
void ms_claims_void(struct ms_store *store, int64_t id);
/* Rows of a work that may run have changed: whoever runs it reads them again. */
void ms_claims_touch(struct ms_store *store, int64_t id);
/* The lane in which the run began, if its work stands in another one by now; else 0. */
int64_t ms_claims_lane(const ms_claim *claim, int64_t id);
/* The work, which stands in a claim or in none, is about to leave that lane: its run does not. */
ms_status ms_claims_keep_lane(struct ms_store *store, int64_t id, int64_t lane);
/* The run has ended: the work leaves its claim. */
void ms_claims_end(struct ms_store *store, int64_t id);
const ms_claims *ms_claims_all(const struct ms_store *store);
/* Writes what has changed; before each commit. */
ms_status ms_claims_write(struct ms_store *store);

/* Whether another process has changed or taken claims that were known here. Asked once. */
bool ms_claims_take_altered(struct ms_store *store);

/* For the store. */
ms_status ms_claims_load(struct ms_store *store);
void ms_claims_deinit(ms_claims *claims);

/* "[1,-2,3]" both ways. */
bool ms_ids_format(ms_buf *buf, const int64_t *ids, size_t count);
/* The ids are the caller's to free; MS_CORRUPT when the text is not such a list. */
ms_status ms_ids_parse(ms_text text, int64_t **ids, size_t *count);

#endif
