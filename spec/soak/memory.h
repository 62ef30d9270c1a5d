/* SQLite's memory, which can run out.
 *
 * The plan belongs to the program. What SQLite has is as its own allocator gives it.
 *
 * One thread at a time plans, while no other uses SQLite.
 *
 * Nothing here fails but the allocations that are planned to. */
#ifndef SPEC_SOAK_MEMORY_H
#define SPEC_SOAK_MEMORY_H

#include <stdbool.h>

/* Before SQLite is first used. */
void memory_register(void);
/* SQLite's n-th allocation from now on fails; if it lasts, so do all later ones. */
void memory_fail_at(long n, bool lasts);
/* Memory is there again. Returns how many allocations there were. */
long memory_mend(void);

#endif
