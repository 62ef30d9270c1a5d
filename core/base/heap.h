/* A binary heap of pointers, smallest first.
 *
 * The caller owns the struct, a zeroed one with a comparison is empty, and the elements.
 *
 * One thread at a time.
 *
 * Pushing returns false when memory is out; the heap is unchanged then. */
#ifndef MS_BASE_HEAP_H
#define MS_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ms_heap {
  bool (*before)(const void *a, const void *b);
  void **items;
  size_t count;
  size_t capacity;
} ms_heap;

void ms_heap_deinit(ms_heap *heap);
bool ms_heap_push(ms_heap *heap, void *item);
/* The smallest, or NULL. */
void *ms_heap_top(const ms_heap *heap);
void *ms_heap_pop(ms_heap *heap);
/* The smallest may not be the smallest any more. */
void ms_heap_sink(ms_heap *heap);

#endif
