#include "image.h"

#include "fuzz.h"
#include "soak/disk.h"
#include "visit.h"

#include <ftw.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/dev/shm/moonshift-fuzz-XXXXXX";
static char path[sizeof folder + 16];
static soak_disk *kept_disk, *fresh_disk;
static fuzz_image valid;

static int remove_entry(const char *name, const struct stat *info, int kind, struct FTW *place) {
  (void)info;
  (void)kind;
  (void)place;
  return remove(name);
}

static void remove_folder(void) {
  nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void begin(void) {
  FUZZ_CHECK(mkdtemp(folder));
  atexit(remove_folder);
  snprintf(path, sizeof path, "%s/work.db", folder);
  disk_register(1);
  kept_disk = disk_new();
  disk_mount(kept_disk);
}

static void use_vfs(const char *name) {
  sqlite3_vfs_register(sqlite3_vfs_find(name), 1);
}

static void read_image(void) {
  sqlite3 *connection;
  sqlite3_int64 size;
  FUZZ_CHECK(sqlite3_open(path, &connection) == SQLITE_OK);
  valid.bytes = sqlite3_serialize(connection, "main", &size, 0);
  valid.size = (size_t)size;
  FUZZ_CHECK(valid.bytes && sqlite3_close(connection) == SQLITE_OK);
}

const fuzz_image *fuzz_valid_image(void) {
  if (valid.bytes) return &valid;
  begin();
  fuzz_make_store(path);
  read_image();
  return &valid;
}

static void remove_beside(const char *ending) {
  char name[sizeof path + 8];
  snprintf(name, sizeof name, "%s%s", path, ending);
  unlink(name);
}

static void write_file(const uint8_t *bytes, size_t size) {
  remove_beside("");
  remove_beside("-wal");
  remove_beside("-shm");
  remove_beside("-lock");
  FILE *file = fopen(path, "wb");
  FUZZ_CHECK(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

static void put_fresh(const uint8_t *bytes, size_t size) {
  disk_free(fresh_disk);
  fresh_disk = disk_new();
  disk_mount(fresh_disk);
  disk_put(fresh_disk, path, bytes, size);
}

static void put_kept(const uint8_t *bytes, size_t size) {
  disk_mount(kept_disk);
  disk_set(kept_disk, path, bytes, size);
}

const char *fuzz_put_image(const uint8_t *bytes, size_t size, fuzz_place place) {
  use_vfs(place == FUZZ_REAL ? "unix" : "soak");
  if (place == FUZZ_REAL)
    write_file(bytes, size);
  else if (place == FUZZ_FRESH)
    put_fresh(bytes, size);
  else
    put_kept(bytes, size);
  return path;
}
