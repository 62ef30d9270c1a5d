/* A hash map from integers to pointers.
 *
 * The caller owns the struct, a zeroed one is an empty map, and whatever the pointers point to.
 *
 * One thread at a time.
 *
 * ms_map_put returns false when memory is out; the map is unchanged then. */
#ifndef MS_BASE_MAP_H
#define MS_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ms_map_slot {
  int64_t key;
  void *value; /* NULL = free */
} ms_map_slot;

typedef struct ms_map {
  ms_map_slot *slots;
  size_t capacity; /* a power of two, or 0 */
  size_t count;
} ms_map;

void ms_map_deinit(ms_map *map);
void ms_map_clear(ms_map *map);
/* NULL when absent. */
void *ms_map_get(const ms_map *map, int64_t key);
/* value is not NULL; replaces what stands there. */
bool ms_map_put(ms_map *map, int64_t key, void *value);
/* The value that was there, or NULL. */
void *ms_map_remove(ms_map *map, int64_t key);
/* Iterates in no order: start with *at = 0; NULL at the end. Do not change the map meanwhile. */
void *ms_map_next(const ms_map *map, size_t *at);

#endif
