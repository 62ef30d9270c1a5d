#include "store/frames.h"

#include "base/mem.h"
#include "store/mending.h"

#include <string.h>

/* By the format of the log: a frame is a header and a page, and the second word of the header is
 * not 0 in the frame that ends a transaction. */
#define HEADER_BYTES 24
#define COMMIT_AT 4
#define COMMIT_BYTES 4

/* Pages of the usual size in one write; more of them cost hardly less. */
#define WAITING_BYTES (16 * (HEADER_BYTES + 4096))

struct ms_frames {
  sqlite3_io_methods methods; /* first: the file points here */
  const sqlite3_io_methods *system;
  sqlite3_int64 next;  /* where the last write ended, and with it what waits */
  sqlite3_int64 twice; /* headers before here may be written a second time; 0 = none is */
  int size;            /* of what waits */
  bool half;           /* the page of the last header is still to come */
  bool ends;           /* that frame ends a transaction */
  bool begins;     /* the log was begun anew, and the disk must know that before more is written */
  bool later;      /* the sync of the next commit is put off */
  ms_board *board; /* where that is noted; NULL = nobody shares the log */
  ms_doubt own;
  ms_doubt *doubt;    /* the board's, or its own */
  ms_reached reached; /* by the syncs since then */
  uint32_t number;
  int room;
  char waiting[];
};

static ms_frames *frames_of(sqlite3_file *file) {
  return (ms_frames *)(void *)file->pMethods;
}

static int flush(sqlite3_file *file) {
  ms_frames *frames = frames_of(file);
  int size = frames->size;
  frames->size = 0;
  frames->half = false;
  if (!size) return SQLITE_OK;
  return frames->system->xWrite(file, frames->waiting, size, frames->next - size);
}

static bool is_commit(const void *header) {
  static const char none[COMMIT_BYTES];
  return memcmp((const char *)header + COMMIT_AT, none, sizeof none) != 0;
}

/* Where others have written meanwhile, the first header of a transaction does not follow the last
 * frame from here. Neither does one that SQLite writes a second time, whose page stands already. */
static bool is_frame(const ms_frames *frames, int size, sqlite3_int64 at) {
  if (size > frames->room - frames->size) return false;
  if (frames->half) return at == frames->next;
  return size == HEADER_BYTES && (at == frames->next || at >= frames->twice);
}

/* In a transaction in which SQLite has written a page a second time it does the same with headers,
 * up to the last frame. */
static void note_second(ms_frames *frames, int size, sqlite3_int64 at) {
  bool second = size != HEADER_BYTES && at != frames->next;
  if (second && frames->twice < frames->next) frames->twice = frames->next;
  if (frames->twice && frames->twice < at + size) frames->twice = at + size;
  if (at == 0) frames->twice = 0;
}

static int hold(sqlite3_file *file, const void *bytes, int size) {
  ms_frames *frames = frames_of(file);
  if (!frames->half) frames->ends = is_commit(bytes);
  memcpy(frames->waiting + frames->size, bytes, (size_t)size);
  frames->size += size;
  frames->next += size;
  frames->half = !frames->half;
  return frames->ends && !frames->half ? flush(file) : SQLITE_OK;
}

static int log_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at) {
  ms_frames *frames = frames_of(file);
  bool frame = is_frame(frames, size, at);
  note_second(frames, size, at);
  int code = frame && at == frames->next ? SQLITE_OK : flush(file);
  if (code == SQLITE_OK && frame) {
    frames->next = at;
    return hold(file, bytes, size);
  }
  if (at == 0) frames->begins = true;
  if (code == SQLITE_OK) code = frames->system->xWrite(file, bytes, size, at);
  frames->next = at + size;
  return code;
}

static int log_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 at) {
  int code = flush(file);
  return code == SQLITE_OK ? frames_of(file)->system->xRead(file, bytes, size, at) : code;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size) {
  int code = flush(file);
  return code == SQLITE_OK ? frames_of(file)->system->xTruncate(file, size) : code;
}

