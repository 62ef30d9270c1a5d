/* What meets in one turn, and what a turn that failed leaves known. */
#include "engine/engine.h"
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

static ms_err err;
static char folder[] = "/tmp/turn_test.XXXXXX";
static ms_manager *manager;

/* ---- Managers whose host runs the work named "step" ---- */

static ms_manager *open_manager(bool stepped) {
  static ms_text workers[] = {MS_TEXT("step")};
  char path[64];
  ms_options options;
  ms_manager *opened;
  snprintf(path, sizeof path, "%s/work.db", folder);
  ms_options_init(&options);
  options.database = stepped ? ":memory:" : path;
  options.durability = MS_DURABILITY_NORMAL;
  options.stepped = stepped;
  options.now_ms = 1000000;
  options.has_workers = true;
  options.host_workers = workers;
  options.host_worker_count = 1;
  UNIT_INT(MS_OK, ms_open(&options, &opened, &err));
  return opened;
}

static int64_t enqueue(int64_t delay_ms, const int64_t *after, size_t count) {
  ms_arena arena = {0};
  ms_request request;
  ms_enqueued enqueued;
  ms_after prerequisites[2] = {{0}};
  for (size_t i = 0; i < count; i++)
    prerequisites[i].id = after[i];
  ms_request_init(&request);
  request.worker = MS_TEXT("step");
  request.delay_ms = delay_ms;
  request.after = prerequisites;
  request.after_count = count;
  UNIT_INT(MS_OK, ms_enqueue(manager, &request, 1, NULL, &arena, &enqueued, &err));
  int64_t id = enqueued.ids[0];
  ms_arena_deinit(&arena);
  return id;
}

static ms_info info_of(int64_t id, ms_arena *arena) {
  const ms_selector selector = {.ids = &id, .id_count = 1};
  const ms_page page = {.limit = -1};
  ms_info *infos;
  size_t count;
  UNIT_INT(MS_OK, ms_query(manager, &selector, &page, arena, &infos, &count, &err));
  UNIT_INT(1, (int64_t)count);
  return infos[0];
}

static ms_state state_of(int64_t id) {
  ms_arena arena = {0};
  ms_state state = info_of(id, &arena).state;
  ms_arena_deinit(&arena);
  return state;
}

/* ---- A result and a call in one turn ---- */

/* The result waits for the next turn. */
static void succeed(ms_run *run) {
  run->outcome = MS_OUTCOME_SUCCESS;
  ms_engine_give_back(manager, run);
}

static ms_run *start(void) {
  ms_run *run = NULL;
  UNIT_INT(MS_OK, ms_step_claim(manager, &run, &err));
  return run;
}

static void a_work_that_comes_as_one_prerequisite_succeeds_waits_for_the_other(void) {
  manager = open_manager(true);
  int64_t after[] = {enqueue(0, NULL, 0), enqueue(3600000, NULL, 0)};
  succeed(start());
  int64_t last = enqueue(0, after, 2);
  UNIT_INT(MS_SUCCEEDED, state_of(after[0]));
  UNIT_INT(MS_BLOCKED, state_of(last));
  ms_free(manager);
}

static void a_work_revived_as_one_prerequisite_succeeds_waits_for_the_other(void) {
  int64_t count;
  manager = open_manager(true);
  int64_t after[] = {enqueue(0, NULL, 0), enqueue(3600000, NULL, 0)};
  int64_t last = enqueue(0, after, 2);
  const ms_selector selector = {.ids = &last, .id_count = 1};
  UNIT_INT(MS_OK, ms_cancel(manager, &selector, &count, &err));
  succeed(start());
  UNIT_INT(MS_OK, ms_retry(manager, &selector, &count, &err));
  UNIT_INT(MS_BLOCKED, state_of(last));
  ms_free(manager);
}

/* ---- What another process has updated ---- */

static ms_status fail_to_look(ms_engine *engine, ms_call *call) {
  (void)call;
  return ms_fail(ms_store_err(engine->store), MS_IO, "the disk does not answer");
}

static void look_in_vain(void) {
  ms_call look = {.apply = fail_to_look, .reads = true};
  UNIT_INT(MS_IO, ms_engine_call(manager, &look, &err));
}

static void update(ms_manager *by, int64_t id) {
  ms_request request;
  const char *how = NULL;
  ms_request_init(&request);
  request.worker = MS_TEXT("step");
  request.trace = MS_TEXT("updated");
  UNIT_INT(MS_OK, ms_update(by, id, &request, &how, &err));
  UNIT_STRING("applied_for_next_run", how);
}

static void update_after_a_failed_look(ms_manager *other) {
  ms_arena arena = {0};
  int64_t id = enqueue(0, NULL, 0);
  ms_run *run = ms_take_run(manager);
  look_in_vain();
  update(other, id);
  run->outcome = MS_OUTCOME_RETRY;
  run->retry_after_ms = 3600000;
  ms_finish_run(run);
  UNIT_INT(MS_ENQUEUED, state_of(id));
  UNIT_INT(1, info_of(id, &arena).generation);
  ms_arena_deinit(&arena);
}

/* The engine's thread may happen to look between the two, and then it knows. */
static void a_look_that_failed_hides_no_update_of_a_running_work(void) {
  manager = open_manager(false);
  ms_manager *other = open_manager(false);
  for (int round = 0; round < 50; round++)
    update_after_a_failed_look(other);
  ms_free(other);
  ms_free(manager);
}

int main(void) {
  char command[64];
  if (!mkdtemp(folder)) return 1;
  UNIT_RUN(a_work_that_comes_as_one_prerequisite_succeeds_waits_for_the_other);
  UNIT_RUN(a_work_revived_as_one_prerequisite_succeeds_waits_for_the_other);
  UNIT_RUN(a_look_that_failed_hides_no_update_of_a_running_work);
  snprintf(command, sizeof command, "rm -r %s", folder);
  if (system(command) != 0) return 1;
  return unit_end();
}
