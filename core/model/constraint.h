/* What a work needs of the world to run, and whether the world gives it.
 *
 * ms_constraints and ms_conditions are plain values. Texts and arrays in them belong to the caller;
 * those of a parsed value live in the arena it was parsed into.
 *
 * Any thread may call; nothing is sensed here.
 *
 * Judging does not fail. Writing fails with NOMEM, or with MISUSE on text that is not UTF-8;
 * reading refuses everything but the canonical text with CORRUPT. */
#ifndef MS_MODEL_CONSTRAINT_H
#define MS_MODEL_CONSTRAINT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

#define MS_SETTLE_DEFAULT_MS 1000
#define MS_MAX_WAIT_DEFAULT_MS 60000

/* What a request asks of the network: name, word. */
#define MS_NETWORK_NEED_LIST(X)                                                                    \
  X(NOTHING, "")                                                                                   \
  X(CONNECTED, "connected")                                                                        \
  X(UNMETERED, "unmetered")                                                                        \
  X(METERED, "metered")                                                                            \
  X(NOT_ROAMING, "not_roaming")

typedef enum ms_network_need {
#define X(name, word) MS_NEED_##name,
  MS_NETWORK_NEED_LIST(X)
#undef X
      MS_NEED_COUNT
} ms_network_need;

/* What the network is: name, word. */
#define MS_NETWORK_LIST(X)                                                                         \
  X(UNKNOWN, "unknown")                                                                            \
  X(NONE, "none")                                                                                  \
  X(CONNECTED, "connected")                                                                        \
  X(METERED, "metered")                                                                            \
  X(UNMETERED, "unmetered")                                                                        \
  X(NOT_ROAMING, "not_roaming")                                                                    \
  X(ROAMING, "roaming")

typedef enum ms_network {
#define X(name, word) MS_NETWORK_##name,
  MS_NETWORK_LIST(X)
#undef X
      MS_NETWORK_COUNT
} ms_network;

/* The conditions that are either met or not. The names are those of the fields below, and the
 * order is that of the canonical text. */
#define MS_CONDITION_LIST(X) X(charging) X(battery_not_low) X(storage_not_low) X(idle)

typedef enum ms_truth { MS_UNKNOWN, MS_FALSE, MS_TRUE } ms_truth;

typedef struct ms_watched {
  ms_text path;
  bool recursive;
} ms_watched;

typedef struct ms_constraints {
  ms_network_need network;
  bool charging;
  bool battery_not_low;
  bool storage_not_low;
  bool idle;
  bool at_start_only; /* losing one of these later does not stop the run */
  const ms_text *custom;
  size_t custom_count;
  const ms_watched *files; /* the work is due once something there changed */
  size_t file_count;
  int64_t settle_ms;   /* only with files: due this long after the last change, */
  int64_t max_wait_ms; /* at most this long after the first; */
  bool rearm;          /* waits for the next change after each run */
} ms_constraints;

/* The present value of every condition. */
typedef struct ms_conditions {
  ms_network network;
  ms_truth charging;
  ms_truth battery_not_low;
  ms_truth storage_not_low;
  ms_truth idle;
  /* The value of a condition that the application sets; NULL = all are unknown. */
  ms_truth (*custom)(void *context, ms_text name);
  void *context;
} ms_conditions;

typedef struct ms_unmet {
  ms_text name;      /* "network", "charging", …, or the custom name; lives as its constraints */
  const char *value; /* the condition's present value: a network word, "false" or "unknown" */
} ms_unmet;

/* Nothing needed, and the default times for files. */
void ms_constraints_init(ms_constraints *constraints);

/* NULL for MS_NEED_NOTHING. */
const char *ms_network_need_word(ms_network_need need);
/* The need of that word, or MS_NEED_COUNT; no word means MS_NEED_NOTHING. */
ms_network_need ms_network_need_of(ms_text word);
const char *ms_network_word(ms_network network);
/* "unknown", "false" or "true". */
const char *ms_truth_word(ms_truth truth);
/* The value of that word, or MS_NETWORK_COUNT. */
ms_network ms_network_of(ms_text word);
/* Whether a sensor stands behind that name, so that it cannot name a custom condition. */
bool ms_condition_is_sensed(ms_text name);

/* Whether the need is met; an unknown network meets MS_NEED_NOTHING alone. */
bool ms_network_holds(ms_network_need need, ms_network network);
/* Whether all hold, files aside: those are judged for each work by who watches them. */
bool ms_constraints_hold(const ms_constraints *constraints, const ms_conditions *conditions);
/* Steps through the unmet constraints in the order of the canonical text, files aside; position
 * starts at 0 and belongs to the iteration. False when there are no more. */
bool ms_constraints_unmet(const ms_constraints *constraints, const ms_conditions *conditions,
                          size_t *position, ms_unmet *unmet);

/* Appends the canonical JSON text (nothing on failure), in which equal constraints are equal bytes:
 * fixed order of keys, custom names sorted and unique, durations in milliseconds, nothing that is
 * at its default:
 * {"network":"metered","charging":true,"custom":["a"],"files":{"paths":["f",{"path":"d",
 * "recursive":true}],"settle_ms":1000,"max_wait_ms":60000,"rearm":true},"at_start_only":true} */
ms_status ms_constraints_format(const ms_constraints *constraints, ms_buf *out, ms_err *err);
/* Reads what ms_constraints_format wrote; absent text means no constraints. */
ms_status ms_constraints_parse(ms_text text, ms_arena *arena, ms_constraints *constraints,
                               ms_err *err);

#endif
