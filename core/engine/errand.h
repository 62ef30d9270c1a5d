/* An errand: what an engine has done beside turns because it waits for the disk: the log is copied,
 * files are looked at.
 *
 * Whoever sends one owns it, embedded in what the errand is about, which is the errand's alone from
 * ms_errand_send until it has come back.
 *
 * The engine's thread sends, and is where errands come back; each has a thread of its own in
 * between. libuv's pool would do as well, but a copy that fork makes of a process dies at its end
 * where libuv joins the threads that such a pool had.
 *
 * Nothing here fails: where the system has no further thread the errand is done at once. */
#ifndef MS_ENGINE_ERRAND_H
#define MS_ENGINE_ERRAND_H

#include "base/list.h"

#include <uv.h>

struct ms_engine;

typedef struct ms_errand {
  /* The sender's. */
  void (*run)(struct ms_engine *engine, struct ms_errand *errand);
  void (*back)(struct ms_engine *engine, struct ms_errand *errand);
  /* Its own. */
  struct ms_engine *engine;
  ms_link link;
  uv_thread_t thread;
  bool threaded;
} ms_errand;

void ms_errand_send(struct ms_engine *engine, ms_errand *errand);
/* Takes in those that have come back. */
void ms_errands_receive(struct ms_engine *engine);

#endif
