#include "store/board.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Whoever is next tries the lock after so long without movement, the one behind after twice as
 * long, and so on up to the longest. Long against waking up and short against what a user notices:
 * it is spent once for everybody who is gone, or whom the processors keep waiting. */
#define PATIENCE_NS 1000000
#define PATIENCE_MOST 16

/* The first byte is written to nudge those who watch the file, the last to give it its size. A
 * change here is a change of the schema. */
struct ms_board {
  char nudged[64];
  _Atomic uint32_t tickets; /* drawn */
  _Atomic uint32_t serving; /* the ticket whose turn it is; later ones wait */
  char unused[55];
  _Atomic uint8_t wants[MS_BOARD_PLACES];
  char last;
};
_Static_assert(sizeof(struct ms_board) == 1024, "one block of any file system, so one is enough");

/* Written and not only made long, so that no write to memory ever finds the disk full. */
static bool make_room(int file) {
  off_t last = offsetof(struct ms_board, last);
  return pwrite(file, "", 1, last) == 1 && pwrite(file, "", 1, 0) == 1;
}

ms_status ms_board_open(int file, ms_board **board, ms_err *err) {
  void *map = MAP_FAILED;
  if (make_room(file)) {
    map = mmap(NULL, sizeof **board, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  if (map == MAP_FAILED) {
    ms_status status = errno == ENOSPC || errno == EDQUOT ? MS_FULL : MS_IO;
    return ms_fail(err, status, "open the lock file: %s", strerror(errno));
  }
  /* A mapping keeps the file open, and with it the locks, also in the child of a fork. */
  madvise(map, sizeof **board, MADV_DONTFORK);
  *board = map;
  return MS_OK;
}

void ms_board_close(ms_board *board) {
  if (board) munmap(board, sizeof *board);
}

/* ---- The line ---- */

/* Tickets wrap around; those that are compared lie close together. */
static bool is_before(uint32_t a, uint32_t b) {
  return (int32_t)(a - b) < 0;
}

/* Each waits for its own bit, so that one who leaves wakes one. */
static uint32_t bit_of(uint32_t ticket) {
  return UINT32_C(1) << ticket % 32;
}

/* Who is served has drawn a ticket: where that is not so the file holds what somebody else wrote,
 * and the next ticket is the one that is served. */
uint32_t ms_line_join(ms_board *board) {
  uint32_t ticket = atomic_fetch_add(&board->tickets, 1), next = ticket + 1;
  uint32_t serving = atomic_load(&board->serving);
  if (is_before(next, serving)) {
    atomic_compare_exchange_strong(&board->tickets, &next, serving);
  }
  return ticket;
}

/* False when the time is over. */
static bool sleep_until_moved(ms_board *board, uint32_t serving, uint32_t ticket) {
  struct timespec until;
  uint32_t ahead = ticket - serving;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += PATIENCE_NS * (ahead < PATIENCE_MOST ? ahead : PATIENCE_MOST);
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  long result =
      syscall(SYS_futex, &board->serving, FUTEX_WAIT_BITSET, serving, &until, NULL, bit_of(ticket));
  return result == 0 || errno != ETIMEDOUT;
}

static ms_line compare(uint32_t serving, uint32_t ticket) {
  if (serving == ticket) return MS_LINE_REACHED;
  return is_before(ticket, serving) ? MS_LINE_PASSED : MS_LINE_MOVED;
}

ms_line ms_line_wait(ms_board *board, uint32_t ticket) {
  uint32_t serving = atomic_load(&board->serving);
  ms_line line = compare(serving, ticket);
  if (line != MS_LINE_MOVED) return line;
  bool woken = sleep_until_moved(board, serving, ticket);
  uint32_t now = atomic_load(&board->serving);
  return woken || now != serving ? compare(now, ticket) : MS_LINE_STUCK;
}

void ms_line_leave(ms_board *board, uint32_t ticket) {
  uint32_t next = ticket + 1, serving = atomic_load(&board->serving);
  do {
    if (!is_before(serving, next)) return;
  } while (!atomic_compare_exchange_weak(&board->serving, &serving, next));
  if (atomic_load(&board->tickets) == next) return;
  uint32_t woken = serving == ticket ? bit_of(next) : UINT32_MAX;
  syscall(SYS_futex, &board->serving, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, woken);
}

/* ---- What processes want to hear of ---- */

static size_t place_of(int64_t owner) {
  return (size_t)(owner % MS_BOARD_PLACES);
}

void ms_board_want(ms_board *board, int64_t owner, ms_want want, bool wanted) {
  _Atomic uint8_t *wants = &board->wants[place_of(owner)];
  if (((atomic_load(wants) & want) != 0) == wanted) return;
  if (wanted)
    atomic_fetch_or(wants, (uint8_t)want);
  else
    atomic_fetch_and(wants, (uint8_t)~want);
}

bool ms_board_wants(const ms_board *board, int64_t owner, ms_want want) {
  atomic_thread_fence(memory_order_seq_cst);
  return atomic_load(&board->wants[place_of(owner)]) & want;
}
