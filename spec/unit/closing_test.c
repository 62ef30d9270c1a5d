#include "moonshift.h"
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

typedef struct asker {
  ms_manager *manager;
  atomic_bool begun;
  ms_status last;
} asker;

static void *ask(void *data) {
  asker *it = data;
  ms_selector selector = {.all = true};
  int64_t count;
  do {
    it->last = ms_count(it->manager, &selector, &count, NULL);
    it->begun = true;
  } while (it->last == MS_OK);
  return NULL;
}

/* Other threads ask without a pause while one closes. */
static void calls_during_a_close_are_answered(void) {
  for (int round = 0; round < 200; round++) {
    ms_options options;
    ms_options_init(&options);
    options.database = ":memory:";
    asker askers[3] = {0};
    pthread_t threads[3];
    ms_manager *manager;
    UNIT_INT(MS_OK, ms_open(&options, &manager, NULL));
    for (int i = 0; i < 3; i++) {
      askers[i].manager = manager;
      pthread_create(&threads[i], NULL, ask, &askers[i]);
    }
    for (int i = 0; i < 3; i++) {
      while (!askers[i].begun)
        sched_yield();
    }
    UNIT_INT(MS_OK, ms_close(manager, 0, NULL));
    for (int i = 0; i < 3; i++) {
      pthread_join(threads[i], NULL);
      UNIT_INT(MS_CLOSED, askers[i].last);
    }
    ms_free(manager);
  }
}

int main(void) {
  UNIT_RUN(calls_during_a_close_are_answered);
  return unit_end();
}
