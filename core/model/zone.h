/* Time zones: how far local time is from UTC, and when that changes.
 *
 * A zone belongs to whoever opened it, until ms_zone_free. It never changes once it is open.
 *
 * Any thread may open a zone, and any number of threads may read one. Opening reads TZDIR from the
 * environment and one small file; nothing else here touches the world. That file is read here and
 * not by the C library because the latter knows one zone per process: switching TZ would change
 * localtime under every other thread of the host. The libraries that know several (ICU, GLib) bring
 * a runtime of their own for what is, thanks to the system's tz database, a table look-up. The data
 * is always the system's; the format is TZif, version 2 or later (RFC 9636).
 *
 * A name that is no IANA zone of this system is MS_MISUSE; a file that cannot be read or is damaged
 * is MS_IO. Reading an open zone does not fail. */
#ifndef MS_MODEL_ZONE_H
#define MS_MODEL_ZONE_H

#include "base/status.h"
#include "base/text.h"

#include <stdint.h>

typedef struct ms_zone ms_zone;

/* A stretch of time in which local time = UTC + offset. */
typedef struct ms_zone_span {
  int64_t begins_at_ms; /* INT64_MIN = has always been so */
  int64_t ends_at_ms;   /* the first instant that is not in it; MS_NEVER = stays so */
  int64_t offset_ms;
} ms_zone_span;

/* Absent means UTC, which needs no file, nor does the name "UTC". */
ms_status ms_zone_open(ms_text name, ms_zone **zone, ms_err *err);
void ms_zone_free(ms_zone *zone);

/* The span that contains the instant, which is below 2^60 ms in size. NULL is UTC. The spans before
 * and after are those at begins_at_ms − 1 and at ends_at_ms. */
ms_zone_span ms_zone_span_at(const ms_zone *zone, int64_t instant);

#endif
