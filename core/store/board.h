/* The board: a page of memory that all processes on a store share. On it stands the line in which
 * those who want to write wait for each other, what of the log the disk has, and what each process
 * wants to hear of.
 *
 * A board belongs to its engine and is a mapping of the lock file, whose descriptor stays the
 * caller's. The child of a fork does not have it. A process has the place of its number.
 *
 * Any thread may call; a ticket belongs to the thread that drew it.
 *
 * Only opening can fail. The line decides nothing but the order: the lock is SQLite's. Whoever is
 * killed or stopped in the line holds nothing, and after a moment without movement is passed by; so
 * is whoever brings the log to the disk. */
#ifndef MS_STORE_BOARD_H
#define MS_STORE_BOARD_H

#include "base/status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct ms_board ms_board;

/* How many processes can have the store open at once. */
#define MS_BOARD_PLACES 896

ms_status ms_board_open(int file, ms_board **board, ms_err *err);
void ms_board_close(ms_board *board);

/* ---- The line ---- */

typedef enum ms_line {
  MS_LINE_REACHED, /* it is this ticket's turn */
  MS_LINE_PASSED,  /* it was: join again */
  MS_LINE_MOVED,   /* others went on; wait again */
  MS_LINE_STUCK,   /* nobody did for a while: whose turn it is may be gone, so try the lock */
} ms_line;

/* Stands in line, behind everybody who does already. */
uint32_t ms_line_join(ms_board *board);
/* The same if nobody stands there; false otherwise. */
bool ms_line_join_if_empty(ms_board *board, uint32_t *ticket);
/* Returns within milliseconds, whatever happens. */
ms_line ms_line_wait(ms_board *board, uint32_t ticket);
/* The writer is done: the next is let go on, and whoever stood before the writer may as well. */
void ms_line_leave(ms_board *board, uint32_t ticket);

/* Whether anybody waits behind the ticket whose turn it is. */
bool ms_line_is_awaited(const ms_board *board, uint32_t ticket);

/* ---- What of the log the disk has ---- */

/* Who brings the log to the disk does so for all commits that stand in it by then, whoever made
 * them. Those that leave it to later are numbered. */

/* A commit stands in the log, and nobody sees it yet: its number. */
uint32_t ms_unsynced_add(ms_board *board);
/* The newest number: of what can be seen, none is newer. */
uint32_t ms_unsynced_last(const ms_board *board);

typedef struct ms_sync {
  uint32_t round;
  uint32_t upto;
} ms_sync;

/* Whether somebody is at it. */
bool ms_sync_is_under_way(const ms_board *board);
/* Waits until the disk has the log up to that number, and is false then; or true if it is the
 * caller who brings it there now, and afterwards says whether that was done. */
bool ms_sync_begin(ms_board *board, uint32_t number, ms_sync *sync);
void ms_sync_end(ms_board *board, const ms_sync *sync, bool done);
/* The disk has the log up to that number without a round. */
void ms_synced(ms_board *board, uint32_t upto);

/* ---- Whether the disk is to be believed ---- */

/* After a sync that failed the system takes for written what the disk never got, and says so at the
 * next one. So from then on no sync counts, whoever asks for it, until somebody has written
 * everything once more (store/mending.h). */
typedef struct ms_doubt {
  _Atomic uint32_t raised;  /* so often */
  _Atomic uint32_t settled; /* so much of that */
} ms_doubt;

ms_doubt *ms_board_doubt(ms_board *board);
void ms_doubt_raise(ms_doubt *doubt);
bool ms_doubt_stands(const ms_doubt *doubt);
/* For the one who writes everything again: what was raised before that is settled after it. */
uint32_t ms_doubt_raised(const ms_doubt *doubt);
void ms_doubt_settle(ms_doubt *doubt, uint32_t raised);

/* ---- What processes want to hear of ---- */

typedef enum ms_want {
  MS_WANT_WORK = 1, /* work that may start: something is free for it */
  MS_WANT_ENDS = 2, /* what becomes of works: somebody waits or observes */
} ms_want;

/* What is said before a commit, or before a look at the store, is seen by all who commit later. */
void ms_board_want(ms_board *board, int64_t owner, ms_want want, bool wanted);
bool ms_board_wants(const ms_board *board, int64_t owner, ms_want want);

#endif
