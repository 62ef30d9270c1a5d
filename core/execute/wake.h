/* Waiting on a condition for a length of time, by the monotonic clock.
 *
 * The condition belongs to the caller, who destroys it.
 *
 * Any thread may call, to wait with the mutex held.
 *
 * Only the making of a condition can fail, with the system's error number. */
#ifndef MS_EXECUTE_WAKE_H
#define MS_EXECUTE_WAKE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

int ms_wake_init(pthread_cond_t *wake);
int64_t ms_wake_clock_ns(void);
/* False once the moment has come; true for a signal, or for no reason. */
bool ms_wake_wait(pthread_cond_t *wake, pthread_mutex_t *mutex, int64_t end_ns);

#endif
