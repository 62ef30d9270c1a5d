/* A small harness for tests in C. One file is one program: functions that check, run by main.
 *
 *   static void grows(void) { UNIT_INT(3, add(1, 2)); }
 *   int main(void) { UNIT_RUN(grows); return unit_end(); }
 *
 * The counters belong to the program; what is compared stays the caller's.
 *
 * One thread at a time.
 *
 * A check that fails says where and goes on; unit_end then gives the exit status 1. So does a
 * program that checked nothing. */
#ifndef SPEC_UNIT_UNIT_H
#define SPEC_UNIT_UNIT_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static long unit_checks;
static long unit_failures;
static const char *unit_name = "main";

/* Counts one check; false when it failed, and the place is then printed. */
static inline bool unit_check(bool holds, const char *file, int line, const char *what) {
  unit_checks++;
  if (holds) return true;
  unit_failures++;
  printf("%s:%d: %s: %s\n", file, line, unit_name, what);
  return false;
}

static inline void unit_int(int64_t expected, int64_t got, const char *file, int line,
                            const char *what) {
  if (unit_check(expected == got, file, line, what)) return;
  printf("  expected %" PRId64 ", got %" PRId64 "\n", expected, got);
}

/* Strings that end in NUL, or NULL. */
static inline void unit_string(const char *expected, const char *got, const char *file, int line,
                               const char *what) {
  bool same = expected && got ? strcmp(expected, got) == 0 : expected == got;
  if (unit_check(same, file, line, what)) return;
  printf("  expected %s, got %s\n", expected ? expected : "NULL", got ? got : "NULL");
}

static inline int unit_end(void) {
  printf("%ld checks, %ld failed\n", unit_checks, unit_failures);
  return unit_checks == 0 || unit_failures > 0;
}

#define UNIT_CHECK(condition) ((void)unit_check((condition), __FILE__, __LINE__, #condition))
#define UNIT_INT(expected, got) unit_int((expected), (got), __FILE__, __LINE__, #got)
#define UNIT_STRING(expected, got) unit_string((expected), (got), __FILE__, __LINE__, #got)
#define UNIT_RUN(function) (unit_name = #function, function())

#endif
