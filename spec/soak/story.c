#include "story.h"

#include "engine/engine.h"
#include "random.h"

#include <stdio.h>
#include <stdlib.h>

#define BEGINNING_MS INT64_C(1767225600000) /* 2026-01-01 */
/* Large enough for a row to need pages of its own. */
#define LARGE_BYTES 9000
/* So much is run before the rest, which may be periodic, is cancelled. */
#define RUNS_MOST 60
/* Nobody waits so long for a work that is due. */
#define PATIENCE_MS 20000

static ms_text worker = {.data = "work", .size = 4};
static ms_text names[] = {{"alpha", 5}, {"beta", 4}, {"gamma", 5}};
static ms_text tags[] = {{"red", 3}, {"green", 5}};

static uint64_t below(soak_story *story, uint64_t limit) {
  return random_below(&story->random, limit);
}

bool story_told(ms_status status) {
  return status == MS_OK || status == MS_MISUSE || status == MS_NOTFOUND;
}

static ms_status told(ms_status status) {
  return story_told(status) ? MS_OK : status;
}

typedef struct story_data {
  char bytes[LARGE_BYTES + 16];
} story_data;

/* Quoted text in an object; every page of it differs. */
static ms_text data_of(soak_story *story, story_data *data) {
  size_t size = below(story, 8) == 0 ? LARGE_BYTES : below(story, 60);
  int at = snprintf(data->bytes, sizeof *data, "{\"text\":\"");
  for (size_t i = 0; i < size; i++)
    data->bytes[at++] = (char)('a' + below(story, 26));
  memcpy(data->bytes + at, "\"}", 2);
  return (ms_text){data->bytes, (size_t)at + 2};
}

/* ---- The manager ---- */

static ms_options options_of(const soak_story *story) {
  ms_options options;
  ms_options_init(&options);
  options.database = story->path;
  options.durability = story->durability;
  options.retention_ms = 20 * 60 * 1000;
  options.stop_grace_ms = 0;
  options.host_workers = &worker;
  options.host_worker_count = 1;
  options.has_workers = true;
  options.stepped = !story->has_threads;
  options.now_ms = story->now_ms;
  return options;
}

ms_status story_open(soak_story *story, ms_err *err) {
  story->doing = "open";
  if (!story->now_ms) story->now_ms = BEGINNING_MS;
  ms_options options = options_of(story);
  return ms_open(&options, &story->manager, err);
}

static void give_run_up(soak_story *story) {
  if (story->run) ms_finish_run(story->run);
  story->run = NULL;
}

void story_end(soak_story *story) {
  give_run_up(story);
  ms_free(story->manager);
  story->manager = NULL;
}

static ms_status reopen(soak_story *story, ms_err *err) {
  story->doing = "close and open";
  if (story->run) return MS_OK;
  story_end(story);
  return story_open(story, err);
}

/* Another takes over what the dead one left. */
static ms_status die(soak_story *story, ms_err *err) {
  ms_options options = options_of(story);
  ms_manager *heir = NULL;
  story->doing = "die";
  options.peer_of = story->manager;
  ms_crash(story->manager);
  ms_status status = ms_open(&options, &heir, err);
  if (status != MS_OK) return status;
  give_run_up(story);
  ms_free(story->manager);
  story->manager = heir;
  return MS_OK;
}

/* As the engine does it: behind a transaction of its own. */
static ms_status copy_log(ms_store *store) {
  bool changed, whole;
  MS_TRY(ms_store_begin(store, &changed));
  ms_status status = ms_store_commit(store);
  if (status != MS_OK) ms_store_rollback(store);
  return status == MS_OK ? ms_store_checkpoint(store, &whole) : status;
}

static ms_status checkpoint(soak_story *story, ms_err *err) {
  story->doing = "checkpoint";
  ms_status status = copy_log(story->manager->store);
  return status == MS_OK ? MS_OK : ms_engine_fail(story->manager, status, err);
}

/* ---- Enqueueing ---- */

static void fill_request(soak_story *story, ms_request *request, story_data *input) {
  ms_request_init(request);
  request->worker = worker;
  request->input = data_of(story, input);
  request->tags = tags;
  request->tag_count = below(story, 3);
  request->priority = (int)below(story, 3);
  switch (below(story, 6)) {
  case 0:
    request->delay_ms = (int64_t)(1 + below(story, 100)) * 1000;
    break;
  case 1:
    request->every_ms = 60000;
    break;
  case 2:
    request->deadline_ms = story->now_ms + 1000 * (int64_t)(1 + below(story, 600));
    break;
  default:
    break;
  }
}

