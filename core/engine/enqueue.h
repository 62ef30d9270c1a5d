/* A call of enqueue on its way through its turn.
 *
 * The ms_enqueue_call belongs to its caller, who waits; requests, snapshots and the arena for the
 * ids are the caller's as well.
 *
 * Whoever turns calls.
 *
 * What is wrong with the call is found out before anything is written, and told in the call's err;
 * any other failure rolls the turn back. */
#ifndef MS_ENGINE_ENQUEUE_H
#define MS_ENGINE_ENQUEUE_H

#include "engine/engine.h"

/* One call of enqueue: what came in, and what has been found out before anything is written. */
typedef struct ms_enqueue_call {
  ms_call call;
  const ms_request *requests;
  size_t count;
  const ms_unique *unique; /* NULL = no name */
  ms_arena *arena;         /* the caller's, for the ids */
  ms_text *snapshots;      /* of the requests' files; NULL = none has any */
  int64_t at_ms;           /* the moment of the call */
  ms_enqueued out;
  ms_arena scratch;
  size_t *order; /* prerequisites before dependents */
  bool *open;    /* by request: it has become an unfinished work; NULL as long as none is linked */
  ms_ids leaves; /* what roots are appended to */
  ms_text behind;
} ms_enqueue_call;

static inline ms_text ms_enqueue_snapshot(const ms_enqueue_call *args, size_t index) {
  return args->snapshots ? args->snapshots[index] : MS_TEXT_NONE;
}

/* Writes what has been found out, and answers with the ids and that outcome. */
ms_status ms_enqueue_insert(ms_engine *engine, ms_enqueue_call *args, const char *outcome);

#endif
