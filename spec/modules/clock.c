/* Preloaded into a program, this moves its clocks: the file that SPEC_CLOCK names says by how many
 * milliseconds the wall clock is set, and how long the system was suspended. A byte in the pipe
 * SPEC_CLOCK.news stands for what the kernel tells a timer that is cancelled when the clock is set.
 * The monotonic clock is left alone, as it is by both. */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MS_PER_S 1000
#define NS_PER_MS 1000000

/* Programs are not preloaded with it to be fast. */
static void read_offsets(long long *wall_ms, long long *boot_ms) {
  char text[64] = "";
  const char *path = getenv("SPEC_CLOCK");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  *wall_ms = *boot_ms = 0;
  if (file < 0) return;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  if (size > 0) sscanf(text, "%lld %lld", wall_ms, boot_ms);
}

static void add(struct timespec *now, long long ms) {
  long long ns = now->tv_nsec + ms % MS_PER_S * NS_PER_MS;
  now->tv_sec += (time_t)(ms / MS_PER_S);
  if (ns < 0) now->tv_sec--;
  if (ns < 0) ns += (long long)MS_PER_S * NS_PER_MS;
  if (ns >= (long long)MS_PER_S * NS_PER_MS) now->tv_sec++;
  now->tv_nsec = (long)(ns % ((long long)MS_PER_S * NS_PER_MS));
}

int clock_gettime(clockid_t id, struct timespec *now) {
  long long wall_ms, boot_ms;
  long result = syscall(SYS_clock_gettime, id, now);
  if (result != 0 || (id != CLOCK_REALTIME && id != CLOCK_BOOTTIME)) return (int)result;
  read_offsets(&wall_ms, &boot_ms);
  add(now, id == CLOCK_REALTIME ? wall_ms + boot_ms : boot_ms);
  return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec exact;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &exact);
  *now = (struct timeval){.tv_sec = exact.tv_sec, .tv_usec = exact.tv_nsec / 1000};
  return 0;
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}

/* A timer of the wall clock never fires here; it is the pipe. */
int timerfd_create(clockid_t id, int flags) {
  char path[4096];
  if (id != CLOCK_REALTIME) return (int)syscall(SYS_timerfd_create, id, flags);
  snprintf(path, sizeof path, "%s.news", getenv("SPEC_CLOCK"));
  return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

int timerfd_settime(int file, int flags, const struct itimerspec *next, struct itimerspec *last) {
  if (flags & TFD_TIMER_CANCEL_ON_SET) return 0;
  return (int)syscall(SYS_timerfd_settime, file, flags, next, last);
}
