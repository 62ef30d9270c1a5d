/* The board that all processes share: order in the line, who is passed by, what the disk has. */
#include "store/board.h"
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static int file;
static ms_board *board;

static void open_board(void) {
  char path[] = "/tmp/board_test.XXXXXX";
  ms_err err;
  file = mkstemp(path);
  unlink(path);
  UNIT_CHECK(ms_board_open(file, &board, &err) == MS_OK);
}

static ms_line wait_while_moving(uint32_t ticket) {
  ms_line line;
  do {
    line = ms_line_wait(board, ticket);
  } while (line == MS_LINE_MOVED);
  return line;
}

static void whoever_came_first_goes_first(void) {
  uint32_t a = ms_line_join(board), b = ms_line_join(board);
  UNIT_CHECK(ms_line_wait(board, a) == MS_LINE_REACHED);
  UNIT_CHECK(ms_line_wait(board, b) == MS_LINE_STUCK);
  ms_line_leave(board, a);
  UNIT_CHECK(ms_line_wait(board, b) == MS_LINE_REACHED);
  ms_line_leave(board, b);
}

static void whoever_is_gone_is_passed_by(void) {
  uint32_t gone = ms_line_join(board), next = ms_line_join(board), last = ms_line_join(board);
  UNIT_CHECK(wait_while_moving(next) == MS_LINE_STUCK);
  ms_line_leave(board, next);
  UNIT_CHECK(ms_line_wait(board, last) == MS_LINE_REACHED);
  UNIT_CHECK(ms_line_wait(board, gone) == MS_LINE_PASSED);
  ms_line_leave(board, gone);
  UNIT_CHECK(ms_line_wait(board, last) == MS_LINE_REACHED);
  ms_line_leave(board, last);
}

static void only_an_empty_line_is_joined_by_whoever_will_not_wait(void) {
  uint32_t first, second;
  UNIT_CHECK(ms_line_join_if_empty(board, &first));
  UNIT_CHECK(ms_line_wait(board, first) == MS_LINE_REACHED);
  UNIT_CHECK(!ms_line_join_if_empty(board, &second));
  second = ms_line_join(board);
  UNIT_CHECK(ms_line_wait(board, second) == MS_LINE_STUCK);
  ms_line_leave(board, first);
  UNIT_CHECK(ms_line_wait(board, second) == MS_LINE_REACHED);
  ms_line_leave(board, second);
}

typedef struct stander {
  pthread_t thread;
  uint32_t ticket;
  uint32_t *order;
  int *count;
} stander;

static void *stand(void *context) {
  stander *self = context;
  while (ms_line_wait(board, self->ticket) != MS_LINE_REACHED) {
  }
  self->order[(*self->count)++] = self->ticket;
  ms_line_leave(board, self->ticket);
  return NULL;
}

static void all_who_wait_go_in_their_order(void) {
  enum { MANY = 40 };
  stander standers[MANY];
  uint32_t order[MANY];
  int count = 0;
  uint32_t first = ms_line_join(board);
  for (int i = 0; i < MANY; i++) {
    standers[i] = (stander){.order = order, .count = &count};
    standers[i].ticket = ms_line_join(board);
  }
  for (int i = MANY - 1; i >= 0; i--)
    UNIT_INT(0, pthread_create(&standers[i].thread, NULL, stand, &standers[i]));
  ms_line_leave(board, first);
  for (int i = 0; i < MANY; i++)
    pthread_join(standers[i].thread, NULL);
  UNIT_INT(MANY, count);
  for (int i = 0; i < MANY; i++)
    UNIT_INT(first + 1 + (uint32_t)i, order[i]);
}

/* ---- What the disk has ---- */

static bool must_sync(uint32_t number, ms_sync *sync) {
  return ms_sync_begin(board, number, sync);
}

static void one_sync_serves_all_who_wrote_before_it(void) {
  ms_sync sync;
  uint32_t a = ms_unsynced_add(board), b = ms_unsynced_add(board);
  UNIT_INT(b, ms_unsynced_last(board));
  UNIT_CHECK(must_sync(a, &sync));
  UNIT_CHECK(ms_sync_is_under_way(board));
  uint32_t c = ms_unsynced_add(board);
  ms_sync_end(board, &sync, true);
  UNIT_CHECK(!ms_sync_is_under_way(board));
  UNIT_CHECK(!must_sync(a, &sync));
  UNIT_CHECK(!must_sync(b, &sync));
  UNIT_CHECK(must_sync(c, &sync));
  ms_sync_end(board, &sync, true);
  UNIT_CHECK(!must_sync(c, &sync));
}

static void a_sync_that_failed_serves_nobody(void) {
  ms_sync sync;
  uint32_t number = ms_unsynced_add(board);
  UNIT_CHECK(must_sync(number, &sync));
  ms_sync_end(board, &sync, false);
  UNIT_CHECK(must_sync(number, &sync));
  ms_sync_end(board, &sync, true);
}

