#include "memory.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>

static sqlite3_mem_methods own;
static atomic_long allocations;
static atomic_long fails_at; /* 0 = never */
static atomic_bool lasting;

static bool fails(void) {
  long at = atomic_load(&fails_at);
  if (!at) return false;
  long n = atomic_fetch_add(&allocations, 1) + 1;
  return atomic_load(&lasting) ? n >= at : n == at;
}

static void *allocate(int size) {
  return fails() ? NULL : own.xMalloc(size);
}

static void *resize(void *block, int size) {
  return fails() ? NULL : own.xRealloc(block, size);
}

void memory_register(void) {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &own);
  sqlite3_mem_methods planned = own;
  planned.xMalloc = allocate;
  planned.xRealloc = resize;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &planned);
}

void memory_fail_at(long n, bool lasts) {
  atomic_store(&allocations, 0);
  atomic_store(&lasting, lasts);
  atomic_store(&fails_at, n);
}

long memory_mend(void) {
  atomic_store(&fails_at, 0);
  return atomic_load(&allocations);
}
