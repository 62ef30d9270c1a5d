#include "engine/engine.h"
#include "store/queue.h"

typedef struct queue_call {
  ms_call call;
  const ms_queue_settings *settings;
} queue_call;

static ms_status write_queue(ms_engine *engine, const ms_queue_settings *settings) {
  const ms_queue *known = ms_queue_find(engine->store, settings->name);
  ms_queue queue = known ? *known : (ms_queue){0};
  queue.name = settings->name;
  if (!settings->keeps_limit) {
    queue.limit = settings->limit;
    queue.rate = settings->rate;
    queue.rate_window_ms = settings->rate_window_ms;
  }
  if (settings->paused >= 0) queue.paused = settings->paused != 0;
  engine->turn.opens = engine->turn.recalls = true;
  return ms_queue_write(engine->store, &queue);
}

static ms_status apply_queue(ms_engine *engine, ms_call *call) {
  return write_queue(engine, ((queue_call *)(void *)call)->settings);
}

ms_status ms_set_queue(ms_manager *engine, const ms_queue_settings *settings, ms_err *err) {
  queue_call args = {.call = {.apply = apply_queue}, .settings = settings};
  return ms_engine_call(engine, &args.call, err);
}
