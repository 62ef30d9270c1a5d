#include "base/map.h"

#include "base/mem.h"

#include <string.h>

/* Ids are dense, so the multiplier of Fibonacci hashing is needed to spread them. */
static size_t home(const ms_map *map, int64_t key) {
  return (size_t)((uint64_t)key * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (map->capacity - 1);
}

static ms_map_slot *find(const ms_map *map, int64_t key) {
  size_t at = home(map, key);
  while (map->slots[at].value && map->slots[at].key != key) {
    at = (at + 1) & (map->capacity - 1);
  }
  return &map->slots[at];
}

static bool grow(ms_map *map) {
  ms_map larger = {.capacity = map->capacity ? map->capacity * 2 : 64};
  larger.slots = ms_mem_zalloc(larger.capacity * sizeof *larger.slots);
  if (!larger.slots) return false;
  for (size_t i = 0; i < map->capacity; i++) {
    if (map->slots[i].value) *find(&larger, map->slots[i].key) = map->slots[i];
  }
  larger.count = map->count;
  ms_mem_free(map->slots);
  *map = larger;
  return true;
}

void ms_map_deinit(ms_map *map) {
  ms_mem_free(map->slots);
  *map = (ms_map){0};
}

void ms_map_clear(ms_map *map) {
  if (map->count) memset(map->slots, 0, map->capacity * sizeof *map->slots);
  map->count = 0;
}

void *ms_map_get(const ms_map *map, int64_t key) {
  return map->count ? find(map, key)->value : NULL;
}

bool ms_map_put(ms_map *map, int64_t key, void *value) {
  if (map->count * 4 >= map->capacity * 3 && !grow(map)) return false;
  ms_map_slot *slot = find(map, key);
  if (!slot->value) map->count++;
  *slot = (ms_map_slot){key, value};
  return true;
}

/* Closes the gap: whatever probed past the freed slot moves back, so no tombstones are needed. */
static void close_gap(ms_map *map, size_t gap) {
  size_t mask = map->capacity - 1;
  for (size_t at = (gap + 1) & mask; map->slots[at].value; at = (at + 1) & mask) {
    size_t wanted = home(map, map->slots[at].key);
    if (((at - wanted) & mask) < ((at - gap) & mask)) continue;
    map->slots[gap] = map->slots[at];
    gap = at;
  }
  map->slots[gap] = (ms_map_slot){0};
}

void *ms_map_remove(ms_map *map, int64_t key) {
  if (!map->count) return NULL;
  ms_map_slot *slot = find(map, key);
  void *value = slot->value;
  if (!value) return NULL;
  close_gap(map, (size_t)(slot - map->slots));
  map->count--;
  return value;
}

void *ms_map_next(const ms_map *map, size_t *at) {
  while (*at < map->capacity) {
    const ms_map_slot *slot = &map->slots[(*at)++];
    if (slot->value) return slot->value;
  }
  return NULL;
}
