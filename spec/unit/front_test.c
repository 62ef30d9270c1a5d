/* What is read ahead of a lane, beside a list of what waits there. */
#include "unit.h"

#include "store/front.h"
#include "store/private.h"
#include "store/sqlite.h"
#include "store/work_move.h"

#include <stdlib.h>

#define WORKS 200
#define STEPS 20000

/* What waits, in order. */
typedef struct model {
  ms_store *store;
  ms_lane *lane;
  ms_work works[WORKS];
  size_t count;
} model;

static void open_lane(model *it) {
  ms_store_options options = {.database = ":memory:", .busy_timeout_ms = 1000};
  ms_lane wanted = {.queue = MS_TEXT("default"), .worker = MS_TEXT("ping")};
  ms_err err = {0};
  bool changed;
  *it = (model){0};
  UNIT_INT(MS_OK, ms_store_open(&options, &it->store, &err));
  UNIT_INT(MS_OK, ms_store_begin(it->store, &changed));
  UNIT_INT(MS_OK, ms_lane_intern(it->store, &wanted, &it->lane));
}

static void close_lane(model *it) {
  UNIT_INT(MS_OK, ms_store_commit(it->store));
  ms_store_close(it->store);
}

static bool stands_before(const ms_work *a, const ms_work *b) {
  return a->due_at_ms < b->due_at_ms || (a->due_at_ms == b->due_at_ms && a->id < b->id);
}

static void add(model *it, int64_t due_at_ms) {
  ms_work work;
  ms_work_init(&work);
  UNIT_INT(MS_OK, ms_store_take_ids(it->store, 1, &work.id));
  work.lane = it->lane->id;
  work.due_at_ms = due_at_ms;
  UNIT_INT(MS_OK, ms_work_insert(it->store, &work, NULL, 0));
  UNIT_INT(MS_OK, ms_waiting_place(it->store, &work));
  size_t place = it->count++;
  for (; place && stands_before(&work, &it->works[place - 1]); place--)
    it->works[place] = it->works[place - 1];
  it->works[place] = work;
}

static void drop(model *it, size_t place) {
  it->count--;
  for (; place < it->count; place++)
    it->works[place] = it->works[place + 1];
}

static void cancel(model *it, size_t place) {
  ms_work after = it->works[place];
  after.state = MS_CANCELLED;
  after.finished_at_ms = 1;
  UNIT_INT(MS_OK, ms_work_move(it->store, &it->works[place], &after, true));
  drop(it, place);
}

static int64_t head_id(model *it) {
  UNIT_INT(MS_OK, ms_front_find(it->store, it->lane, 1 + (size_t)rand() % MS_FRONT_MOST));
  ms_spot head = ms_front_head(it->lane);
  return head.due_at_ms == MS_NEVER ? 0 : head.id;
}

static void is_at_the_head(model *it) {
  UNIT_INT(it->count ? it->works[0].id : 0, head_id(it));
}

/* A work of another lane may be read along, and so may one that is gone. */
static void read_what_waits(model *it, ms_waiting waiting) {
  ms_arena arena = {0};
  ms_waiting all[] = {{{1, MS_ID_MAX}, 0}, waiting, {{1, MS_ID_MAX - 1}, 0}};
  ms_work works[3];
  UNIT_INT(MS_OK, ms_waiting_read(it->store, all, 3, &arena, works));
  UNIT_INT(MS_CANCELLED, works[0].state);
  UNIT_INT(MS_ENQUEUED, works[1].state);
  UNIT_INT(it->works[0].id, works[1].id);
  UNIT_INT(it->works[0].due_at_ms, works[1].due_at_ms);
  UNIT_INT(it->lane->id, works[1].lane);
  UNIT_INT(MS_CANCELLED, works[2].state);
  ms_arena_deinit(&arena);
}

