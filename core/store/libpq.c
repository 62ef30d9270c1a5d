#include "store/libpq.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static ms_libpq library;
static const char *missing;

/* dlsym gives a pointer to data, which C does not convert to one to a function. */
static bool find(void *handle, const char *name, void *function) {
  void *symbol = dlsym(handle, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

static void load(void) {
  static const char *const names[] = {"libpq.so.5", "libpq.5.dylib", "libpq.so"};
  void *handle = NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names && !handle; i++) {
    handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  }
  missing = handle ? NULL : "its client library, libpq 14 or newer, is not installed here";
  if (!handle) return;
  bool complete = true;
#define X(type, name, parameters) complete = find(handle, #name, &library.name) && complete;
  MS_LIBPQ_LIST(X)
#undef X
  if (!complete) missing = "its client library, libpq, is older than version 14";
}

ms_status ms_libpq_load(const ms_libpq **libpq, ms_err *err) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  if (missing) {
    return ms_fail(err, MS_NOTFOUND, "PostgreSQL: %s (on Debian and its kin: package libpq5)",
                   missing);
  }
  *libpq = &library;
  return MS_OK;
}
