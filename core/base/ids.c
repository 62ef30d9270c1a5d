#include "base/ids.h"

#include "base/mem.h"

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
