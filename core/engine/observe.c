#include "base/mem.h"
#include "engine/ahead.h"
#include "engine/engine.h"
#include "store/change.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

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

/* ---- Events ---- */

void ms_event_free(ms_event *event) {
  if (!event) return;
  ms_arena_deinit(&event->arena);
  ms_mem_free(event);
}

static ms_status add_event(ms_engine *engine, const ms_observer *observer, ms_event_type type,
                           int64_t id, bool *matched) {
  bool found;
  ms_event *event = ms_mem_zalloc(sizeof *event);
  if (!event) return ms_engine_no_memory(engine);
  event->observer = observer->number;
  event->type = type;
  event->at_ms = engine->turn.now_ms;
  ms_status status = ms_query_info(engine->store, id, &event->arena, &event->info, &found);
  *matched = status == MS_OK && found && ms_selector_matches(&observer->selector, &event->info);
  if (*matched)
    ms_list_push(&engine->turn.events, &event->link);
  else
    ms_event_free(event);
  return status;
}

static ms_status tell(ms_engine *engine, ms_event_type type, int64_t id) {
  bool matched;
  MS_LIST_EACH (link, &engine->observers) {
    MS_TRY(add_event(engine, MS_LIST_ENTRY(link, ms_observer, link), type, id, &matched));
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

/* ---- Observers ---- */

typedef struct observe_call {
  ms_call call;
  const ms_selector *selector;
  ms_observer *observer;
  int64_t number;
} observe_call;

static ms_status add_snapshots(ms_engine *engine, const ms_observer *observer) {
  ms_ids ids = {0};
  bool matched;
  ms_status status = ms_query_ids(engine->store, &observer->selector, 0, NULL, &ids);
  for (size_t i = 0; i < ids.count && status == MS_OK; i++) {
    status = add_event(engine, observer, MS_EVENT_SNAPSHOT, ids.items[i], &matched);
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

/* ---- The host's side ---- */

ms_event *ms_take_event(ms_manager *engine) {
  pthread_mutex_lock(&engine->mutex);
  ms_link *link = ms_list_shift(&engine->events);
  pthread_mutex_unlock(&engine->mutex);
  return link ? MS_LIST_ENTRY(link, ms_event, link) : NULL;
}

static ms_status apply_ask(ms_engine *engine, ms_call *call) {
  (void)call;
  engine->turn.host_room = engine->options.stepped ? 1 : ms_ahead_host_room(engine);
  return MS_OK;
}

/* Host work is claimed when the host is there to run it. */
ms_status ms_ask_for_runs(ms_engine *engine, ms_err *err) {
  ms_call ask = {.apply = apply_ask};
  return ms_engine_call(engine, &ask, err);
}

ms_run *ms_shift_run(ms_engine *engine) {
  pthread_mutex_lock(&engine->mutex);
  ms_link *link = ms_list_shift(&engine->host_runs);
  if (link) MS_LIST_ENTRY(link, ms_run, link)->begun_at_ms = ms_engine_now(engine);
  pthread_mutex_unlock(&engine->mutex);
  return link ? MS_LIST_ENTRY(link, ms_run, link) : NULL;
}

ms_run *ms_take_run(ms_manager *engine) {
  ms_run *run = ms_shift_run(engine);
  pthread_mutex_lock(&engine->mutex);
  bool ready = engine->host_ready;
  pthread_mutex_unlock(&engine->mutex);
  if (run || !ready || ms_ask_for_runs(engine, NULL) != MS_OK) return run;
  return ms_shift_run(engine);
}

void ms_finish_run(ms_run *run) {
  ms_engine *engine = run->engine;
  ms_engine_give_back(engine, run);
  ms_step_settle(engine);
}

int ms_pollfd(ms_manager *engine) {
  pthread_mutex_lock(&engine->mutex);
  engine->polled = true;
  ms_hearing_heed(engine, MS_HEED_CHANGES);
  pthread_mutex_unlock(&engine->mutex);
  return engine->wake_fds[0];
}

void ms_pollfd_clear(ms_manager *engine) {
  char bytes[64];
  pthread_mutex_lock(&engine->mutex);
  while (read(engine->wake_fds[0], bytes, sizeof bytes) > 0) {
  }
  engine->woken = false;
  pthread_mutex_unlock(&engine->mutex);
}

int64_t ms_changes(ms_manager *engine, ms_heed heed) {
  pthread_mutex_lock(&engine->mutex);
  ms_hearing_heed(engine, heed);
  int64_t changes = engine->changes;
  pthread_mutex_unlock(&engine->mutex);
  return changes;
}

void ms_wake(ms_manager *engine) {
  ssize_t written = write(engine->wake_fds[1], "", 1);
  (void)written;
}

static bool has_something(ms_engine *engine, int64_t seen) {
  pthread_mutex_lock(&engine->mutex);
  bool changed = engine->changes != seen && !ms_hearing_rests(engine);
  bool has = changed || engine->host_ready || !ms_list_empty(&engine->events) ||
             !ms_list_empty(&engine->host_runs);
  pthread_mutex_unlock(&engine->mutex);
  return has;
}

void ms_wait(ms_manager *engine, int64_t seen, int64_t timeout_ms) {
  struct pollfd poll_fd = {.fd = engine->wake_fds[0], .events = POLLIN};
  if (has_something(engine, seen)) return;
  if (timeout_ms > INT32_MAX) timeout_ms = INT32_MAX;
  poll(&poll_fd, 1, (int)timeout_ms);
}
