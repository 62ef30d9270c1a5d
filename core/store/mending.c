#include "store/mending.h"

#include "base/mem.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* By the format of the log: numbers have their first byte first, and a sum goes on from frame to
 * frame. */
#define LOG_HEADER_BYTES 32
#define LOG_SALTS_AT 16
#define LOG_SUMS_AT 24
#define FRAME_HEADER_BYTES 24
#define FRAME_SUMMED_BYTES 8
#define FRAME_SALTS_AT 8
#define FRAME_SUMS_AT 16
#define SALTS_BYTES 8

/* By the format of its index. */
#define INDEX_VERSION 3007000
#define INDEX_BYTES 32768
#define CHECKPOINT_LOCK 1

typedef struct index_header {
  uint32_t version;
  uint32_t unused;
  uint32_t changes;
  uint8_t is_made;
  uint8_t is_big; /* words are summed up with their first byte first */
  uint16_t page_bytes;
  uint32_t frames;
  uint32_t pages;
  uint32_t sums[2]; /* of the last frame */
  uint8_t salts[SALTS_BYTES];
  uint32_t own_sums[2];
} index_header;

typedef struct log_index {
  index_header header, copy;
  _Atomic uint32_t copied;
} log_index;
_Static_assert(offsetof(log_index, copied) == 96, "where SQLite has it");

typedef struct log_chain {
  uint32_t sums[2];
  bool is_big;
} log_chain;

static uint32_t word(const uint8_t *bytes, bool is_big) {
  uint32_t first = is_big ? 0 : 3, step = is_big ? 1 : UINT32_MAX, value = 0;
  for (uint32_t i = 0; i < 4; i++)
    value = value << 8 | bytes[first + i * step];
  return value;
}

static void add(log_chain *chain, const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i += 8) {
    chain->sums[0] += word(bytes + i, chain->is_big) + chain->sums[1];
    chain->sums[1] += word(bytes + i + 4, chain->is_big) + chain->sums[0];
  }
}

static bool is_sum(const log_chain *chain, const uint8_t *bytes) {
  return chain->sums[0] == word(bytes, true) && chain->sums[1] == word(bytes + 4, true);
}

/* An SQLite that says 1 means the one size that does not fit. */
static size_t page_bytes(const index_header *header) {
  return header->page_bytes == 1 ? 65536 : header->page_bytes;
}

static bool is_header(log_chain *chain, const index_header *header, const uint8_t *bytes) {
  add(chain, bytes, LOG_SUMS_AT);
  return is_sum(chain, bytes + LOG_SUMS_AT) &&
         memcmp(bytes + LOG_SALTS_AT, header->salts, SALTS_BYTES) == 0;
}

static bool is_frame(log_chain *chain, const index_header *header, const uint8_t *bytes) {
  add(chain, bytes, FRAME_SUMMED_BYTES);
  add(chain, bytes + FRAME_HEADER_BYTES, page_bytes(header));
  return is_sum(chain, bytes + FRAME_SUMS_AT) &&
         memcmp(bytes + FRAME_SALTS_AT, header->salts, SALTS_BYTES) == 0;
}

/* What has been written by then is what was read. */
static int write_again(sqlite3_file *log, const sqlite3_io_methods *system,
                       const index_header *header, uint8_t *bytes) {
  log_chain chain = {.is_big = header->is_big};
  int frame_bytes = FRAME_HEADER_BYTES + (int)page_bytes(header), size = LOG_HEADER_BYTES;
  sqlite3_int64 at = 0;
  for (uint32_t i = 0; i <= header->frames; i++) {
    int code = system->xRead(log, bytes, size, at);
    if (code == SQLITE_IOERR_SHORT_READ) return SQLITE_IOERR_DATA;
    if (code != SQLITE_OK) return code;
    bool whole = i ? is_frame(&chain, header, bytes) : is_header(&chain, header, bytes);
    if (!whole) return SQLITE_IOERR_DATA;
    code = system->xWrite(log, bytes, size, at);
    if (code != SQLITE_OK) return code;
    at += size;
    size = frame_bytes;
  }
  bool ends = memcmp(chain.sums, header->sums, sizeof chain.sums) == 0;
  return ends ? SQLITE_OK : SQLITE_IOERR_DATA;
}

static int mend_log(sqlite3_file *log, const sqlite3_io_methods *system,
                    const index_header *header) {
  int code = SQLITE_OK;
  if (header->version != INDEX_VERSION) return SQLITE_IOERR_DATA;
  /* A log without frames is begun by the next commit. */
  if (header->frames) {
    uint8_t *bytes = ms_mem_alloc(FRAME_HEADER_BYTES + page_bytes(header));
    if (!bytes) return SQLITE_NOMEM;
    code = write_again(log, system, header, bytes);
    ms_mem_free(bytes);
  }
  return code == SQLITE_OK ? system->xSync(log, SQLITE_SYNC_NORMAL) : code;
}

/* What has been copied may be lost as well. */
static int mend(sqlite3_file *log, const sqlite3_io_methods *system, log_index *index) {
  index_header header = index->header;
  int code = mend_log(log, system, &header);
  if (code == SQLITE_OK) atomic_store(&index->copied, 0);
  return code;
}

int ms_mend(sqlite3_file *log, const sqlite3_io_methods *system, sqlite3_file *database) {
  const sqlite3_io_methods *methods = database->pMethods;
  volatile void *index = NULL;
  int code = methods->xShmMap(database, 0, INDEX_BYTES, 0, &index);
  if (code != SQLITE_OK || !index) return code == SQLITE_OK ? SQLITE_IOERR_SHMMAP : code;
  int flags = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE;
  code = methods->xShmLock(database, CHECKPOINT_LOCK, 1, flags);
  if (code != SQLITE_OK) return code;
  code = mend(log, system, (log_index *)index);
  flags = SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE;
  methods->xShmLock(database, CHECKPOINT_LOCK, 1, flags);
  return code;
}
