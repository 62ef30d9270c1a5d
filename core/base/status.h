/* How calls fail. Functions that can fail return an ms_status and put the detail into an ms_err.
 *
 * An ms_err is a plain value that the caller owns; NULL is accepted wherever one is asked for.
 *
 * Any thread may use these functions.
 *
 * Nothing here fails: a message that is too long is cut at the end of the buffer. */
#ifndef MS_BASE_STATUS_H
#define MS_BASE_STATUS_H

/* name, code word, sentence. MISUSE is the caller's mistake and raises in Lua. */
#define MS_STATUS_LIST(X)                                                                          \
  X(OK, "OK", "no error")                                                                          \
  X(MISUSE, "MISUSE", "the call itself is wrong")                                                  \
  X(NOMEM, "NOMEM", "not enough memory")                                                           \
  X(BUSY, "BUSY", "another process is writing and did not finish in time")                         \
  X(FULL, "FULL", "the disk is full")                                                              \
  X(CORRUPT, "CORRUPT", "the database is damaged or is not a moonshift store")                     \
  X(IO, "IO", "the disk or the file system failed")                                                \
  X(CLOSED, "CLOSED", "manager is closed")                                                         \
  X(FORKED, "FORKED", "the manager was opened before a fork and belongs to the parent process")    \
  X(NOTFOUND, "NOTFOUND", "no such thing")                                                         \
  X(LIMIT, "LIMIT", "a limit is exceeded")                                                         \
  X(TIMEOUT, "TIMEOUT", "the time is over")                                                        \
  X(VERSION, "VERSION", "the database was written by a newer moonshift")                           \
  X(PERMISSION, "PERMISSION", "no permission")                                                     \
  X(WORKERS, "WORKERS", "a worker module does not load")

typedef enum ms_status {
#define X(name, word, sentence) MS_##name,
  MS_STATUS_LIST(X)
#undef X
} ms_status;

#define MS_ERR_SIZE 1024

typedef struct ms_err {
  ms_status status;
  char message[MS_ERR_SIZE];
} ms_err;

/* The stable code word, such as "NOTFOUND". */
const char *ms_status_word(ms_status status);
/* One sentence without a full stop. */
const char *ms_status_sentence(ms_status status);

/* Fills err (may be NULL) and returns status, so that callers write `return ms_fail(…)`. */
__attribute__((format(printf, 3, 4))) ms_status ms_fail(ms_err *err, ms_status status,
                                                        const char *format, ...);

/* The same for NOMEM, of which there is nothing more to say. */
ms_status ms_no_memory(ms_err *err);

/* Passes a failure on to the caller. */
#define MS_TRY(call)                                                                               \
  do {                                                                                             \
    ms_status ms_try_status = (call);                                                              \
    if (ms_try_status != MS_OK) return ms_try_status;                                              \
  } while (0)

#endif
