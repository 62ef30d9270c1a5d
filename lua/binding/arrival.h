/* Requests that other programs left as rows of moonshift_inbox. Their JSON becomes Lua values, and
 * these are read as the arguments of manager:enqueue and manager:chain are: there is one set of
 * rules and messages.
 *
 * A reader belongs to its manager's handle and has a Lua state of its own, which it makes when the
 * first row comes. What it gives points there and lives until the next row.
 *
 * One thread at a time, whichever turns.
 *
 * Whatever is wrong, memory included, is MISUSE with the message to be kept beside the row. */
#ifndef MS_BINDING_ARRIVAL_H
#define MS_BINDING_ARRIVAL_H

#include "model/request.h"

typedef struct ms_arrival_reader ms_arrival_reader;

/* max_data_bytes: largest input. NULL when memory is out. */
ms_arrival_reader *ms_arrival_reader_new(size_t max_data_bytes);
/* NULL is fine. */
void ms_arrival_reader_free(ms_arrival_reader *reader);
/* A callback for ms_options.read_arrival. */
ms_status ms_arrival_read(void *reader, const ms_arrival *arrival, ms_arrived *arrived,
                          ms_err *err);

#endif
