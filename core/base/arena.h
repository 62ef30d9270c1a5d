/* Many small allocations that end together.
 *
 * The caller owns the struct; a zeroed one is an empty arena. Everything taken from it lives until
 * ms_arena_deinit (or ms_arena_clear).
 *
 * One thread at a time.
 *
 * Taking returns NULL when memory is out; what was taken before stays valid. */
#ifndef MS_BASE_ARENA_H
#define MS_BASE_ARENA_H

#include "base/text.h"

typedef struct ms_arena {
  struct ms_arena_block *last;
} ms_arena;

void ms_arena_deinit(ms_arena *arena);
/* As deinit, but keeps one block for what comes next. */
void ms_arena_clear(ms_arena *arena);
/* How much memory it holds. */
size_t ms_arena_bytes(const ms_arena *arena);
/* An empty arena gets room for so many bytes, at the least. False when memory is out. */
bool ms_arena_reserve(ms_arena *arena, size_t size);
/* How much of that a copy of the text needs. */
size_t ms_arena_bytes_of(ms_text text);
/* Zeroed, aligned for any type. */
void *ms_arena_take(ms_arena *arena, size_t size);
/* A copy with a NUL behind it; data is NULL when memory is out or text is absent. */
ms_text ms_arena_copy(ms_arena *arena, ms_text text);

#endif
