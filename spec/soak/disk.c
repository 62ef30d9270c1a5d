#include "disk.h"

#include "random.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR_BYTES 512
/* As much shared memory SQLite asks for at a time. */
#define REGION_BYTES 32768

typedef struct disk_file {
  soak_disk *disk;
  int number;
  char *name; /* kept for the log, also after deletion */
  bool deleted;
  bool unsynced_entry; /* its folder is synced with its first sync, as SQLite does with logs */
  uint8_t *bytes;
  size_t size;
  size_t capacity;
  uint8_t **regions; /* shared memory */
  int region_count;
} disk_file;

struct soak_disk {
  disk_file **files;
  int count;
  bool recorded;
  disk_log log;
  disk_trouble trouble;
  long fails_at; /* 0 = never */
  bool lasts;
  long accesses;
};

typedef struct open_file {
  sqlite3_file base;
  disk_file *file;
} open_file;

static soak_disk *mounted;
static sqlite3_vfs *system_vfs;
static uint64_t randomness;

static void *resize(void *block, size_t size) {
  void *grown = realloc(block, size ? size : 1);
  if (grown) return grown;
  fprintf(stderr, "the test itself has not enough memory\n");
  exit(3);
}

/* ---- Trouble ---- */

typedef enum disk_access { ACCESS_ANY, ACCESS_TAKES_ROOM, ACCESS_SYNCS } disk_access;

static bool can_meet(disk_access access, disk_trouble trouble) {
  if (trouble == DISK_BROKEN) return true;
  return access == (trouble == DISK_FORGETFUL ? ACCESS_SYNCS : ACCESS_TAKES_ROOM);
}

/* Whether this access meets the planned trouble. */
static bool fails(soak_disk *disk, disk_access access) {
  if (!disk->fails_at || !can_meet(access, disk->trouble)) return false;
  long n = ++disk->accesses;
  return disk->lasts ? n >= disk->fails_at : n == disk->fails_at;
}

void disk_fail_at(soak_disk *disk, disk_trouble trouble, long n, bool lasts) {
  disk->trouble = trouble;
  disk->fails_at = n;
  disk->lasts = lasts;
  disk->accesses = 0;
}

long disk_mend(soak_disk *disk) {
  disk->fails_at = 0;
  return disk->accesses;
}

/* ---- The log ---- */

static disk_record *record(const disk_file *file, disk_kind kind) {
  disk_log *log = &file->disk->log;
  if (log->count == log->capacity) {
    log->capacity = log->capacity ? log->capacity * 2 : 256;
    log->records = resize(log->records, log->capacity * sizeof *log->records);
  }
  disk_record *fresh = &log->records[log->count++];
  *fresh = (disk_record){.kind = kind, .file = file->number, .name = file->name};
  return fresh;
}

static void note(const disk_file *file, disk_kind kind, size_t offset) {
  if (file->disk->recorded) record(file, kind)->offset = offset;
}

static void note_write(const disk_file *file, const void *bytes, size_t size, size_t offset) {
  if (!file->disk->recorded) return;
  disk_record *write = record(file, DISK_WRITE);
  write->offset = offset;
  write->size = size;
  write->bytes = memcpy(resize(NULL, size), bytes, size);
}

const disk_log *disk_record_all(soak_disk *disk) {
  disk->recorded = true;
  return &disk->log;
}

/* ---- Files ---- */

static disk_file *find(soak_disk *disk, const char *name) {
  for (int i = 0; i < disk->count; i++) {
    if (!disk->files[i]->deleted && strcmp(disk->files[i]->name, name) == 0) return disk->files[i];
  }
  return NULL;
}

static disk_file *add(soak_disk *disk, const char *name) {
  disk_file *file = resize(NULL, sizeof *file);
  size_t size = strlen(name) + 1;
  *file = (disk_file){.disk = disk, .number = disk->count};
  file->name = memcpy(resize(NULL, size), name, size);
  disk->files = resize(disk->files, (size_t)(disk->count + 1) * sizeof *disk->files);
  disk->files[disk->count++] = file;
  return file;
}

static void write_bytes(disk_file *file, const void *bytes, size_t size, size_t offset) {
  size_t end = offset + size;
  if (!size) return;
  if (end > file->capacity) {
    file->capacity = end * 2;
    file->bytes = resize(file->bytes, file->capacity);
  }
  if (offset > file->size) memset(file->bytes + file->size, 0, offset - file->size);
  memcpy(file->bytes + offset, bytes, size);
  if (end > file->size) file->size = end;
}

