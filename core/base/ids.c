#include "base/ids.h"

#include "base/mem.h"

#include <stdlib.h>

void ms_ids_deinit(ms_ids *ids) {
  ms_mem_free(ids->items);
  *ids = (ms_ids){0};
}

bool ms_ids_add(ms_ids *ids, int64_t id) {
  if (ids->count == ids->capacity) {
    size_t capacity = ids->capacity ? ids->capacity * 2 : 16;
    int64_t *items = ms_mem_resize(ids->items, capacity * sizeof *items);
    if (!items) return false;
    ids->items = items;
    ids->capacity = capacity;
  }
  ids->items[ids->count++] = id;
  return true;
}

static int by_value(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return a < b ? -1 : a > b;
}

/* Most lists are in order already. */
void ms_ids_sort(ms_ids *ids) {
  for (size_t i = 1; i < ids->count; i++) {
    if (ids->items[i - 1] <= ids->items[i]) continue;
    qsort(ids->items, ids->count, sizeof *ids->items, by_value);
    return;
  }
}
