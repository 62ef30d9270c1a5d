/* Texts in a database that holds only UTF-8 without NUL: what it cannot hold is written in other
 * letters on the way in, and read back on the way out, so that every text comes back as it was.
 *
 * Where nothing is to be changed the text itself is returned; else the copy is in the arena.
 *
 * Any thread, each with its own arena.
 *
 * data is NULL when memory is out, or when the text was absent. */
#ifndef MS_STORE_FOREIGN_H
#define MS_STORE_FOREIGN_H

#include "base/arena.h"

ms_text ms_foreign_encode(ms_text text, ms_arena *arena);
ms_text ms_foreign_decode(ms_text text, ms_arena *arena);

#endif