static void claim(model *it, size_t most) {
  if (rand() % 2) UNIT_INT(MS_OK, ms_front_top_up(it->store, it->lane, (size_t)rand() % 20, most));
  if (!head_id(it)) return;
  ms_waiting waiting = ms_front_pass(it->lane);
  UNIT_INT(it->works[0].id, waiting.spot.id);
  read_what_waits(it, waiting);
  UNIT_INT(MS_OK, ms_waiting_take(it->store, it->lane->id, waiting.spot, waiting.spot, 1));
  drop(it, 0);
}

static void gives_works_by_time_and_id(void) {
  model it;
  open_lane(&it);
  add(&it, 20);
  add(&it, 10);
  add(&it, 20);
  add(&it, 10);
  for (int i = 0; i < 4; i++)
    claim(&it, MS_FRONT_MOST);
  UNIT_INT(0, head_id(&it));
  close_lane(&it);
}

static void sees_who_comes_before_those_that_were_read(void) {
  model it;
  open_lane(&it);
  for (int64_t i = 1; i <= 20; i++)
    add(&it, i * 10);
  for (int i = 0; i < 8; i++)
    claim(&it, MS_FRONT_MOST);
  add(&it, 5);
  add(&it, 95);
  while (it.count)
    claim(&it, MS_FRONT_MOST);
  UNIT_INT(0, head_id(&it));
  close_lane(&it);
}

static void passes_over_works_until_it_is_forgotten(void) {
  model it;
  open_lane(&it);
  add(&it, 10);
  add(&it, 20);
  int64_t first = head_id(&it);
  UNIT_INT(first, ms_front_pass(it.lane).spot.id);
  UNIT_CHECK(head_id(&it) == it.works[1].id);
  ms_lanes_forget_heads(it.store);
  UNIT_INT(first, head_id(&it));
  close_lane(&it);
}

static int count_steps(void *ticks) {
  ++*(int *)ticks;
  return 0;
}

/* SQLite's steps, by the hundred, while one of so many leaves that are due together. */
static int hundreds_of_steps(int works) {
  model it;
  int ticks = 0;
  open_lane(&it);
  for (int i = 0; i < works; i++)
    add(&it, 10);
  UNIT_INT(MS_OK, ms_rows_write(it.store));
  ms_spot spot = {10, it.works[0].id};
  sqlite3 *handle = ((ms_sqlite_connection *)it.store->connection)->handle;
  sqlite3_progress_handler(handle, 100, count_steps, &ticks);
  UNIT_INT(MS_OK, ms_waiting_take(it.store, it.lane->id, spot, spot, 1));
  sqlite3_progress_handler(handle, 0, NULL, NULL);
  close_lane(&it);
  return ticks;
}

static void lets_works_leave_without_a_look_at_all_that_are_due_then(void) {
  UNIT_INT(hundreds_of_steps(2), hundreds_of_steps(WORKS));
}

static void step(model *it) {
  switch (rand() % 8) {
  case 0:
  case 1:
  case 2:
    if (it->count < WORKS) add(it, rand() % 50);
    break;
  case 3:
    if (it->count) cancel(it, (size_t)rand() % it->count);
    break;
  case 4:
    if (rand() % 10 == 0) ms_lanes_forget_heads(it->store);
    break;
  default:
    claim(it, 1 + (size_t)rand() % MS_FRONT_MOST);
  }
  is_at_the_head(it);
}

static void is_what_waits_whatever_happens(void) {
  model it;
  open_lane(&it);
  srand(1);
  for (int i = 0; i < STEPS; i++)
    step(&it);
  close_lane(&it);
}

int main(void) {
  UNIT_RUN(gives_works_by_time_and_id);
  UNIT_RUN(sees_who_comes_before_those_that_were_read);
  UNIT_RUN(passes_over_works_until_it_is_forgotten);
  UNIT_RUN(lets_works_leave_without_a_look_at_all_that_are_due_then);
  UNIT_RUN(is_what_waits_whatever_happens);
  return unit_end();
}
