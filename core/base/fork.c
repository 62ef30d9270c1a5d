#include "base/fork.h"

#include "base/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t forking = PTHREAD_MUTEX_INITIALIZER;
static ms_ids guarded;

static void before_fork(void) {
  pthread_mutex_lock(&forking);
}

static void after_fork(void) {
  pthread_mutex_unlock(&forking);
}

static void after_fork_in_child(void) {
  for (size_t i = 0; i < guarded.count; i++)
    close((int)guarded.items[i]);
  guarded.count = 0;
  pthread_mutex_unlock(&forking);
}

static void heed_forks(void) {
  pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

static void hold_forks(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, heed_forks);
  pthread_mutex_lock(&forking);
}

static void forget(int file) {
  for (size_t i = 0; i < guarded.count; i++) {
    if (guarded.items[i] != file) continue;
    guarded.items[i] = guarded.items[--guarded.count];
    break;
  }
  if (!guarded.count) ms_ids_deinit(&guarded);
}

int ms_fork_open(const char *path, int flags, int mode) {
  hold_forks();
  int file = open(path, flags, mode);
  if (file >= 0 && !ms_ids_add(&guarded, file)) {
    close(file);
    errno = ENOMEM;
    file = -1;
  }
  pthread_mutex_unlock(&forking);
  return file;
}

void ms_fork_close(int file) {
  hold_forks();
  forget(file);
  close(file);
  pthread_mutex_unlock(&forking);
}

bool ms_fork_guard(int file) {
  hold_forks();
  bool added = ms_ids_add(&guarded, file);
  pthread_mutex_unlock(&forking);
  return added;
}

void ms_fork_release(int file) {
  hold_forks();
  forget(file);
  pthread_mutex_unlock(&forking);
}
