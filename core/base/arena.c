#include "base/arena.h"

#include "base/mem.h"

#include <stdalign.h>

/* Blocks double: the first holds the texts of one work, of which thousands may be under way; the
 * largest is enough for a page of infos. */
#define FIRST_SIZE ((size_t)500)
#define BLOCK_SIZE ((size_t)4000)

typedef struct ms_arena_block {
  struct ms_arena_block *previous;
  size_t used;
  size_t capacity;
  alignas(max_align_t) char bytes[];
} block;

static block *block_new(ms_arena *arena, size_t size) {
  size_t capacity = arena->last ? arena->last->capacity * 2 : FIRST_SIZE;
  if (capacity > BLOCK_SIZE) capacity = BLOCK_SIZE;
  if (capacity < size) capacity = size;
  block *fresh = ms_mem_alloc(sizeof *fresh + capacity);
  if (!fresh) return NULL;
  *fresh = (block){.previous = arena->last, .capacity = capacity};
  arena->last = fresh;
  return fresh;
}

void ms_arena_deinit(ms_arena *arena) {
  while (arena->last) {
    block *last = arena->last;
    arena->last = last->previous;
    ms_mem_free(last);
  }
}

void ms_arena_clear(ms_arena *arena) {
  if (!arena->last) return;
  ms_arena older = {.last = arena->last->previous};
  ms_arena_deinit(&older);
  arena->last->previous = NULL;
  arena->last->used = 0;
}

size_t ms_arena_bytes(const ms_arena *arena) {
  size_t bytes = 0;
  for (const block *each = arena->last; each; each = each->previous)
    bytes += each->capacity;
  return bytes;
}

static size_t aligned(size_t size) {
  return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

bool ms_arena_reserve(ms_arena *arena, size_t size) {
  return block_new(arena, aligned(size)) != NULL;
}

size_t ms_arena_bytes_of(ms_text text) {
  return text.data ? aligned(text.size + 1) : 0;
}

void *ms_arena_take(ms_arena *arena, size_t size) {
  size = aligned(size);
  block *last = arena->last;
  if (!last || last->capacity - last->used < size) last = block_new(arena, size);
  if (!last) return NULL;
  void *bytes = last->bytes + last->used;
  last->used += size;
  memset(bytes, 0, size);
  return bytes;
}

ms_text ms_arena_copy(ms_arena *arena, ms_text text) {
  if (!text.data) return MS_TEXT_NONE;
  char *copy = ms_arena_take(arena, text.size + 1);
  if (!copy) return MS_TEXT_NONE;
  memcpy(copy, text.data, text.size);
  return (ms_text){copy, text.size};
}