/* Others may fail meanwhile, who alone are told so. */
static int sync(ms_frames *frames, sqlite3_file *file, int flags) {
  if (ms_doubt_stands(frames->doubt)) return SQLITE_IOERR;
  int code = frames->system->xSync(file, flags);
  if (code != SQLITE_OK) ms_doubt_raise(frames->doubt);
  return code == SQLITE_OK && ms_doubt_stands(frames->doubt) ? SQLITE_IOERR : code;
}

static int log_sync(sqlite3_file *file, int flags) {
  ms_frames *frames = frames_of(file);
  int code = flush(file);
  if (code != SQLITE_OK) return code;
  if (frames->later && !frames->begins) {
    frames->number = ms_unsynced_add(frames->board);
    frames->reached = MS_REACHED_LATER;
    return SQLITE_OK;
  }
  code = sync(frames, file, flags);
  if (code != SQLITE_OK) return code;
  frames->begins = false;
  frames->reached = MS_REACHED_DISK;
  return SQLITE_OK;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size) {
  int code = flush(file);
  return code == SQLITE_OK ? frames_of(file)->system->xFileSize(file, size) : code;
}

/* What still waits was rolled back. */
static int log_close(sqlite3_file *file) {
  file->pMethods = frames_of(file)->system;
  return file->pMethods->xClose(file);
}

/* What waits was rolled back, and others may write in its place from now on. */
static void forget(void *context) {
  ms_frames *frames = context;
  frames->size = 0;
  frames->half = false;
  frames->next = -1;
  frames->twice = 0;
}

/* A connection without a log has another journal here, which may not be open. */
static sqlite3_file *log_of(sqlite3 *handle) {
  sqlite3_file *file = NULL;
  int code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
  return code == SQLITE_OK && file && file->pMethods ? file : NULL;
}

ms_status ms_frames_open(sqlite3 *handle, bool writes, ms_frames **frames, ms_err *err) {
  sqlite3_file *file = log_of(handle);
  *frames = NULL;
  if (!file) return MS_OK;
  int room = writes ? WAITING_BYTES : 0;
  ms_frames *fresh = ms_mem_zalloc(sizeof *fresh + (size_t)room);
  if (!fresh) return ms_fail(err, MS_NOMEM, "not enough memory");
  fresh->next = -1;
  fresh->room = room;
  fresh->doubt = &fresh->own;
  fresh->system = file->pMethods;
  fresh->methods = *file->pMethods;
  fresh->methods.xClose = log_close;
  fresh->methods.xRead = log_read;
  fresh->methods.xWrite = log_write;
  fresh->methods.xTruncate = log_truncate;
  fresh->methods.xSync = log_sync;
  fresh->methods.xFileSize = log_size;
  file->pMethods = &fresh->methods;
  sqlite3_rollback_hook(handle, forget, fresh);
  *frames = fresh;
  return MS_OK;
}

void ms_frames_share(ms_frames *frames, ms_board *board) {
  frames->board = board;
  frames->doubt = ms_board_doubt(board);
}

void ms_frames_put_off(ms_frames *frames, bool later) {
  frames->later = later;
  frames->reached = MS_REACHED_NOTHING;
}

ms_reached ms_frames_reached(const ms_frames *frames, uint32_t *number) {
  if (frames->reached == MS_REACHED_LATER) *number = frames->number;
  return frames->reached;
}

void ms_frames_doubt(ms_frames *frames) {
  ms_doubt_raise(frames->doubt);
}

bool ms_frames_in_doubt(const ms_frames *frames) {
  return ms_doubt_stands(frames->doubt);
}

/* Nobody else commits meanwhile, so all commits with a number stand in the log. */
int ms_frames_mend(ms_frames *frames, sqlite3 *handle) {
  sqlite3_file *database = NULL;
  uint32_t raised = ms_doubt_raised(frames->doubt);
  int code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &database);
  if (code == SQLITE_OK) code = ms_mend(log_of(handle), frames->system, database);
  if (code != SQLITE_OK) return code;
  if (frames->board) ms_synced(frames->board, ms_unsynced_last(frames->board));
  ms_doubt_settle(frames->doubt, raised);
  return SQLITE_OK;
}

void ms_frames_free(ms_frames *frames) {
  ms_mem_free(frames);
}
