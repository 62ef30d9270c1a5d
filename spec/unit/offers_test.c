/* Works that are claimed in the turn that stores them. */
#include "engine/engine.h"
#include "store/private.h"
#include "unit.h"

static ms_err err;
static ms_manager *manager;

static void open_manager(void) {
  static ms_text workers[] = {MS_TEXT("step")};
  ms_options options;
  ms_options_init(&options);
  options.database = ":memory:";
  options.stepped = true;
  options.now_ms = 1000000;
  options.has_workers = true;
  options.host_workers = workers;
  options.host_worker_count = 1;
  UNIT_INT(MS_OK, ms_open(&options, &manager, &err));
}

static void finish(ms_run *run) {
  run->outcome = MS_OUTCOME_SUCCESS;
  ms_finish_run(run);
}

static void close_manager(void) {
  for (ms_run *run; (run = ms_shift_run(manager));)
    finish(run);
  ms_free(manager);
}

/* ---- What comes along in the turn of the next call ---- */

static ms_status make_room(ms_engine *engine, ms_call *call) {
  (void)call;
  engine->turn.host_room = 1;
  return MS_OK;
}

static ms_status make_much_room(ms_engine *engine, ms_call *call) {
  (void)call;
  engine->turn.host_room = 8;
  return MS_OK;
}

static ms_status fail(ms_engine *engine, ms_call *call) {
  (void)call;
  return ms_fail(ms_store_err(engine->store), MS_IO, "the disk does not answer");
}

static ms_status refuse_places(ms_engine *engine, ms_call *call) {
  (void)call;
  return ms_sql_run(engine->store,
                    "CREATE TRIGGER no_places BEFORE INSERT ON ms_waiting BEGIN"
                    " SELECT raise(ABORT, 'a place'); END",
                    "");
}

static void bring(ms_call *call, ms_status (*apply)(ms_engine *engine, ms_call *call)) {
  *call = (ms_call){.apply = apply};
  ms_list_push(&manager->inbox, &call->link);
}

/* ---- Requests, and what became of them ---- */

static ms_request request_of(int priority) {
  ms_request request;
  ms_request_init(&request);
  request.worker = MS_TEXT("step");
  request.priority = priority;
  return request;
}

static ms_status add_one(ms_engine *engine, ms_call *call) {
  ms_request request = request_of(0);
  const ms_arrived arrived = {.requests = &request, .count = 1};
  (void)call;
  return ms_enqueue_arrival(engine, &arrived, NULL, engine->turn.now_ms, &err);
}

static int64_t enqueue_all(const ms_request *requests, size_t count) {
  ms_arena arena = {0};
  ms_enqueued enqueued;
  UNIT_INT(MS_OK, ms_enqueue(manager, requests, count, NULL, &arena, &enqueued, &err));
  int64_t first = enqueued.ids[0];
  ms_arena_deinit(&arena);
  return first;
}

static int64_t enqueue(int priority) {
  ms_request request = request_of(priority);
  return enqueue_all(&request, 1);
}

static ms_state state_of(int64_t id) {
  const ms_selector selector = {.ids = &id, .id_count = 1};
  const ms_page page = {.limit = -1};
  ms_arena arena = {0};
  ms_info *infos;
  size_t count;
  UNIT_INT(MS_OK, ms_query(manager, &selector, &page, &arena, &infos, &count, &err));
  ms_state state = count ? infos[0].state : MS_STATE_COUNT;
  ms_arena_deinit(&arena);
  return state;
}

/* ---- Specs ---- */

static void a_work_that_can_start_at_once_gets_no_place(void) {
  ms_call call;
  open_manager();
  bring(&call, refuse_places);
  UNIT_INT(MS_OK, ms_step_to(manager, 1000000, &err));
  bring(&call, make_room);
  int64_t id = enqueue(0);
  UNIT_INT(MS_RUNNING, state_of(id));
  finish(ms_shift_run(manager));
  UNIT_INT(MS_SUCCEEDED, state_of(id));
  close_manager();
}

static void one_that_cannot_start_waits(void) {
  open_manager();
  int64_t id = enqueue(0);
  UNIT_INT(MS_ENQUEUED, state_of(id));
  ms_run *run = NULL;
  UNIT_INT(MS_OK, ms_step_claim(manager, &run, &err));
  UNIT_INT(id, run->id);
  finish(run);
  close_manager();
}