static ms_status enqueue_requests(soak_story *story, const ms_request *requests, size_t count,
                                  const ms_unique *unique, ms_err *err) {
  ms_arena arena = {0};
  ms_enqueued enqueued = {0};
  ms_status status = ms_enqueue(story->manager, requests, count, unique, &arena, &enqueued, err);
  for (size_t i = 0; status == MS_OK && i < enqueued.count; i++) {
    if (enqueued.ids[i] > story->newest_id) story->newest_id = enqueued.ids[i];
  }
  ms_arena_deinit(&arena);
  return told(status);
}

static ms_status enqueue_one(soak_story *story, ms_err *err) {
  ms_request request;
  story_data input;
  ms_unique unique = {0};
  story->doing = "enqueue";
  fill_request(story, &request, &input);
  if (random_coin(&story->random)) {
    unique.name = names[below(story, 3)];
    unique.existing = (ms_existing)below(story, 5);
  }
  return enqueue_requests(story, &request, 1, &unique, err);
}

#define MANY 12

/* One chain, or independent works. */
static ms_status enqueue_many(soak_story *story, ms_err *err) {
  ms_request requests[MANY];
  ms_after after[MANY];
  story_data inputs[MANY];
  ms_unique unique = {0};
  bool chained = random_coin(&story->random);
  size_t count = 2 + below(story, MANY - 1);
  story->doing = chained ? "enqueue a chain" : "enqueue several";
  for (size_t i = 0; i < count; i++) {
    fill_request(story, &requests[i], &inputs[i]);
    requests[i].every_ms = 0;
    after[i] = (ms_after){.index = i ? i - 1 : 0};
    requests[i].after = &after[i];
    requests[i].after_count = chained && i > 0;
  }
  return enqueue_requests(story, requests, count, &unique, err);
}

/* ---- Changing what is there ---- */

typedef ms_status change_function(ms_manager *, const ms_selector *, int64_t *, ms_err *);

static ms_status change(soak_story *story, change_function *function, ms_err *err) {
  int64_t count, id = 1 + (int64_t)below(story, (uint64_t)story->newest_id + 1);
  ms_selector selector = {.ids = &id, .id_count = 1};
  return told(function(story->manager, &selector, &count, err));
}

static ms_status cancel(soak_story *story, ms_err *err) {
  story->doing = "cancel";
  return change(story, ms_cancel, err);
}

static ms_status retry(soak_story *story, ms_err *err) {
  story->doing = "retry";
  return change(story, ms_retry, err);
}

static ms_status run_now(soak_story *story, ms_err *err) {
  story->doing = "run_now";
  return change(story, ms_run_now, err);
}

static ms_status update(soak_story *story, ms_err *err) {
  ms_request request;
  story_data input;
  const char *how;
  int64_t id = 1 + (int64_t)below(story, (uint64_t)story->newest_id + 1);
  story->doing = "update";
  fill_request(story, &request, &input);
  return told(ms_update(story->manager, id, &request, &how, err));
}

static ms_status prune(soak_story *story, ms_err *err) {
  int64_t count;
  story->doing = "prune";
  return told(ms_prune(story->manager, below(story, 2) ? -1 : 60000, &count, err));
}

static ms_status set_queue(soak_story *story, ms_err *err) {
  ms_queue_settings settings = {.name = MS_TEXT("default"), .limit = 1 + (int64_t)below(story, 4)};
  story->doing = "set_queue";
  return told(ms_set_queue(story->manager, &settings, err));
}

/* ---- Running ---- */

static ms_status claim(soak_story *story, ms_err *err) {
  story->doing = "claim";
  return ms_step_claim(story->manager, &story->run, err);
}

static ms_status finish(soak_story *story, ms_err *err) {
  static const ms_outcome outcomes[] = {MS_OUTCOME_SUCCESS, MS_OUTCOME_SUCCESS, MS_OUTCOME_FAILURE,
                                        MS_OUTCOME_RETRY};
  ms_run *run = story->run;
  story_data output;
  story->doing = "finish";
  ms_buf_clear(&run->output);
  if (!ms_buf_add_text(&run->output, data_of(story, &output)))
    return ms_fail(err, MS_NOMEM, "no memory for the output");
  run->outcome = outcomes[below(story, 4)];
  run->retry_after_ms = -1;
  story->run = NULL;
  ms_finish_run(run);
  return MS_OK;
}

static ms_status claim_or_finish(soak_story *story, ms_err *err) {
  return story->run ? finish(story, err) : claim(story, err);
}

static ms_status report_progress(soak_story *story, ms_err *err) {
  int64_t count;
  ms_selector all = {.all = true};
  story->doing = "progress";
  if (!story->run) return MS_OK;
  ms_progress_run(story->run, MS_TEXT("{\"part\":1}"));
  return ms_count(story->manager, &all, &count, err);
}

