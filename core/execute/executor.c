#include "execute/executor.h"

#include "base/mem.h"
#include "execute/slot.h"

#include <assert.h>

/* ---- The end of executors. ---- */

static void destroy(ms_executor *executor) {
  assert(ms_list_empty(&executor->ready) && ms_list_empty(&executor->slots));
  ms_buf_deinit(&executor->names);
  pthread_cond_destroy(&executor->returned);
  pthread_cond_destroy(&executor->opened);
  pthread_mutex_destroy(&executor->mutex);
  ms_mem_free(executor);
}

void ms_executor_release(ms_executor *executor) {
  ms_executor_options options = executor->options;
  destroy(executor);
  if (options.release) options.release(options.shared);
}

/* ---- For the engine. ---- */

static ms_executor *executor_new(const ms_executor_options *options) {
  ms_executor *executor = ms_mem_zalloc(sizeof *executor);
  if (!executor) return NULL;
  int error = pthread_mutex_init(&executor->mutex, NULL);
  if (!error && (error = pthread_cond_init(&executor->opened, NULL)))
    pthread_mutex_destroy(&executor->mutex);
  if (!error && (error = pthread_cond_init(&executor->returned, NULL))) {
    pthread_cond_destroy(&executor->opened);
    pthread_mutex_destroy(&executor->mutex);
  }
  if (error) {
    ms_mem_free(executor);
    return NULL;
  }
  executor->options = *options;
  ms_list_init(&executor->ready);
  ms_list_init(&executor->slots);
  ms_list_init(&executor->idle);
  ms_list_init(&executor->coming);
  return executor;
}

/* Starts all threads and waits until each has opened its state or failed to. The threads cannot
 * report before the last one is started, because the mutex is held until the wait. */
static ms_status open_threads(ms_executor *executor, ms_err *err) {
  ms_executor_lock(executor);
  executor->err = err;
  for (int i = 0; i < executor->options.threads && !executor->status; i++) {
    executor->status = ms_slot_start(executor, false, err);
    if (!executor->status) executor->opening++;
  }
  while (executor->opening > 0)
    pthread_cond_wait(&executor->opened, &executor->mutex);
  executor->err = NULL;
  ms_status status = executor->status;
  ms_executor_unlock(executor);
  return status;
}

/* With the mutex held. Those that are awake anyway; returns how many more are needed. */
static size_t meet_coming(ms_executor *executor, size_t count) {
  for (; count > 0 && !ms_list_empty(&executor->coming); count--)
    MS_LIST_ENTRY(ms_list_shift(&executor->coming), ms_slot, idle)->looks = false;
  return count;
}

static size_t count_idle(ms_executor *executor) {
  size_t count = 0;
  ms_executor_lock(executor);
  MS_LIST_EACH (link, &executor->idle)
    count++;
  ms_executor_unlock(executor);
  return count;
}

/* Without the mutex while it signals: a thread that wakes up needs it at once. It may lie down
 * again before the last run is thought of, and is not woken for each of them. */
static void wake_idle(ms_executor *executor, size_t count, bool to_look) {
  size_t idle = count_idle(executor);
  if (count > idle) count = idle;
  for (ms_link *link = NULL; count > 0; count--) {
    ms_executor_lock(executor);
    link = ms_list_shift(&executor->idle);
    ms_slot *slot = link ? MS_LIST_ENTRY(link, ms_slot, idle) : NULL;
    if (slot && to_look) {
      slot->looks = true;
      ms_list_push(&executor->coming, &slot->idle);
    }
    ms_executor_unlock(executor);
    if (!slot) return;
    pthread_cond_signal(&slot->wake);
  }
}

static void end_threads(ms_executor *executor) {
  ms_executor_lock(executor);
  executor->closing = true;
  meet_coming(executor, SIZE_MAX);
  ms_executor_unlock(executor);
  wake_idle(executor, SIZE_MAX, false);
  MS_LIST_EACH (link, &executor->slots) {
    ms_slot *slot = MS_LIST_ENTRY(link, ms_slot, link);
    pthread_join(slot->thread, NULL);
    ms_list_remove(link);
    ms_slot_free(slot);
  }
  ms_executor_lock(executor);
  while (executor->returning > 0)
    pthread_cond_wait(&executor->returned, &executor->mutex);
  ms_executor_unlock(executor);
}

ms_status ms_executor_open(const ms_executor_options *options, ms_executor **executor,
                           ms_err *err) {
  assert(options->threads >= 0);
  ms_executor *opening = executor_new(options);
  if (!opening) return ms_no_memory(err);
  ms_status status = open_threads(opening, err);
  if (status) {
    end_threads(opening);
    destroy(opening);
    return status;
  }
  *executor = opening;
  return MS_OK;
}

