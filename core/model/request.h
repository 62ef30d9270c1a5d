/* What a caller asks for: a request, the policy for its unique name, and a selector of works.
 *
 * These are plain values. Texts and arrays in them belong to the caller and live until the call
 * that takes them returns.
 *
 * Any thread may use them.
 *
 * Nothing here fails: whoever reads a request from outside finds out what contradicts itself. */
#ifndef MS_MODEL_REQUEST_H
#define MS_MODEL_REQUEST_H

#include "base/clock.h"
#include "base/status.h"
#include "base/text.h"
#include "model/backoff.h"

#define MS_PRIORITY_MAX 100
#define MS_NAME_BYTES_MAX 255
#define MS_TAGS_MAX 64
#define MS_DATA_DEPTH_MAX 64
#define MS_EVERY_MIN_MS 1000

/* The numbers stand in the store. */
typedef enum ms_repeats {
  MS_FIXED_RATE = 0,
  MS_FIXED_DELAY = 1,
  MS_ON_CHANGE = 2 /* without intervals: whenever its files change again */
} ms_repeats;

/* A prerequisite: an id, or (id 0) the position of another request in the same call. */
typedef struct ms_after {
  int64_t id;
  size_t index;
} ms_after;

typedef struct ms_request {
  ms_text worker; /* required */
  ms_text input;  /* compact JSON text of an object or array; absent means {} */
  const ms_text *tags;
  size_t tag_count;
  int64_t delay_ms; /* 0 = none */
  int64_t at_ms;    /* wall time; MS_NEVER = absent */
  int64_t every_ms; /* 0 = not periodic by interval */
  int64_t flex_ms;  /* 0 = the whole interval */
  ms_repeats repeats;
  ms_text cron;
  ms_text zone;        /* absent = UTC */
  ms_text constraints; /* canonical JSON text from the constraint model; absent = none */
  ms_text files;       /* the same, with nothing but files, whose paths are absolute */
  bool rearms;         /* the files' rearm */
  ms_backoff backoff;
  int64_t max_attempts;       /* 0 = unlimited */
  int64_t timeout_ms;         /* 0 = none */
  int64_t deadline_ms;        /* wall time; MS_NEVER = none */
  int64_t deadline_within_ms; /* its length, if it is so long after the call; 0 = a calendar time */
  ms_text queue;              /* absent = "default" */
  int priority;               /* −100..100, higher first */
  bool expedited;
  const ms_after *after;
  size_t after_count;
  ms_text merger;              /* absent = "overwrite" */
  int64_t keep_results_for_ms; /* −1 = the manager's retention */
  ms_text trace;
  ms_text enqueued_by; /* file:line */
} ms_request;

/* All fields absent or at the defaults above. */
void ms_request_init(ms_request *request);
bool ms_request_is_periodic(const ms_request *request);

typedef enum ms_existing {
  MS_EXISTING_KEEP,
  MS_EXISTING_REPLACE,
  MS_EXISTING_APPEND,
  MS_EXISTING_APPEND_OR_REPLACE,
  MS_EXISTING_UPDATE
} ms_existing;

typedef struct ms_unique {
  ms_text name; /* absent = not unique */
  ms_existing existing;
} ms_unique;

/* A request that another program left as a row of the table moonshift_inbox, unread. */
typedef struct ms_arrival {
  int64_t id;      /* of the row */
  ms_text request; /* JSON text of what enqueue takes, or */
  ms_text stages;  /* of what chain takes; one of the two */
  ms_text name;    /* the unique name and its policy, absent if there is none */
  ms_text existing;
  int64_t at_ms; /* wall time of the insertion */
  ms_text error; /* why it was refused; absent = not yet read */
} ms_arrival;

/* What has been read out of it. */
typedef struct ms_arrived {
  const ms_request *requests;
  size_t count;
  ms_unique unique;
} ms_arrived;

/* Which works: OR within a field, AND between fields. All counts 0 and all false is an error. */
typedef struct ms_selector {
  bool all;
  const int64_t *ids;
  size_t id_count;
  unsigned states; /* bit 1 << ms_state; 0 = any */
  const ms_text *tags;
  size_t tag_count;
  const ms_text *names;
  size_t name_count;
  const ms_text *workers;
  size_t worker_count;
  const ms_text *queues;
  size_t queue_count;
} ms_selector;

typedef enum ms_order { MS_ORDER_ID, MS_ORDER_ID_DESCENDING, MS_ORDER_DUE } ms_order;

typedef struct ms_page {
  int64_t limit; /* −1 = no limit */
  int64_t offset;
  ms_order order;
} ms_page;

#endif