static void whoever_is_gone_while_it_syncs_is_replaced(void) {
  ms_sync gone, sync;
  uint32_t a = ms_unsynced_add(board);
  UNIT_CHECK(must_sync(a, &gone));
  uint32_t b = ms_unsynced_add(board);
  UNIT_CHECK(must_sync(b, &sync));
  ms_sync_end(board, &gone, true);
  UNIT_CHECK(ms_sync_is_under_way(board));
  ms_sync_end(board, &sync, true);
  UNIT_CHECK(!ms_sync_is_under_way(board));
  UNIT_CHECK(!must_sync(b, &sync));
}

static void *wait_for_sync(void *context) {
  ms_sync sync;
  const uint32_t *number = context;
  if (must_sync(*number, &sync)) ms_sync_end(board, &sync, true);
  return NULL;
}

static void all_who_wait_for_a_sync_go_on(void) {
  enum { MANY = 8 };
  pthread_t threads[MANY];
  uint32_t numbers[MANY];
  ms_sync sync;
  UNIT_CHECK(must_sync(ms_unsynced_add(board), &sync));
  for (int i = 0; i < MANY; i++) {
    numbers[i] = ms_unsynced_add(board);
    UNIT_INT(0, pthread_create(&threads[i], NULL, wait_for_sync, &numbers[i]));
  }
  ms_sync_end(board, &sync, true);
  for (int i = 0; i < MANY; i++)
    pthread_join(threads[i], NULL);
  UNIT_CHECK(!must_sync(ms_unsynced_last(board), &sync));
}

static void wants_are_each_process_own(void) {
  ms_board_want(board, 7, MS_WANT_WORK, true);
  ms_board_want(board, 7, MS_WANT_ENDS, true);
  ms_board_want(board, 7, MS_WANT_WORK, false);
  UNIT_CHECK(!ms_board_wants(board, 7, MS_WANT_WORK));
  UNIT_CHECK(ms_board_wants(board, 7, MS_WANT_ENDS));
  UNIT_CHECK(!ms_board_wants(board, 8, MS_WANT_ENDS));
}

static void another_mapping_is_the_same_board(void) {
  ms_board *other;
  ms_err err;
  ms_board_want(board, 9, MS_WANT_WORK, true);
  UNIT_CHECK(ms_board_open(file, &other, &err) == MS_OK);
  UNIT_CHECK(ms_board_wants(other, 9, MS_WANT_WORK));
  uint32_t a = ms_line_join(board), b = ms_line_join(other);
  UNIT_CHECK(b == a + 1);
  ms_line_leave(board, a);
  UNIT_CHECK(ms_line_wait(other, b) == MS_LINE_REACHED);
  ms_line_leave(other, b);
  ms_board_close(other);
}

static void what_others_wrote_there_holds_up_nobody(void) {
  static const uint32_t far_ahead[] = {5, UINT32_C(2000000000)}, far_behind[] = {3000000000, 9};
  const uint32_t *lines[] = {far_ahead, far_behind};
  for (int i = 0; i < 2; i++) {
    UNIT_INT(8, pwrite(file, lines[i], 8, 64));
    UNIT_CHECK(ms_line_wait(board, ms_line_join(board)) == MS_LINE_PASSED);
    uint32_t ticket = ms_line_join(board);
    UNIT_CHECK(ms_line_wait(board, ticket) == MS_LINE_REACHED);
    ms_line_leave(board, ticket);
  }
}

static void what_others_wrote_there_makes_nothing_safe(void) {
  static const uint32_t far_ahead[] = {7, 1000000, 0}, behind[] = {7, UINT32_C(3000000000), 1};
  const uint32_t *counts[] = {far_ahead, behind};
  ms_sync sync;
  for (int i = 0; i < 2; i++) {
    UNIT_INT(12, pwrite(file, counts[i], 12, 72));
    uint32_t number = ms_unsynced_add(board);
    UNIT_CHECK(must_sync(number, &sync));
    ms_sync_end(board, &sync, true);
    UNIT_CHECK(!must_sync(number, &sync));
  }
}

int main(void) {
  UNIT_RUN(open_board);
  UNIT_RUN(whoever_came_first_goes_first);
  UNIT_RUN(whoever_is_gone_is_passed_by);
  UNIT_RUN(only_an_empty_line_is_joined_by_whoever_will_not_wait);
  UNIT_RUN(all_who_wait_go_in_their_order);
  UNIT_RUN(one_sync_serves_all_who_wrote_before_it);
  UNIT_RUN(a_sync_that_failed_serves_nobody);
  UNIT_RUN(whoever_is_gone_while_it_syncs_is_replaced);
  UNIT_RUN(all_who_wait_for_a_sync_go_on);
  UNIT_RUN(wants_are_each_process_own);
  UNIT_RUN(another_mapping_is_the_same_board);
  UNIT_RUN(what_others_wrote_there_holds_up_nobody);
  UNIT_RUN(what_others_wrote_there_makes_nothing_safe);
  ms_board_close(board);
  close(file);
  return unit_end();
}
