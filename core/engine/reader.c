#include "engine/reader.h"

#include "engine/engine.h"

void ms_reader_init(ms_reader *reader) {
  pthread_mutex_init(&reader->mutex, NULL);
}

void ms_reader_deinit(ms_reader *reader) {
  pthread_mutex_destroy(&reader->mutex);
}

/* By whoever turns, while whoever asks waits. */
static ms_status apply_open(ms_engine *engine, ms_call *call) {
  (void)call;
  return ms_store_open_beside(engine->store, &engine->reader.store);
}

static ms_status fail(ms_reader *reader, ms_status status, ms_err *err) {
  return ms_fail(err, status, "%s", ms_store_err(reader->store)->message);
}

static ms_status begin(ms_engine *engine, ms_err *err) {
  ms_reader *reader = &engine->reader;
  ms_call open = {.apply = apply_open, .reads = true};
  bool changed;
  MS_TRY(ms_usable(engine, err));
  if (!reader->store) MS_TRY(ms_engine_call(engine, &open, err));
  ms_status status = ms_store_begin_read(reader->store, &changed);
  return status == MS_OK ? MS_OK : fail(reader, status, err);
}

ms_status ms_reader_begin(ms_engine *engine, ms_store **store, ms_err *err) {
  ms_reader *reader = &engine->reader;
  *store = NULL;
  MS_TRY(ms_usable(engine, err));
  if (engine->options.stepped || !engine->in_file) return MS_OK;
  pthread_mutex_lock(&reader->mutex);
  ms_status status = begin(engine, err);
  reader->reads = status == MS_OK;
  if (status == MS_OK)
    *store = reader->store;
  else
    pthread_mutex_unlock(&reader->mutex);
  return status;
}

ms_status ms_reader_end(ms_engine *engine, ms_status status, ms_err *err) {
  ms_reader *reader = &engine->reader;
  if (status == MS_OK) status = ms_store_commit(reader->store);
  if (status != MS_OK) {
    fail(reader, status, err);
    ms_store_rollback(reader->store);
  }
  reader->reads = false;
  pthread_mutex_unlock(&reader->mutex);
  return status;
}

void ms_reader_close(ms_reader *reader) {
  pthread_mutex_lock(&reader->mutex);
  ms_store_close(reader->store);
  reader->store = NULL;
  pthread_mutex_unlock(&reader->mutex);
}
