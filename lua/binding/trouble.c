#include "binding/trouble.h"

#include "base/mem.h"

#include <stdio.h>
#include <uv.h>

/* More than this many wait only if nobody looks; then stderr is the better place. */
#define WAITING_MAX 10000

typedef struct waiting {
  ms_trouble trouble;
  ms_link link;
} waiting;

struct ms_troubles {
  uv_mutex_t mutex;
  ms_link waiting;
  size_t count;
  bool queues;
  ms_manager *manager;
};

ms_troubles *ms_troubles_new(bool queues) {
  ms_troubles *troubles = ms_mem_zalloc(sizeof *troubles);
  if (!troubles) return NULL;
  if (uv_mutex_init(&troubles->mutex) != 0) {
    ms_mem_free(troubles);
    return NULL;
  }
  ms_list_init(&troubles->waiting);
  troubles->queues = queues;
  return troubles;
}

void ms_troubles_free(ms_troubles *troubles) {
  if (!troubles) return;
  for (const ms_trouble *trouble; (trouble = ms_troubles_first(troubles));) {
    ms_trouble_write(trouble);
    ms_troubles_drop(troubles);
  }
  uv_mutex_destroy(&troubles->mutex);
  ms_mem_free(troubles);
}

void ms_troubles_attach(ms_troubles *troubles, ms_manager *manager) {
  uv_mutex_lock(&troubles->mutex);
  troubles->manager = manager;
  if (manager && troubles->count > 0) ms_wake(manager);
  uv_mutex_unlock(&troubles->mutex);
}

/* Block and texts are one allocation. */
static waiting *copy_trouble(const ms_trouble *trouble) {
  size_t message_size = strlen(trouble->message) + 1;
  size_t kind_size = strlen(trouble->kind) + 1;
  size_t worker_size = trouble->worker ? strlen(trouble->worker) + 1 : 0;
  waiting *copy = ms_mem_zalloc(sizeof *copy + message_size + kind_size + worker_size);
  if (!copy) return NULL;
  char *text = (char *)(copy + 1);
  copy->trouble.id = trouble->id;
  copy->trouble.message = memcpy(text, trouble->message, message_size);
  text += message_size;
  copy->trouble.kind = memcpy(text, trouble->kind, kind_size);
  text += kind_size;
  if (worker_size > 0) copy->trouble.worker = memcpy(text, trouble->worker, worker_size);
  return copy;
}

void ms_troubles_post(void *troubles, const ms_trouble *trouble) {
  ms_troubles *to = troubles;
  waiting *copy = to->queues ? copy_trouble(trouble) : NULL;
  if (copy) {
    uv_mutex_lock(&to->mutex);
    bool has_room = to->count < WAITING_MAX;
    if (has_room) {
      ms_list_push(&to->waiting, &copy->link);
      to->count++;
      /* Under the mutex, so that the manager cannot go away in between. */
      if (to->manager) ms_wake(to->manager);
    }
    uv_mutex_unlock(&to->mutex);
    if (has_room) return;
    ms_mem_free(copy);
  }
  ms_trouble_write(trouble);
}

const ms_trouble *ms_troubles_first(ms_troubles *troubles) {
  const ms_trouble *first = NULL;
  uv_mutex_lock(&troubles->mutex);
  if (!ms_list_empty(&troubles->waiting)) {
    first = &MS_LIST_ENTRY(troubles->waiting.next, waiting, link)->trouble;
  }
  uv_mutex_unlock(&troubles->mutex);
  return first;
}

void ms_troubles_drop(ms_troubles *troubles) {
  uv_mutex_lock(&troubles->mutex);
  ms_link *link = ms_list_shift(&troubles->waiting);
  if (link) troubles->count--;
  uv_mutex_unlock(&troubles->mutex);
  if (link) ms_mem_free(MS_LIST_ENTRY(link, waiting, link));
}

void ms_trouble_write(const ms_trouble *trouble) {
  if (trouble->worker) {
    fprintf(stderr, "moonshift: %s \"%s\" (work %lld): %s\n", trouble->kind, trouble->worker,
            (long long)trouble->id, trouble->message);
  } else if (trouble->id > 0) {
    fprintf(stderr, "moonshift: %s (work %lld): %s\n", trouble->kind, (long long)trouble->id,
            trouble->message);
  } else {
    fprintf(stderr, "moonshift: %s: %s\n", trouble->kind, trouble->message);
  }
}
