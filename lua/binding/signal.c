#include "binding/signal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

/* Each server has a Lua state and a thread of its own, so there are few. */
#define SERVERS_MAX 64

static const int signals[] = {SIGINT, SIGTERM};
#define SIGNAL_COUNT 2

static struct server {
  _Atomic(ms_manager *) manager;
  atomic_bool caught;
} servers[SERVERS_MAX];

/* Guards the number of servers and what was there before them. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int server_count;
static struct sigaction before[SIGNAL_COUNT];

/* Only atomics and ms_wake, which is safe here. */
static void handle(int number) {
  int saved = errno;
  (void)number;
  for (int i = 0; i < SERVERS_MAX; i++) {
    ms_manager *manager = atomic_load(&servers[i].manager);
    if (!manager) continue;
    atomic_store(&servers[i].caught, true);
    ms_wake(manager);
  }
  errno = saved;
}

static void install(void) {
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < SIGNAL_COUNT; i++) {
    sigaction(signals[i], &action, &before[i]);
  }
}

static void restore(void) {
  for (int i = 0; i < SIGNAL_COUNT; i++) {
    sigaction(signals[i], &before[i], NULL);
  }
}

/* NULL finds one that is free. */
static struct server *find(const ms_manager *manager) {
  for (int i = 0; i < SERVERS_MAX; i++) {
    if (atomic_load(&servers[i].manager) == manager) return &servers[i];
  }
  return NULL;
}

ms_status ms_signals_begin(ms_manager *manager, ms_err *err) {
  pthread_mutex_lock(&mutex);
  struct server *server = find(NULL);
  if (server) {
    atomic_store(&server->caught, false);
    atomic_store(&server->manager, manager);
    if (server_count++ == 0) install();
  }
  pthread_mutex_unlock(&mutex);
  if (server) return MS_OK;
  return ms_fail(err, MS_LIMIT, "more than %d managers serve at once", SERVERS_MAX);
}

bool ms_signals_caught(const ms_manager *manager) {
  struct server *server = manager ? find(manager) : NULL;
  return server && atomic_load(&server->caught);
}

void ms_signals_end(const ms_manager *manager) {
  pthread_mutex_lock(&mutex);
  struct server *server = manager ? find(manager) : NULL;
  if (server) {
    atomic_store(&server->manager, NULL);
    if (--server_count == 0) restore();
  }
  pthread_mutex_unlock(&mutex);
}
