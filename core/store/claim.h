/* Claims: which works run, where, and which runs are only waited for.
 *
 * A claim is one packed row per batch: the owner's number and the ids of its running works. A
 * negative id is a void run: its work has been cancelled or moved on, its result will not count,
 * but it has not ended yet, so the work may not start again. An id stands in one claim at most.
 * The store owns all claims; pointers stay valid until the next call that changes them.
 *
 * The thread that holds the store calls.
 *
 * Failures leave their detail in ms_store_err. Changes reach the store with ms_claims_write. */
#ifndef MS_STORE_CLAIM_H
#define MS_STORE_CLAIM_H

#include "base/buf.h"
#include "base/map.h"
#include "base/status.h"

struct ms_store;

typedef struct ms_claim {
  int64_t batch;
  int64_t owner;
  int64_t at_ms;
  int64_t *ids;
  size_t count;
  bool dirty;
} ms_claim;

typedef struct ms_claims {
  ms_claim **items;
  size_t count;
  size_t capacity;
  ms_map by_id;
  ms_buf text;
  bool stale;
} ms_claims;

/* A claim of a new batch; the ids are copied. */
ms_status ms_claims_add(struct ms_store *store, int64_t owner, int64_t at_ms, const int64_t *ids,
                        size_t count, int64_t *batch);
/* The claim in which the work stands, or NULL. *live is false for a void run. */
const ms_claim *ms_claims_find(const struct ms_store *store, int64_t id, bool *live);
/* The run's result no longer counts. The work must stand in a claim. */
void ms_claims_void(struct ms_store *store, int64_t id);
/* The run has ended: the work leaves its claim. */
void ms_claims_end(struct ms_store *store, int64_t id);
const ms_claims *ms_claims_all(const struct ms_store *store);
/* Writes what has changed; before each commit. */
ms_status ms_claims_write(struct ms_store *store);

/* For the store. */
ms_status ms_claims_load(struct ms_store *store);
void ms_claims_deinit(ms_claims *claims);

/* "[1,-2,3]" both ways. */
bool ms_ids_format(ms_buf *buf, const int64_t *ids, size_t count);
/* The ids are the caller's to free; MS_CORRUPT when the text is not such a list. */
ms_status ms_ids_parse(ms_text text, int64_t **ids, size_t *count);

#endif