void disk_put(soak_disk *disk, const char *name, const uint8_t *bytes, size_t size) {
  write_bytes(add(disk, name), bytes, size, 0);
}

static void clear_regions(const disk_file *file) {
  for (int i = 0; i < file->region_count; i++)
    memset(file->regions[i], 0, REGION_BYTES);
}

void disk_set(soak_disk *disk, const char *name, const uint8_t *bytes, size_t size) {
  disk_file *file = find(disk, name);
  for (int i = 0; i < disk->count; i++) {
    disk->files[i]->size = 0;
    clear_regions(disk->files[i]);
  }
  write_bytes(file ? file : add(disk, name), bytes, size, 0);
}

soak_disk *disk_new(void) {
  soak_disk *fresh = resize(NULL, sizeof *fresh);
  *fresh = (soak_disk){0};
  return fresh;
}

soak_disk *disk_copy(const soak_disk *source) {
  soak_disk *copy = disk_new();
  for (int i = 0; i < source->count; i++) {
    const disk_file *file = source->files[i];
    if (!file->deleted) disk_put(copy, file->name, file->bytes, file->size);
  }
  return copy;
}

static void forget_regions(disk_file *file) {
  for (int i = 0; i < file->region_count; i++)
    free(file->regions[i]);
  free(file->regions);
  file->regions = NULL;
  file->region_count = 0;
}

void disk_free(soak_disk *disk) {
  if (!disk) return;
  for (int i = 0; i < disk->count; i++) {
    forget_regions(disk->files[i]);
    free(disk->files[i]->bytes);
    free(disk->files[i]->name);
    free(disk->files[i]);
  }
  for (size_t i = 0; i < disk->log.count; i++)
    free(disk->log.records[i].bytes);
  free(disk->log.records);
  free(disk->files);
  free(disk);
}

void disk_mount(soak_disk *disk) {
  mounted = disk;
}

/* ---- What SQLite does with a file ---- */

static disk_file *file_of(sqlite3_file *base) {
  return ((open_file *)(void *)base)->file;
}

static int file_close(sqlite3_file *base) {
  (void)base;
  return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *bytes, int size, sqlite3_int64 offset) {
  disk_file *file = file_of(base);
  size_t at = (size_t)offset, wanted = (size_t)size;
  if (fails(file->disk, ACCESS_ANY)) return SQLITE_IOERR_READ;
  size_t there = at < file->size ? file->size - at : 0;
  size_t read = there < wanted ? there : wanted;
  if (read) memcpy(bytes, file->bytes + at, read);
  memset((char *)bytes + read, 0, wanted - read);
  return read == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *bytes, int size, sqlite3_int64 offset) {
  disk_file *file = file_of(base);
  bool failed = fails(file->disk, ACCESS_TAKES_ROOM);
  size_t room = (size_t)size;
  if (failed) room = file->disk->trouble == DISK_SHORT ? room / 2 : 0;
  write_bytes(file, bytes, room, (size_t)offset);
  if (room) note_write(file, bytes, room, (size_t)offset);
  if (!failed) return SQLITE_OK;
  return file->disk->trouble == DISK_BROKEN ? SQLITE_IOERR_WRITE : SQLITE_FULL;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
  disk_file *file = file_of(base);
  if (fails(file->disk, ACCESS_ANY)) return SQLITE_IOERR_TRUNCATE;
  if ((size_t)size < file->size) file->size = (size_t)size;
  note(file, DISK_TRUNCATE, (size_t)size);
  return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags) {
  disk_file *file = file_of(base);
  (void)flags;
  bool failed = fails(file->disk, ACCESS_SYNCS);
  note(file, failed ? DISK_FORGET : DISK_SYNC, 0);
  if (failed) return SQLITE_IOERR_FSYNC;
  if (file->unsynced_entry) note(file, DISK_SYNC_FOLDER, 0);
  file->unsynced_entry = false;
  return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
  disk_file *file = file_of(base);
  if (fails(file->disk, ACCESS_ANY)) return SQLITE_IOERR_FSTAT;
  *size = (sqlite3_int64)file->size;
  return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level) {
  (void)level;
  return fails(file_of(base)->disk, ACCESS_ANY) ? SQLITE_IOERR_LOCK : SQLITE_OK;
}

