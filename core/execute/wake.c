#include "execute/wake.h"

#include <errno.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

int ms_wake_init(pthread_cond_t *wake) {
  pthread_condattr_t attributes;
  int error = pthread_condattr_init(&attributes);
  if (error) return error;
#ifndef __APPLE__
  error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
  if (!error) error = pthread_cond_init(wake, &attributes);
  pthread_condattr_destroy(&attributes);
  return error;
}

int64_t ms_wake_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * NS_PER_S + now.tv_nsec;
}

bool ms_wake_wait(pthread_cond_t *wake, pthread_mutex_t *mutex, int64_t end_ns) {
#ifdef __APPLE__
  /* Conditions here know no monotonic clock, but can wait for a length of time. */
  int64_t ns = end_ns - ms_wake_clock_ns();
  if (ns <= 0) return false;
  struct timespec rest = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
  return pthread_cond_timedwait_relative_np(wake, mutex, &rest) != ETIMEDOUT;
#else
  struct timespec end = {(time_t)(end_ns / NS_PER_S), (long)(end_ns % NS_PER_S)};
  return pthread_cond_timedwait(wake, mutex, &end) != ETIMEDOUT;
#endif
}
