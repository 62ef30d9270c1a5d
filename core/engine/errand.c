#include "engine/errand.h"

#include "engine/engine.h"

static void on_thread(void *context) {
  ms_errand *errand = context;
  ms_engine *engine = errand->engine;
  errand->run(engine, errand);
  pthread_mutex_lock(&engine->mutex);
  ms_list_push(&engine->errands_done, &errand->link);
  uv_async_send(&engine->async);
  pthread_mutex_unlock(&engine->mutex);
}

void ms_errand_send(ms_engine *engine, ms_errand *errand) {
  errand->engine = engine;
  engine->errands++;
  errand->threaded = uv_thread_create(&errand->thread, on_thread, errand) == 0;
  if (!errand->threaded) on_thread(errand);
}

void ms_errands_receive(ms_engine *engine) {
  ms_link done;
  ms_list_init(&done);
  pthread_mutex_lock(&engine->mutex);
  ms_list_move(&done, &engine->errands_done);
  pthread_mutex_unlock(&engine->mutex);
  for (ms_link *link; (link = ms_list_shift(&done));) {
    ms_errand *errand = MS_LIST_ENTRY(link, ms_errand, link);
    if (errand->threaded) uv_thread_join(&errand->thread);
    engine->errands--;
    errand->back(engine, errand);
  }
}