static int file_unlock(sqlite3_file *base, int level) {
  (void)base;
  (void)level;
  return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *base, int *reserved) {
  (void)base;
  *reserved = 0;
  return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
  disk_file *file = file_of(base);
  (void)argument;
  if (operation != SQLITE_FCNTL_COMMIT_PHASETWO) return SQLITE_NOTFOUND;
  note(file, DISK_COMMIT, 0);
  file->disk->log.commits += file->disk->recorded;
  return SQLITE_OK;
}

static int file_sector_size(sqlite3_file *base) {
  (void)base;
  return SECTOR_BYTES;
}

static int file_characteristics(sqlite3_file *base) {
  (void)base;
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- Shared memory, which dies with the power ---- */

static int shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **memory) {
  disk_file *file = file_of(base);
  *memory = NULL;
  if (fails(file->disk, ACCESS_ANY)) return SQLITE_IOERR_SHMMAP;
  if (region >= file->region_count && !extend) return SQLITE_OK;
  if (size != REGION_BYTES) return SQLITE_IOERR_SHMMAP;
  while (region >= file->region_count) {
    size_t count = (size_t)file->region_count + 1;
    file->regions = resize(file->regions, count * sizeof *file->regions);
    file->regions[file->region_count++] = memset(resize(NULL, REGION_BYTES), 0, REGION_BYTES);
  }
  *memory = file->regions[region];
  return SQLITE_OK;
}

static int shm_lock(sqlite3_file *base, int offset, int count, int flags) {
  (void)offset;
  (void)count;
  bool unlocks = flags & SQLITE_SHM_UNLOCK;
  return !unlocks && fails(file_of(base)->disk, ACCESS_ANY) ? SQLITE_IOERR_SHMLOCK : SQLITE_OK;
}

static void shm_barrier(sqlite3_file *base) {
  (void)base;
}

static int shm_unmap(sqlite3_file *base, int deletes) {
  (void)deletes;
  forget_regions(file_of(base));
  return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_is_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

/* ---- What it does with names ---- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                    int *out_flags) {
  open_file *opened = (open_file *)(void *)base;
  (void)vfs;
  opened->base.pMethods = NULL;
  disk_file *file = name ? find(mounted, name) : NULL;
  bool creates = name && !file && flags & SQLITE_OPEN_CREATE;
  if (fails(mounted, creates ? ACCESS_TAKES_ROOM : ACCESS_ANY) || (!file && !creates))
    return SQLITE_CANTOPEN;
  if (creates) {
    file = add(mounted, name);
    file->unsynced_entry = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
    note(file, DISK_CREATE, 0);
  }
  opened->base.pMethods = &methods;
  opened->file = file;
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int syncs_folder) {
  (void)vfs;
  disk_file *file = find(mounted, name);
  if (fails(mounted, ACCESS_ANY)) return SQLITE_IOERR_DELETE;
  if (!file) return SQLITE_IOERR_DELETE_NOENT;
  file->deleted = true;
  note(file, DISK_DELETE, 0);
  if (syncs_folder) note(file, DISK_SYNC_FOLDER, 0);
  return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *result) {
  (void)vfs;
  (void)flags;
  if (fails(mounted, ACCESS_ANY)) return SQLITE_IOERR_ACCESS;
  const disk_file *file = find(mounted, name);
  *result = file && (file->size || flags != SQLITE_ACCESS_EXISTS);
  return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int size, char *full) {
  (void)vfs;
  return snprintf(full, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *bytes) {
  (void)vfs;
  for (int i = 0; i < size; i++)
    bytes[i] = (char)random_next(&randomness);
  return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
  (void)vfs;
  return system_vfs->xSleep(system_vfs, microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, double *now) {
  (void)vfs;
  return system_vfs->xCurrentTime(system_vfs, now);
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *message) {
  (void)vfs;
  (void)size;
  (void)message;
  return 0;
}

void disk_register(uint64_t seed) {
  static sqlite3_vfs vfs = {
      .iVersion = 1,
      .szOsFile = sizeof(open_file),
      .mxPathname = 512,
      .zName = "soak",
      .xOpen = vfs_open,
      .xDelete = vfs_delete,
      .xAccess = vfs_access,
      .xFullPathname = vfs_full_name,
      .xRandomness = vfs_randomness,
      .xSleep = vfs_sleep,
      .xCurrentTime = vfs_time,
      .xGetLastError = vfs_last_error,
  };
  randomness = seed;
  system_vfs = sqlite3_vfs_find(NULL);
  sqlite3_vfs_register(&vfs, 1);
}
