#include "engine/outbox.h"

#include "base/mem.h"
#include "engine/hearing.h"
#include "store/change.h"

#include <stdio.h>
#include <unistd.h>

void ms_event_free(ms_event *event) {
  if (!event) return;
  ms_arena_deinit(&event->arena);
  ms_mem_free(event);
}

ms_status ms_outbox_add(ms_engine *engine, const ms_observer *observer, ms_event_type type,
                        int64_t id) {
  bool found;
  ms_event *event = ms_mem_zalloc(sizeof *event);
  if (!event) return ms_engine_no_memory(engine);
  event->observer = observer->number;
  event->type = type;
  event->at_ms = engine->turn.now_ms;
  ms_status status = ms_query_info(engine->store, id, &event->arena, &event->info, &found);
  if (status == MS_OK && found && ms_selector_matches(&observer->selector, &event->info))
    ms_list_push(&engine->turn.events, &event->link);
  else
    ms_event_free(event);
  return status;
}

static ms_status tell(ms_engine *engine, ms_event_type type, int64_t id) {
  MS_LIST_EACH (link, &engine->observers) {
    MS_TRY(ms_outbox_add(engine, MS_LIST_ENTRY(link, ms_observer, link), type, id));
  }
  return MS_OK;
}

/* Observers of other processes are told by a row of the store. */
static ms_status note(ms_engine *engine, ms_event_type type, int64_t id) {
  bool noted =
      ms_ids_add(&engine->turn.noted, (int64_t)type + 1) && ms_ids_add(&engine->turn.noted, id);
  return noted ? MS_OK : ms_engine_no_memory(engine);
}

ms_status ms_outbox_event(ms_engine *engine, ms_event_type type, int64_t id) {
  ms_hearing_note(engine, type);
  if (engine->others_observe) MS_TRY(note(engine, type, id));
  return tell(engine, type, id);
}

/* Others note what changes while anybody observes here. */
static ms_status write_observes(ms_engine *engine) {
  engine->turn.observes = engine->observer_count > 0;
  if (engine->turn.observes == engine->observes) return MS_OK;
  return ms_change_observe(engine->store, engine->owner, engine->turn.observes);
}

ms_status ms_outbox_write(ms_engine *engine) {
  MS_TRY(write_observes(engine));
  if (!engine->turn.noted.count) return MS_OK;
  return ms_change_write(engine->store, engine->owner, engine->turn.now_ms, &engine->turn.noted);
}

static ms_status tell_changes(ms_engine *engine, const ms_ids *pairs) {
  for (size_t i = 0; i + 1 < pairs->count; i += 2) {
    int64_t type = pairs->items[i] - 1;
    if (type < 0 || type >= MS_EVENT_COUNT) continue;
    MS_TRY(tell(engine, (ms_event_type)type, pairs->items[i + 1]));
  }
  return MS_OK;
}

static void tell_damage(ms_engine *engine, int64_t turn) {
  char message[96];
  snprintf(message, sizeof message, "table ms_change: the events of turn %lld do not parse",
           (long long)turn);
  ms_engine_trouble(engine, "store", message, 0, NULL);
}

ms_status ms_outbox_read(ms_engine *engine) {
  ms_change_news news = {.turn = engine->turn.seen_change};
  MS_TRY(ms_change_wanted(engine->store, engine->owner, &engine->others_observe));
  if (!engine->observer_count) return MS_OK;
  ms_status status = ms_change_read(engine->store, engine->owner, &news);
  if (news.damaged) tell_damage(engine, news.damaged);
  if (status == MS_OK) status = tell_changes(engine, &news.pairs);
  engine->turn.seen_change = news.turn;
  ms_ids_deinit(&news.pairs);
  return status;
}

void ms_outbox_drop(ms_engine *engine) {
  for (ms_link *link; (link = ms_list_shift(&engine->turn.events));) {
    ms_event_free(MS_LIST_ENTRY(link, ms_event, link));
  }
}

/* With the mutex held. One byte in the pipe means "look". */
static void signal_host(ms_engine *engine) {
  if (engine->woken) return;
  engine->woken = true;
  ssize_t written = write(engine->wake_fds[1], "", 1);
  (void)written;
}

/* Looks at as many runs as there are periodic ones before the first of another kind. */
static bool runs_once(const ms_engine *engine) {
  size_t at = 0;
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    if (!ms_work_is_periodic(&flight->work)) return true;
  }
  return false;
}

/* With the mutex held. True if something ran before this turn and nothing does after it. */
static bool note_running(ms_engine *engine) {
  bool ran = engine->running, ran_once = engine->running_once;
  engine->running = engine->runs.count > 0;
  engine->running_once = runs_once(engine);
  return (ran && !engine->running) || (ran_once && !engine->running_once);
}

void ms_outbox_publish(ms_engine *engine) {
  bool concerns = engine->turn.finished.count || engine->turn.returned;
  engine->seen_change = engine->turn.seen_change;
  engine->observes = engine->turn.observes;
  pthread_mutex_lock(&engine->mutex);
  concerns = note_running(engine) || concerns;
  if (concerns) engine->changes++;
  concerns = concerns && ms_hearing_heard(engine);
  engine->host_ready = engine->turn.host_ready;
  concerns = concerns || !ms_list_empty(&engine->turn.events) || engine->host_ready;
  ms_list_move(&engine->events, &engine->turn.events);
  if (concerns) signal_host(engine);
  pthread_mutex_unlock(&engine->mutex);
}