static void it_does_not_overtake_a_higher_priority_that_waits(void) {
  ms_call call;
  open_manager();
  int64_t high = enqueue(10);
  bring(&call, make_room);
  int64_t low = enqueue(0);
  UNIT_INT(MS_RUNNING, state_of(high));
  UNIT_INT(MS_ENQUEUED, state_of(low));
  close_manager();
}

static void it_does_not_overtake_its_own_lane(void) {
  ms_call call;
  open_manager();
  int64_t first = enqueue(0);
  bring(&call, make_room);
  int64_t second = enqueue(0);
  UNIT_INT(MS_RUNNING, state_of(first));
  UNIT_INT(MS_ENQUEUED, state_of(second));
  close_manager();
}

static void of_one_call_the_highest_priority_starts(void) {
  ms_call call;
  ms_request requests[] = {request_of(0), request_of(5), request_of(1)};
  open_manager();
  bring(&call, make_room);
  int64_t first = enqueue_all(requests, 3);
  UNIT_INT(MS_ENQUEUED, state_of(first));
  UNIT_INT(MS_RUNNING, state_of(first + 1));
  UNIT_INT(MS_ENQUEUED, state_of(first + 2));
  close_manager();
}

static void a_limit_lets_as_many_start(void) {
  ms_call call;
  ms_request requests[] = {request_of(0), request_of(0), request_of(0)};
  ms_queue_settings settings = {.name = MS_TEXT("default"), .limit = 2};
  open_manager();
  UNIT_INT(MS_OK, ms_set_queue(manager, &settings, &err));
  bring(&call, make_much_room);
  int64_t first = enqueue_all(requests, 3);
  UNIT_INT(MS_RUNNING, state_of(first));
  UNIT_INT(MS_RUNNING, state_of(first + 1));
  UNIT_INT(MS_ENQUEUED, state_of(first + 2));
  close_manager();
}

static void a_paused_queue_keeps_it(void) {
  ms_call call;
  ms_queue_settings settings = {.name = MS_TEXT("default"), .paused = 1};
  open_manager();
  UNIT_INT(MS_OK, ms_set_queue(manager, &settings, &err));
  bring(&call, make_room);
  UNIT_INT(MS_ENQUEUED, state_of(enqueue(0)));
  close_manager();
}

static void a_call_of_the_same_turn_finds_it_where_it_waits(void) {
  ms_call room, arrival;
  int64_t id = 1, count = 0;
  const ms_selector selector = {.ids = &id, .id_count = 1};
  open_manager();
  bring(&room, make_room);
  bring(&arrival, add_one);
  UNIT_INT(MS_OK, ms_cancel(manager, &selector, &count, &err));
  UNIT_INT(1, count);
  UNIT_INT(MS_CANCELLED, state_of(id));
  UNIT_CHECK(!ms_shift_run(manager));
  close_manager();
}

static void a_turn_that_fails_leaves_nothing_of_it(void) {
  ms_call room, arrival, failure = {.apply = fail, .adds = true};
  open_manager();
  bring(&room, make_room);
  bring(&arrival, add_one);
  UNIT_INT(MS_IO, ms_engine_call(manager, &failure, &err));
  bring(&room, make_room);
  UNIT_INT(MS_OK, ms_step_to(manager, 1000000, &err));
  UNIT_CHECK(!ms_shift_run(manager));
  UNIT_INT(MS_STATE_COUNT, state_of(1));
  close_manager();
}

int main(void) {
  UNIT_RUN(a_work_that_can_start_at_once_gets_no_place);
  UNIT_RUN(one_that_cannot_start_waits);
  UNIT_RUN(it_does_not_overtake_a_higher_priority_that_waits);
  UNIT_RUN(it_does_not_overtake_its_own_lane);
  UNIT_RUN(of_one_call_the_highest_priority_starts);
  UNIT_RUN(a_limit_lets_as_many_start);
  UNIT_RUN(a_paused_queue_keeps_it);
  UNIT_RUN(a_call_of_the_same_turn_finds_it_where_it_waits);
  UNIT_RUN(a_turn_that_fails_leaves_nothing_of_it);
  return unit_end();
}
