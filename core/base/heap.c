#include "base/heap.h"

#include "base/mem.h"

void ms_heap_deinit(ms_heap *heap) {
  ms_mem_free(heap->items);
  heap->items = NULL;
  heap->count = heap->capacity = 0;
}

static void swap(ms_heap *heap, size_t a, size_t b) {
  void *item = heap->items[a];
  heap->items[a] = heap->items[b];
  heap->items[b] = item;
}

bool ms_heap_push(ms_heap *heap, void *item) {
  if (heap->count == heap->capacity) {
    size_t capacity = heap->capacity ? heap->capacity * 2 : 16;
    void **items = ms_mem_resize(heap->items, capacity * sizeof *items);
    if (!items) return false;
    heap->items = items;
    heap->capacity = capacity;
  }
  size_t at = heap->count++;
  heap->items[at] = item;
  while (at && heap->before(heap->items[at], heap->items[(at - 1) / 2])) {
    swap(heap, at, (at - 1) / 2);
    at = (at - 1) / 2;
  }
  return true;
}

void *ms_heap_top(const ms_heap *heap) {
  return heap->count ? heap->items[0] : NULL;
}

void ms_heap_sink(ms_heap *heap) {
  size_t at = 0;
  for (;;) {
    size_t smallest = at, left = 2 * at + 1, right = left + 1;
    if (left < heap->count && heap->before(heap->items[left], heap->items[smallest])) {
      smallest = left;
    }
    if (right < heap->count && heap->before(heap->items[right], heap->items[smallest])) {
      smallest = right;
    }
    if (smallest == at) return;
    swap(heap, at, smallest);
    at = smallest;
  }
}

void *ms_heap_pop(ms_heap *heap) {
  if (!heap->count) return NULL;
  void *top = heap->items[0];
  heap->items[0] = heap->items[--heap->count];
  ms_heap_sink(heap);
  return top;
}
