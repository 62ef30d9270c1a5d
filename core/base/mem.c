#include "base/mem.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Counts every allocation so that tests can fail each in turn. Relaxed: it orders nothing. */
static atomic_long allocations;
static atomic_long fail_at;

static bool planned_to_fail(void) {
  long plan = atomic_load_explicit(&fail_at, memory_order_relaxed);
  if (plan == 0) return false;
  return atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed) + 1 == plan;
}

void *ms_mem_alloc(size_t size) {
  return planned_to_fail() ? NULL : malloc(size ? size : 1);
}

void *ms_mem_zalloc(size_t size) {
  return planned_to_fail() ? NULL : calloc(1, size ? size : 1);
}

void *ms_mem_resize(void *block, size_t size) {
  return planned_to_fail() ? NULL : realloc(block, size ? size : 1);
}

void ms_mem_free(void *block) {
  free(block);
}

char *ms_mem_copy(const char *bytes, size_t size) {
  char *copy = ms_mem_alloc(size + 1);
  if (!copy) return NULL;
  if (size) memcpy(copy, bytes, size);
  copy[size] = '\0';
  return copy;
}

long ms_mem_fail_at(long n) {
  long seen = atomic_exchange(&allocations, 0);
  atomic_store(&fail_at, n);
  return seen;
}
