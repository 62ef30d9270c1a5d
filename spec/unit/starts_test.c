/* How many of a rated queue may start, beside a list of those that did. */
#include "unit.h"

#include "base/clock.h"
#include "store/queue.h"
#include "store/store.h"

#include <stdlib.h>

#define RATE 5
#define WINDOW_MS 100
#define STEPS 5000

static const ms_queue queue = {.name = MS_TEXT("slow"), .rate = RATE, .rate_window_ms = WINDOW_MS};
static ms_store *store;
static int64_t moments[STEPS];
static size_t count;

static ms_starts starts_at(int64_t now_ms) {
  ms_starts starts;
  UNIT_INT(MS_OK, ms_queue_read_starts(store, &queue, now_ms, &starts));
  return starts;
}

static void start(int64_t now_ms, int64_t at_ms) {
  ms_starts starts = starts_at(now_ms);
  UNIT_INT(MS_OK, ms_queue_note_start(store, &queue, at_ms, &starts));
  moments[count++] = starts.last_at_ms;
}

static void take_back(int64_t now_ms) {
  ms_starts starts = starts_at(now_ms);
  UNIT_INT(MS_OK, ms_queue_forget_start(store, queue.name, starts.last));
  count--;
}

static int64_t counted(int64_t now_ms) {
  int64_t found = 0;
  for (size_t i = 0; i < count; i++)
    found += moments[i] > now_ms - WINDOW_MS;
  return found;
}

static void is_what_the_window_leaves(int64_t now_ms) {
  ms_starts starts = starts_at(now_ms);
  UNIT_INT(RATE - counted(now_ms), starts.room);
  if (starts.room) return;
  UNIT_INT(moments[count - RATE] + WINDOW_MS, starts.room_at_ms);
}

static void leaves_room_for_as_many_as_the_rate_says(void) {
  int64_t now_ms = 1000;
  srand(1);
  for (int i = 0; i < STEPS; i++) {
    now_ms += rand() % 30;
    is_what_the_window_leaves(now_ms);
    bool room = counted(now_ms) < RATE;
    if (room) start(now_ms, now_ms + rand() % 20);
    if (counted(now_ms) && rand() % 5 == 0) take_back(now_ms);
  }
}

static void notes_several_starts_of_one_moment(void) {
  int64_t now_ms = 1000000;
  ms_starts starts = starts_at(now_ms);
  UNIT_INT(RATE, starts.room);
  for (int i = 0; i < RATE; i++)
    UNIT_INT(MS_OK, ms_queue_note_start(store, &queue, now_ms + i, &starts));
  UNIT_INT(0, starts.room);
  UNIT_INT(now_ms + WINDOW_MS, starts_at(now_ms).room_at_ms);
  UNIT_INT(1, starts_at(now_ms + WINDOW_MS).room);
  UNIT_INT(RATE, starts_at(now_ms + WINDOW_MS + RATE).room);
}

int main(void) {
  ms_store_options options = {.database = ":memory:", .busy_timeout_ms = 1000};
  ms_err err = {0};
  bool changed;
  UNIT_INT(MS_OK, ms_store_open(&options, &store, &err));
  UNIT_INT(MS_OK, ms_store_begin(store, &changed));
  UNIT_RUN(leaves_room_for_as_many_as_the_rate_says);
  UNIT_RUN(notes_several_starts_of_one_moment);
  UNIT_INT(MS_OK, ms_store_commit(store));
  ms_store_close(store);
  return unit_end();
}