/* Asking for the next moment is a step of its own: it deletes what outlived its retention, which
 * stays so if the way to that moment fails. */
static ms_status pass_time(soak_story *story, ms_err *err) {
  int64_t next_ms = story->going_to_ms;
  if (!next_ms) {
    story->doing = "look ahead";
    return ms_step_next(story->manager, &story->going_to_ms, err);
  }
  story->doing = "time passes";
  if (next_ms != MS_NEVER) MS_TRY(ms_step_to(story->manager, next_ms, err));
  story->going_to_ms = 0;
  if (next_ms != MS_NEVER && next_ms > story->now_ms) story->now_ms = next_ms;
  return MS_OK;
}

typedef struct story_deed {
  ms_status (*act)(soak_story *story, ms_err *err);
  unsigned weight;
} story_deed;

static const story_deed deeds[] = {
    {enqueue_one, 20},    {enqueue_many, 6}, {claim_or_finish, 40},
    {pass_time, 20},      {cancel, 4},       {retry, 4},
    {run_now, 4},         {update, 4},       {prune, 2},
    {report_progress, 4}, {set_queue, 2},    {checkpoint, 4},
    {reopen, 2},          {die, 2},
};
#define DEEDS (sizeof deeds / sizeof *deeds)

static const story_deed *choose(soak_story *story) {
  unsigned sum = 0;
  for (size_t i = 0; i < DEEDS; i++)
    sum += deeds[i].weight;
  uint64_t place = below(story, sum);
  const story_deed *deed = deeds;
  for (; place >= deed->weight; deed++)
    place -= deed->weight;
  return deed;
}

ms_status story_step(soak_story *story, ms_err *err) {
  uint64_t before = story->random;
  if (!story->manager) MS_TRY(story_open(story, err));
  ms_status status = choose(story)->act(story, err);
  if (status != MS_OK) story->random = before;
  return status;
}

void story_settle(soak_story *story) {
  if (!story->manager) return;
  story->manager->deferred = false;
  ms_step_settle(story->manager);
}

/* ---- The end ---- */

static ms_status run_next(soak_story *story, bool *any, ms_err *err) {
  *any = true;
  if (!story->run) MS_TRY(claim(story, err));
  if (story->run) {
    story->run->outcome = MS_OUTCOME_SUCCESS;
    ms_finish_run(story->run);
    story->run = NULL;
    return MS_OK;
  }
  int64_t next_ms;
  MS_TRY(ms_step_next(story->manager, &next_ms, err));
  *any = next_ms != MS_NEVER;
  return *any ? ms_step_to(story->manager, next_ms, err) : MS_OK;
}

static ms_status enqueue_last(soak_story *story, ms_err *err) {
  ms_unique unique = {0};
  ms_request request;
  ms_request_init(&request);
  request.worker = worker;
  return enqueue_requests(story, &request, 1, &unique, err);
}

ms_status story_finish(soak_story *story, ms_err *err) {
  bool any = true;
  int64_t count;
  ms_selector all = {.all = true};
  MS_TRY(enqueue_last(story, err));
  for (int i = 0; i < RUNS_MOST && any; i++)
    MS_TRY(run_next(story, &any, err));
  MS_TRY(ms_cancel(story->manager, &all, &count, err));
  for (int i = 0; i < 4; i++)
    MS_TRY(run_next(story, &any, err));
  all = (ms_selector){.states = 1u << MS_ENQUEUED | 1u << MS_RUNNING | 1u << MS_BLOCKED};
  MS_TRY(ms_count(story->manager, &all, &count, err));
  return count ? ms_fail(err, MS_CORRUPT, "%lld works do not finish", (long long)count) : MS_OK;
}

ms_status story_serve(soak_story *story, ms_err *err) {
  int64_t before = story->newest_id;
  MS_TRY(enqueue_last(story, err));
  for (int64_t id = 0; id != story->newest_id;) {
    int64_t seen = ms_changes(story->manager, MS_HEED_CHANGES);
    ms_pollfd_clear(story->manager);
    ms_run *run = ms_take_run(story->manager);
    if (!run) ms_wait(story->manager, seen, PATIENCE_MS);
    if (!run) run = ms_take_run(story->manager);
    if (!run && ms_changes(story->manager, MS_HEED_CHANGES) == seen)
      return ms_fail(err, MS_TIMEOUT, "work %lld does not run", (long long)story->newest_id);
    if (!run) continue;
    id = run->id;
    run->outcome = MS_OUTCOME_SUCCESS;
    ms_finish_run(run);
  }
  return story->newest_id > before ? MS_OK : ms_fail(err, MS_CORRUPT, "an id was given twice");
}
