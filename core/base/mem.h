/* The one gate through which the project allocates.
 *
 * What ms_mem_* returns belongs to the caller, who gives it back with ms_mem_free.
 *
 * Any thread may call. The failure plan is for tests, which set it while no other thread runs.
 *
 * Allocation returns NULL when memory is out, or when the plan says that this call fails. */
#ifndef MS_BASE_MEM_H
#define MS_BASE_MEM_H

#include <stddef.h>

void *ms_mem_alloc(size_t size);
void *ms_mem_zalloc(size_t size);
/* As realloc: on failure the old block stays valid. */
void *ms_mem_resize(void *block, size_t size);
void ms_mem_free(void *block);
/* A copy of size bytes with a NUL behind them. */
char *ms_mem_copy(const char *bytes, size_t size);

/* Test only: the n-th allocation from now on fails, once (1 = the next); 0 switches it off.
 * Returns how many allocations happened since the last call. */
long ms_mem_fail_at(long n);

#endif