void ms_executor_close(ms_executor *executor) {
  if (!executor) return;
  ms_link unbegun;
  ms_list_init(&unbegun);
  ms_executor_take_back(executor, &unbegun);
  end_threads(executor);
  MS_LIST_EACH (link, &unbegun) {
    executor->options.discard(MS_LIST_ENTRY(link, ms_run, link));
  }
  ms_executor_lock(executor);
  executor->closed = true;
  bool last = executor->abandoned == 0;
  ms_executor_unlock(executor);
  if (last) ms_executor_release(executor);
}

ms_text ms_executor_names(const ms_executor *executor) {
  return ms_buf_text(&executor->names);
}

void ms_executor_submit(ms_executor *executor, ms_link *runs, size_t count) {
  /* Nobody else sees these runs before the mutex is released. */
  MS_LIST_EACH (link, runs) {
    MS_LIST_ENTRY(link, ms_run, link)->executor = executor;
  }
  ms_executor_lock(executor);
  ms_list_move(&executor->ready, runs);
  executor->ready_count += count;
  count = meet_coming(executor, count);
  ms_executor_unlock(executor);
  wake_idle(executor, count, false);
}

void ms_executor_expect(ms_executor *executor, size_t count) {
  ms_executor_lock(executor);
  executor->expected_on = ms_slot_processor();
  MS_LIST_EACH (link, &executor->coming) {
    if (count > 0) count--;
  }
  ms_executor_unlock(executor);
  wake_idle(executor, count, true);
}

void ms_executor_take_back(ms_executor *executor, ms_link *out) {
  ms_executor_lock(executor);
  MS_LIST_EACH (link, &executor->ready) {
    MS_LIST_ENTRY(link, ms_run, link)->executor = NULL;
  }
  ms_list_move(out, &executor->ready);
  executor->ready_count = 0;
  ms_executor_unlock(executor);
}

bool ms_executor_take_back_run(ms_executor *executor, ms_run *run) {
  assert(run->executor == executor);
  ms_executor_lock(executor);
  bool waits = atomic_load(&run->begun_at_ms) == 0;
  if (waits) {
    ms_list_remove(&run->link);
    run->executor = NULL;
    executor->ready_count--;
  }
  ms_executor_unlock(executor);
  return waits;
}

bool ms_executor_abandon(ms_executor *executor, ms_run *run) {
  assert(run->executor == executor);
  ms_err err = {0};
  ms_status status = MS_OK;
  ms_executor_lock(executor);
  ms_slot *slot = run->slot;
  if (slot) {
    assert(!slot->abandoned);
    slot->abandoned = true;
    pthread_detach(slot->thread);
    ms_list_remove(&slot->link);
    executor->threads--;
    executor->running--;
    executor->abandoned++;
    atomic_store_explicit(&run->interrupted, true, memory_order_release);
    pthread_cond_signal(&slot->wake);
    status = ms_slot_start(executor, true, &err);
  }
  ms_executor_unlock(executor);
  if (status) ms_slot_report(executor, &err);
  return slot != NULL;
}

int64_t ms_executor_oldest(ms_executor *executor) {
  int64_t oldest_ms = INT64_MAX;
  ms_executor_lock(executor);
  MS_LIST_EACH (link, &executor->slots) {
    const ms_run *run = MS_LIST_ENTRY(link, ms_slot, link)->run;
    int64_t begun_at_ms = run ? run->begun_at_ms : INT64_MAX;
    if (begun_at_ms < oldest_ms) oldest_ms = begun_at_ms;
  }
  ms_executor_unlock(executor);
  return oldest_ms;
}

size_t ms_executor_ready(ms_executor *executor) {
  ms_executor_lock(executor);
  size_t ready = executor->ready_count;
  ms_executor_unlock(executor);
  return ready;
}

int ms_executor_free(ms_executor *executor) {
  ms_executor_lock(executor);
  int unused = executor->threads - executor->running;
  size_t ready = executor->ready_count;
  ms_executor_unlock(executor);
  return unused > 0 && (size_t)unused > ready ? unused - (int)ready : 0;
}

int ms_executor_threads(ms_executor *executor) {
  ms_executor_lock(executor);
  int threads = executor->threads;
  ms_executor_unlock(executor);
  return threads;
}

int ms_executor_abandoned(ms_executor *executor) {
  ms_executor_lock(executor);
  int abandoned = executor->abandoned;
  ms_executor_unlock(executor);
  return abandoned;
}

void ms_executor_look_at_clock(ms_executor *executor) {
  ms_executor_lock(executor);
  MS_LIST_EACH (link, &executor->slots) {
    pthread_cond_signal(&MS_LIST_ENTRY(link, ms_slot, link)->wake);
  }
  ms_executor_unlock(executor);
}
