/* A growable list of ids.
 *
 * The caller owns the struct; a zeroed one is empty.
 *
 * One thread at a time.
 *
 * Adding returns false when memory is out; the list is unchanged then. */
#ifndef MS_BASE_IDS_H
#define MS_BASE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ids of works are positive, and not larger than this: eighteen digits. */
#define MS_ID_MAX INT64_C(999999999999999999)

typedef struct ms_ids {
  int64_t *items;
  size_t count;
  size_t capacity;
} ms_ids;

static inline bool ms_is_id(int64_t number) {
  return number > 0 && number <= MS_ID_MAX;
}

void ms_ids_deinit(ms_ids *ids);
bool ms_ids_add(ms_ids *ids, int64_t id);
/* Lowest first. */
void ms_ids_sort(ms_ids *ids);

#endif
