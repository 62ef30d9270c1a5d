/* Questions that may have to look at many works: asked of a connection of their own, so that
 * nobody's turn waits for them.
 *
 * An ms_reader belongs to its engine. It owns the connection, made when it is first needed. What
 * was acknowledged before a question began is in its answer, which tells of one moment.
 *
 * Any thread may begin; others that want to wait until it ends.
 *
 * Failures are told to the caller. A store in memory, on a server, or of a stepped manager has no
 * second connection: then *store is NULL, and the question is one of a turn. */
#ifndef MS_ENGINE_READER_H
#define MS_ENGINE_READER_H

#include "base/status.h"

#include <pthread.h>
#include <stdbool.h>

struct ms_engine;
struct ms_store;

typedef struct ms_reader {
  pthread_mutex_t mutex; /* whoever asks has it locked, and nothing else is locked before */
  struct ms_store *store;
  _Atomic bool reads; /* a question is being asked: what keeps the log from being begun anew */
} ms_reader;

void ms_reader_init(ms_reader *reader);
/* Where *store is not NULL afterwards, ms_reader_end must follow. */
ms_status ms_reader_begin(struct ms_engine *engine, struct ms_store **store, ms_err *err);
/* Returns the status of the questions, or how ending went. */
ms_status ms_reader_end(struct ms_engine *engine, ms_status status, ms_err *err);
/* Waits for whoever asks, and closes the connection: nobody asks any more. */
void ms_reader_close(ms_reader *reader);
/* When no thread can come any more. */
void ms_reader_deinit(ms_reader *reader);

#endif
