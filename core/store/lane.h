/* Lanes: everything that decides whether work may start, apart from time and prerequisites.
 *
 * The store owns its lanes; each stands in memory once, beside its row. Pointers stay valid until
 * the end of the transaction in which they were got.
 *
 * The thread that holds the store calls.
 *
 * Failures leave their detail in ms_store_err. */
#ifndef MS_STORE_LANE_H
#define MS_STORE_LANE_H

#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"
#include "base/text.h"

struct ms_store;

/* A spot in the order of a lane's waiting works. */
typedef struct ms_spot {
  int64_t due_at_ms; /* MS_NEVER = behind all */
  int64_t id;
} ms_spot;
/* Nothing that can be reckoned with is due before that. */
#define MS_SPOT_FIRST ((ms_spot){.due_at_ms = INT64_MIN / 8, .id = INT64_MIN})

/* The first of the works that wait; store/front.h keeps it. */
typedef struct ms_front {
  struct ms_waiting *works;
  size_t at; /* those before have left */
  size_t count;
  size_t capacity;
  size_t limit;   /* how many are read the next time */
  ms_spot passed; /* nothing before or at it is looked for */
  bool whole;     /* nothing waits behind them */
} ms_front;

typedef struct ms_lane {
  int64_t id;
  ms_text queue;
  ms_text worker;
  ms_text constraints; /* canonical JSON text, empty = none */
  int priority;
  bool expedited;
  ms_front front;
  bool offers; /* works have come to wait here in this transaction */
  bool told;   /* that its constraints do not parse */
  struct ms_lane *same_hash;
} ms_lane;

typedef struct ms_lanes {
  ms_lane **items;
  size_t count;
  size_t capacity;
  ms_map by_id;
  ms_map by_hash;
  ms_lane *recent;
  bool offer; /* some of them do */
  bool stale; /* rolled back: rows that stand here may not stand in the store */
} ms_lanes;

/* The five fields that make a lane; id and the rest are ignored. Stores the lane if it is new. */
ms_status ms_lane_intern(struct ms_store *store, const ms_lane *wanted, ms_lane **lane);
/* CORRUPT for a lane that is not there, where work cannot go on without it; or NULL. */
ms_status ms_lane_get(struct ms_store *store, int64_t id, ms_lane **lane);
ms_lane *ms_lane_find(const struct ms_store *store, int64_t id);
/* Nothing is known of the lanes' heads any more. */
void ms_lanes_forget_heads(struct ms_store *store);
/* Whether works have come to wait in this transaction and still do; asked once, after it. */
bool ms_lanes_take_offers(struct ms_store *store);
/* All lanes, in the order of their ids. */
const ms_lanes *ms_lanes_all(const struct ms_store *store);

/* For the store: brings what stands in memory up to date. */
ms_status ms_lanes_load(struct ms_store *store);
void ms_lanes_deinit(ms_lanes *lanes);

#endif
