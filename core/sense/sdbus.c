#include "sense/sdbus.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LIBRARY "libsystemd.so.0"

static const struct {
  const char *symbol;
  size_t offset;
} entries[] = {
#define X(returns, name, arguments) {"sd_" #name, offsetof(ms_sdbus, name)},
    MS_SDBUS_LIST(X)
#undef X
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static ms_sdbus table;
static char missing[256]; /* what the loader says; empty = the table is whole */

static void load(void) {
  void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(missing, sizeof missing, "%s", dlerror());
    return;
  }
  for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
    void *function = dlsym(library, entries[i].symbol);
    if (!function) {
      snprintf(missing, sizeof missing, "%s has no %s", LIBRARY, entries[i].symbol);
      return;
    }
    memcpy((char *)&table + entries[i].offset, &function, sizeof function);
  }
}

ms_status ms_sdbus_load(const ms_sdbus **sd, ms_err *err) {
  pthread_once(&once, load);
  if (missing[0]) return ms_fail(err, MS_NOTFOUND, "%s", missing);
  *sd = &table;
  return MS_OK;
}
