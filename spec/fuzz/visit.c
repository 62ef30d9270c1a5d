#include "visit.h"

#include "fuzz.h"

/* So many runs of a damaged store are given an end; the others are left to the close. */
#define RUNS_MOST 30

static ms_text worker = {.data = "work", .size = 4};

static ms_manager *open_store(const char *path) {
  ms_options options;
  ms_manager *manager = NULL;
  ms_err err = {0};
  ms_options_init(&options);
  options.database = path;
  options.durability = MS_DURABILITY_NORMAL;
  options.busy_timeout_ms = 100;
  options.stop_grace_ms = 10;
  options.host_workers = &worker;
  options.host_worker_count = 1;
  options.has_workers = true;
  return ms_open(&options, &manager, &err) == MS_OK ? manager : NULL;
}

static void finish(ms_run *run, ms_outcome outcome) {
  run->outcome = outcome;
  ms_buf_add(&run->output, "{\"a\":1}", 7);
  ms_finish_run(run);
}

static void run_some(ms_manager *manager) {
  static const ms_outcome outcomes[] = {MS_OUTCOME_SUCCESS, MS_OUTCOME_FAILURE, MS_OUTCOME_RETRY};
  for (int i = 0; i < RUNS_MOST; i++) {
    ms_run *run = ms_take_run(manager);
    if (!run) return;
    ms_progress_run(run, MS_TEXT("{\"part\":1}"));
    finish(run, outcomes[i % 3]);
  }
}

static int64_t enqueue(ms_manager *manager, const ms_request *request, const char *name) {
  ms_arena arena = {0};
  ms_enqueued enqueued = {0};
  ms_err err = {0};
  ms_unique unique = {.name = name ? ms_text_of(name) : MS_TEXT_NONE,
                      .existing = MS_EXISTING_APPEND_OR_REPLACE};
  ms_status status = ms_enqueue(manager, request, 1, &unique, &arena, &enqueued, &err);
  int64_t id = status == MS_OK && enqueued.count ? enqueued.ids[0] : 0;
  ms_arena_deinit(&arena);
  return id;
}

static ms_request new_request(void) {
  static const ms_text tags[] = {{.data = "a", .size = 1}, {.data = "b", .size = 1}};
  ms_request request;
  ms_request_init(&request);
  request.worker = worker;
  request.tags = tags;
  request.tag_count = 2;
  request.input = MS_TEXT("{\"n\":1,\"list\":[1,2,3],\"text\":\"abc\"}");
  return request;
}

static void enqueue_some(ms_manager *manager) {
  ms_request request = new_request();
  for (int i = 0; i < 6; i++)
    enqueue(manager, &request, NULL);
  request.every_ms = 60000;
  request.flex_ms = 1000;
  enqueue(manager, &request, "often");
  request = new_request();
  request.cron = MS_TEXT("*/5 * * * *");
  request.zone = MS_TEXT("Europe/Berlin");
  enqueue(manager, &request, "cron");
  request = new_request();
  request.deadline_ms = ms_clock_wall_ms(&(ms_clock){0}) + 60000;
  request.constraints = MS_TEXT("{\"network\":\"connected\"}");
  int64_t first = enqueue(manager, &request, "chain");
  ms_after after = {.id = first};
  request = new_request();
  request.after = &after;
  request.after_count = first > 0;
  enqueue(manager, &request, NULL);
  enqueue(manager, &request, "chain");
}

static void ask_all(ms_manager *manager) {
  ms_arena arena = {0};
  ms_err err = {0};
  ms_selector all = {.all = true};
  ms_page page = {.limit = 100, .order = MS_ORDER_DUE};
  ms_info *infos = NULL;
  ms_reason *reasons;
  ms_text *texts;
  ms_stats stats;
  size_t count = 0, others;
  int64_t number;
  if (ms_query(manager, &all, &page, &arena, &infos, &count, &err) != MS_OK) count = 0;
  for (size_t i = 0; i < count; i++)
    ms_why(manager, infos[i].id, &arena, &reasons, &others, &err);
  for (int64_t id = 1; id < 20; id++)
    ms_why(manager, id, &arena, &reasons, &others, &err);
  ms_names(manager, &arena, &texts, &others, &err);
  ms_tags(manager, &arena, &texts, &others, &err);
  ms_get_stats(manager, &stats, &err);
  ms_last_cancel_all(manager, &number, &err);
  ms_arena_deinit(&arena);
}

static void change_all(ms_manager *manager) {
  ms_err err = {0};
  ms_selector all = {.all = true};
  const char *how;
  int64_t count;
  ms_request request = new_request();
  for (int64_t id = 1; id < 12; id += 3)
    ms_update(manager, id, &request, &how, &err);
  ms_run_now(manager, &all, &count, &err);
  run_some(manager);
  ms_cancel(manager, &all, &count, &err);
  ms_retry(manager, &all, &count, &err);
  run_some(manager);
  ms_prune(manager, -1, &count, &err);
}

void fuzz_make_store(const char *path) {
  ms_err err = {0};
  ms_manager *manager = open_store(path);
  ms_queue_settings settings = {
      .name = MS_TEXT("default"), .limit = 3, .rate = 100, .rate_window_ms = 1000, .paused = 0};
  FUZZ_CHECK(manager);
  enqueue_some(manager);
  FUZZ_CHECK(ms_set_queue(manager, &settings, &err) == MS_OK);
  run_some(manager);
  ms_free(manager);
}

void fuzz_visit_store(const char *path) {
  ms_manager *manager = open_store(path);
  if (!manager) return;
  ask_all(manager);
  enqueue_some(manager);
  run_some(manager);
  change_all(manager);
  ask_all(manager);
  ms_free(manager);
}
