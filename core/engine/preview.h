/* What stands at the files of a row of moonshift_inbox, looked at before the turn that takes it in.
 *
 * An ms_preview belongs to its engine and holds what was seen for one row at a time, the first that
 * waits; rows behind it keep their order and wait as well.
 *
 * Turns ask for a look and use what it saw; the engine's thread has it made by an errand. The
 * state, guarded by the engine's mutex, tells whose everything else is: the errand's while it
 * looks, the engine's thread's when that is wanted, else whoever turns owns it.
 *
 * A look that fails is kept like one that does not: the row is refused for it. */
#ifndef MS_ENGINE_PREVIEW_H
#define MS_ENGINE_PREVIEW_H

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"
#include "engine/errand.h"
#include "model/request.h"

struct ms_engine;

typedef enum ms_preview_state {
  MS_PREVIEW_NONE,
  MS_PREVIEW_WANTED,
  MS_PREVIEW_LOOKING,
  MS_PREVIEW_READY
} ms_preview_state;

typedef struct ms_preview {
  ms_preview_state state;
  ms_errand errand;
  ms_arena arena;
  int64_t row;
  ms_request *requests; /* the files of the row's requests, and nothing else of them */
  size_t count;
  ms_text *snapshots; /* NULL = no request has files */
  ms_status status;
  ms_err err;
} ms_preview;

/* In a turn. *seen is NULL while the row must wait for its look, which is asked for. */
ms_status ms_preview_find(struct ms_engine *engine, int64_t row, const ms_arrived *arrived,
                          const ms_preview **seen);
/* In a turn that has taken in what it could: what was seen has been used, or is of no use. */
void ms_preview_forget(struct ms_engine *engine);
/* Has the look made that is wanted. For the engine's thread. */
void ms_preview_serve(struct ms_engine *engine);
/* When the loop has ended. */
void ms_preview_deinit(ms_preview *preview);

#endif
