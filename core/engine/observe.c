#include "base/mem.h"
#include "engine/engine.h"
#include "engine/hearing.h"
#include "engine/outbox.h"
#include "store/change.h"

/* ---- The selector of an observer, copied ---- */

static bool copy_texts(ms_arena *arena, const ms_text **texts, size_t count) {
  ms_text *copies = ms_arena_take(arena, count * sizeof *copies);
  if (!copies) return false;
  for (size_t i = 0; i < count; i++) {
    copies[i] = ms_arena_copy(arena, (*texts)[i]);
    if (!copies[i].data) return false;
  }
  *texts = copies;
  return true;
}

static bool copy_selector(ms_arena *arena, const ms_selector *from, ms_selector *to) {
  *to = *from;
  int64_t *ids = ms_arena_take(arena, from->id_count * sizeof *ids);
  if (!ids) return false;
  if (from->id_count) memcpy(ids, from->ids, from->id_count * sizeof *ids);
  to->ids = ids;
  return copy_texts(arena, &to->tags, to->tag_count) &&
         copy_texts(arena, &to->names, to->name_count) &&
         copy_texts(arena, &to->workers, to->worker_count) &&
         copy_texts(arena, &to->queues, to->queue_count);
}

/* ---- Observers ---- */

typedef struct observe_call {
  ms_call call;
  const ms_selector *selector;
  ms_observer *observer;
  int64_t number;
} observe_call;

static ms_status add_snapshots(ms_engine *engine, const ms_observer *observer) {
  ms_ids ids = {0};
  ms_status status = ms_query_ids(engine->store, &observer->selector, 0, NULL, &ids);
  for (size_t i = 0; i < ids.count && status == MS_OK; i++) {
    status = ms_outbox_add(engine, observer, MS_EVENT_SNAPSHOT, ids.items[i]);
  }
  ms_ids_deinit(&ids);
  return status;
}

static ms_status apply_observe(ms_engine *engine, ms_call *call) {
  observe_call *args = (observe_call *)(void *)call;
  args->observer->number = ++engine->last_observer;
  MS_TRY(add_snapshots(engine, args->observer));
  if (!engine->observer_count) MS_TRY(ms_change_newest(engine->store, &engine->turn.seen_change));
  args->number = args->observer->number;
  ms_list_push(&engine->observers, &args->observer->link);
  engine->observer_count++;
  pthread_mutex_lock(&engine->mutex);
  ms_hearing_heed(engine, MS_HEED_CHANGES);
  pthread_mutex_unlock(&engine->mutex);
  args->observer = NULL;
  return MS_OK;
}

static void observer_free(ms_observer *observer) {
  if (!observer) return;
  ms_arena_deinit(&observer->arena);
  ms_mem_free(observer);
}

static void end_observer(ms_engine *engine, int64_t number) {
  MS_LIST_EACH (link, &engine->observers) {
    ms_observer *observer = MS_LIST_ENTRY(link, ms_observer, link);
    if (observer->number != number) continue;
    ms_list_remove(link);
    engine->observer_count--;
    observer_free(observer);
  }
}

static void undo_observe(ms_engine *engine, ms_call *call) {
  end_observer(engine, ((observe_call *)(void *)call)->number);
}

ms_status ms_observe(ms_manager *engine, const ms_selector *selector, int64_t *number,
                     ms_err *err) {
  observe_call args = {.call = {.apply = apply_observe, .undo = undo_observe}};
  args.observer = ms_mem_zalloc(sizeof *args.observer);
  if (!args.observer || !copy_selector(&args.observer->arena, selector, &args.observer->selector)) {
    observer_free(args.observer);
    return ms_no_memory(err);
  }
  ms_list_init(&args.observer->link);
  ms_status status = ms_engine_call(engine, &args.call, err);
  observer_free(args.observer);
  if (status == MS_OK) *number = args.number;
  return status;
}

void ms_observers_free(ms_engine *engine) {
  for (ms_link *link; (link = ms_list_shift(&engine->observers));) {
    observer_free(MS_LIST_ENTRY(link, ms_observer, link));
  }
  engine->observer_count = 0;
}

static void drop_events(ms_link *events, int64_t number) {
  MS_LIST_EACH (link, events) {
    ms_event *event = MS_LIST_ENTRY(link, ms_event, link);
    if (event->observer != number) continue;
    ms_list_remove(link);
    ms_event_free(event);
  }
}

/* Ends it whatever the store is about; that others need not note anything any more is written by
 * the next turn that succeeds. */
void ms_unobserve(ms_manager *engine, int64_t number) {
  if (ms_usable(engine, NULL) == MS_FORKED) return;
  ms_engine_hold(engine);
  end_observer(engine, number);
  bool last = !engine->observer_count;
  drop_events(&engine->turn.events, number);
  pthread_mutex_lock(&engine->mutex);
  drop_events(&engine->events, number);
  pthread_mutex_unlock(&engine->mutex);
  ms_engine_let_go(engine);
  if (last) ms_engine_take_turn(engine);
}
