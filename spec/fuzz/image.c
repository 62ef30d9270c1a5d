#include "image.h"

#include "fuzz.h"
#include "visit.h"

#include <ftw.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/dev/shm/moonshift-fuzz-XXXXXX";
static char path[sizeof folder + 16];
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

const char *fuzz_path(void) {
  if (path[0]) return path;
  FUZZ_CHECK(mkdtemp(folder));
  atexit(remove_folder);
  snprintf(path, sizeof path, "%s/work.db", folder);
  return path;
}

static void remove_beside(const char *ending) {
  char name[sizeof path + 8];
  snprintf(name, sizeof name, "%s%s", path, ending);
  unlink(name);
}

static void read_image(void) {
  FILE *file = fopen(fuzz_path(), "rb");
  FUZZ_CHECK(file && fseek(file, 0, SEEK_END) == 0);
  valid.size = (size_t)ftell(file);
  valid.bytes = malloc(valid.size);
  rewind(file);
  FUZZ_CHECK(valid.bytes && fread(valid.bytes, 1, valid.size, file) == valid.size);
  fclose(file);
}

const fuzz_image *fuzz_valid_image(void) {
  if (valid.bytes) return &valid;
  fuzz_make_store(fuzz_path());
  read_image();
  return &valid;
}

void fuzz_write_image(const uint8_t *bytes, size_t size) {
  remove_beside("");
  remove_beside("-wal");
  remove_beside("-shm");
  remove_beside("-lock");
  FILE *file = fopen(fuzz_path(), "wb");
  FUZZ_CHECK(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}
