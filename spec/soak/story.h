/* A manager's life, made up from a seed: it enqueues, claims, finishes, cancels, lets time pass,
 * checkpoints, closes and dies.
 *
 * The caller owns the story, zeroed but for path, durability and random, and ends it with
 * story_end. It takes place on the disk that is mounted.
 *
 * One thread at a time; time is virtual, so the same seed tells the same story.
 *
 * A step that fails has changed nothing but what the disk holds of it; called again it tries the
 * same once more. A refused call, such as appending to a periodic name, is no failure. */
#ifndef SPEC_SOAK_STORY_H
#define SPEC_SOAK_STORY_H

#include "moonshift.h"

typedef struct soak_story {
  const char *path;
  ms_durability durability;
  uint64_t random;
  bool has_threads; /* time is real; for story_serve alone */
  ms_manager *manager;
  ms_run *run; /* claimed and not yet given back */
  int64_t now_ms;
  int64_t going_to_ms; /* the moment that time passes to next, or 0 */
  int64_t newest_id;
  const char *doing; /* what the last step did */
} soak_story;

/* A manager that runs "work" as the host, and closes without waiting. */
ms_status story_open(soak_story *story, ms_err *err);
ms_status story_step(soak_story *story, ms_err *err);
/* A result that could not be stored is kept for a tenth of a second; this stores it without
 * waiting, so that time stays as it would be had nothing failed. */
void story_settle(soak_story *story);
/* Enqueues once more, and then runs and cancels until nothing is unfinished. */
ms_status story_finish(soak_story *story, ms_err *err);
/* Enqueues once more, and runs whatever comes until that has run. */
ms_status story_serve(soak_story *story, ms_err *err);
/* Closes. */
void story_end(soak_story *story);

/* Whether a call was carried out, or refused for what it asked. */
bool story_told(ms_status status);

#endif
