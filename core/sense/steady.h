/* What keeps a flapping reading from starting and stopping work in a loop.
 *
 * An ms_steady is a plain value that the caller owns.
 *
 * Time is an argument, so any thread may call and tests step it.
 *
 * Nothing fails. A worse value counts at once. A better one counts at once too, unless a fall was
 * shortly before: then it must have stood for a while. */
#ifndef MS_SENSE_STEADY_H
#define MS_SENSE_STEADY_H

#include <stdbool.h>
#include <stdint.h>

/* For so long after a fall a better value is doubted, */
#define MS_STEADY_DOUBT_MS 10000
/* and must then have stood for so long. */
#define MS_STEADY_STAND_MS 1000

typedef struct ms_steady {
  int value;          /* what counts */
  int rank;           /* of the value: a lower one is worse */
  int64_t fell_at_ms; /* or faltered while it was waited for */
  int next;           /* the better value that does not count yet, */
  int64_t ripe_at_ms; /* and when it will; MS_NEVER = there is none */
} ms_steady;

/* The value is 0, of rank 0, and nothing has happened. */
void ms_steady_init(ms_steady *steady);
/* Takes in a value that was just read; steady->value is then what counts. */
void ms_steady_feed(ms_steady *steady, int value, int rank, int64_t now_ms);
/* Nobody looks any more: the value is 0 again, which is no fall. */
void ms_steady_forget(ms_steady *steady);

#endif
