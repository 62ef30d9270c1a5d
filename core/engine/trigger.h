/* Work that waits for files: what a change means to it.
 *
 * What is known of a work's files stands in the store; nothing of it is kept here.
 *
 * Whoever turns calls, but for what says otherwise.
 *
 * Failures leave their detail in the store's err, or in err where one is given. */
#ifndef MS_ENGINE_TRIGGER_H
#define MS_ENGINE_TRIGGER_H

#include "base/arena.h"
#include "model/constraint.h"
#include "model/request.h"
#include "store/work.h"

struct ms_engine;

/* A look at the files of a request, before the call that makes it; in a stepped manager nobody
 * looks, and the snapshot is absent. Any thread, outside of turns wherever that is possible. */
ms_status ms_trigger_look(struct ms_engine *engine, const ms_request *request, ms_arena *arena,
                          ms_text *snapshot, ms_err *err);
/* The same for all requests of a call; *snapshots is NULL if none has files. */
ms_status ms_trigger_look_all(struct ms_engine *engine, const ms_request *requests, size_t count,
                              ms_arena *arena, ms_text **snapshots, ms_err *err);
/* What becomes of a work: each is for all works, and does nothing for those without files. */
ms_status ms_trigger_insert(struct ms_engine *engine, const ms_work *work, ms_text snapshot);
ms_status ms_trigger_update(struct ms_engine *engine, const ms_work *before, const ms_work *after,
                            ms_text snapshot);
ms_status ms_trigger_finish(struct ms_engine *engine, const ms_work *work);
ms_status ms_trigger_revive(struct ms_engine *engine, const ms_work *work);
/* Its run has ended: for good, or to be tried again. */
ms_status ms_trigger_rearm(struct ms_engine *engine, const ms_work *work);
ms_status ms_trigger_rest(struct ms_engine *engine, const ms_work *work);
/* The paths that a run is told of, as JSON text. */
ms_status ms_trigger_paths(struct ms_engine *engine, const ms_work *work, ms_arena *arena,
                           ms_text *paths);
/* The work's own files, of which it has some. */
ms_status ms_trigger_files(struct ms_engine *engine, const ms_work *work, ms_arena *arena,
                           ms_constraints *files);
/* When changes from the first to the last have settled. */
int64_t ms_trigger_settles_at(const ms_constraints *files, int64_t first_at_ms, int64_t last_at_ms);

/* Others may have changed what is known of works' files. */
ms_status ms_trigger_notice(struct ms_engine *engine);

/* Something has changed at a work's files. */
typedef struct ms_change {
  int64_t id;
  int64_t first_at_ms; /* MS_NEVER = nothing but the snapshot */
  int64_t last_at_ms;
  bool settled;     /* whatever these say */
  ms_text paths;    /* JSON text from the paths model */
  ms_text snapshot; /* what stands now; absent = nobody has looked */
  int64_t base;     /* the snapshot that it was compared with, then the one it has become */
  bool taken;       /* false: the work is finished, or another look was taken meanwhile */
} ms_change;
ms_status ms_trigger_change(struct ms_engine *engine, ms_change *change);

#endif
