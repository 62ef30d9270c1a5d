#include "base/point.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long passed, passed_to_stop;

/* Is this the passing that the environment names? */
static bool is_there(const char *name, const char *variable, atomic_long *count) {
  const char *wanted = getenv(variable);
  const char *colon = wanted ? strchr(wanted, ':') : NULL;
  if (!colon || strncmp(name, wanted, (size_t)(colon - wanted)) != 0) return false;
  if (name[colon - wanted] != '\0') return false;
  return atomic_fetch_add(count, 1) + 1 == atol(colon + 1);
}

/* One write, so that the line is whole. */
static void say(const char *what, const char *name) {
  char line[64];
  int size = snprintf(line, sizeof line, "%s at %s\n", what, name);
  ssize_t written = write(STDERR_FILENO, line, (size_t)size);
  (void)written;
}

void ms_point(const char *name) {
  if (is_there(name, "MOONSHIFT_STOP_AT", &passed_to_stop)) {
    say("stopped", name);
    kill(getpid(), SIGSTOP);
  }
  if (is_there(name, "MOONSHIFT_KILL_AT", &passed)) {
    say("killed", name);
    kill(getpid(), SIGKILL);
  }
}
