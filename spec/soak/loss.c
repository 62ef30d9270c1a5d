#include "loss.h"

#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR_BYTES 512

typedef struct loss_positions {
  size_t *items; /* of records */
  size_t count;
  size_t capacity;
} loss_positions;

typedef struct loss_image {
  uint8_t *bytes;
  size_t size;
  size_t capacity;
} loss_image;

typedef struct medium_file {
  const char *name;  /* NULL = not there, or no longer */
  loss_image system; /* what the system shows, which the medium may never get */
  loss_image safe;
  loss_positions unsafe;
} medium_file;

struct loss_moment {
  const disk_log *log;
  size_t at;
  size_t commits;
  size_t safe_commits;
  medium_file *files; /* by number */
  int count;
  loss_positions unsafe_names;
};

typedef enum loss_way {
  WAY_NOTHING,
  WAY_ALL,
  WAY_FIRST,
  WAY_LAST,
  WAY_WRITES,
  WAY_SECTORS,
  WAYS
} loss_way;

static void *resize(void *block, size_t size) {
  void *grown = realloc(block, size ? size : 1);
  if (grown) return grown;
  fprintf(stderr, "the test itself has not enough memory\n");
  exit(3);
}

static void push(loss_positions *list, size_t position) {
  if (list->count == list->capacity) {
    list->capacity = list->capacity ? list->capacity * 2 : 16;
    list->items = resize(list->items, list->capacity * sizeof *list->items);
  }
  list->items[list->count++] = position;
}

/* ---- Bytes ---- */

static void set_size(loss_image *image, size_t size) {
  if (size > image->capacity) {
    image->capacity = size * 2;
    image->bytes = resize(image->bytes, image->capacity);
  }
  if (size > image->size) memset(image->bytes + image->size, 0, size - image->size);
  image->size = size;
}

static void put(loss_image *image, const disk_record *write, size_t from, size_t to) {
  size_t end = write->offset + to;
  if (from == to) return;
  if (end > image->size) set_size(image, end);
  memcpy(image->bytes + write->offset + from, write->bytes + from, to - from);
}

static void apply(loss_image *image, const disk_record *record) {
  if (record->kind == DISK_WRITE)
    put(image, record, 0, record->size);
  else if (record->offset < image->size)
    set_size(image, record->offset);
}

/* The sectors of the medium decide where a write breaks. */
static size_t sector_end(const disk_record *write, size_t from) {
  size_t rest = SECTOR_BYTES - (write->offset + from) % SECTOR_BYTES;
  return write->size - from < rest ? write->size : from + rest;
}

static void apply_sectors(loss_image *image, const disk_record *record, uint64_t *random) {
  if (record->kind != DISK_WRITE) {
    if (random_coin(random)) apply(image, record);
    return;
  }
  size_t end = record->offset + record->size;
  if (end > image->size && random_below(random, 4) == 0) set_size(image, end);
  for (size_t from = 0, to; from < record->size; from = to) {
    to = sector_end(record, from);
    if (random_coin(random)) put(image, record, from, to);
  }
}

/* ---- Time ---- */

loss_moment *loss_new(const disk_log *log) {
  loss_moment *moment = resize(NULL, sizeof *moment);
  *moment = (loss_moment){.log = log};
  return moment;
}

void loss_free(loss_moment *moment) {
  for (int i = 0; i < moment->count; i++) {
    free(moment->files[i].system.bytes);
    free(moment->files[i].safe.bytes);
    free(moment->files[i].unsafe.items);
  }
  free(moment->files);
  free(moment->unsafe_names.items);
  free(moment);
}

static medium_file *file_of(loss_moment *moment, int number) {
  while (moment->count <= number) {
    moment->files = resize(moment->files, (size_t)(moment->count + 1) * sizeof *moment->files);
    moment->files[moment->count++] = (medium_file){0};
  }
  return &moment->files[number];
}

static void sync_file(loss_moment *moment, medium_file *file, const char *name) {
  for (size_t i = 0; i < file->unsafe.count; i++)
    apply(&file->safe, &moment->log->records[file->unsafe.items[i]]);
  file->unsafe.count = 0;
  size_t length = strlen(name);
  if (length > 4 && strcmp(name + length - 4, "-wal") == 0) moment->safe_commits = moment->commits;
}

static const char *name_after(const disk_record *record) {
  return record->kind == DISK_CREATE ? record->name : NULL;
}

static void sync_folder(loss_moment *moment) {
  for (size_t i = 0; i < moment->unsafe_names.count; i++) {
    const disk_record *record = &moment->log->records[moment->unsafe_names.items[i]];
    file_of(moment, record->file)->name = name_after(record);
  }
  moment->unsafe_names.count = 0;
}

static void pass(loss_moment *moment) {
  const disk_record *record = &moment->log->records[moment->at];
  medium_file *file = file_of(moment, record->file);
  switch (record->kind) {
  case DISK_CREATE:
  case DISK_DELETE:
    push(&moment->unsafe_names, moment->at);
    break;
  case DISK_WRITE:
  case DISK_TRUNCATE:
    push(&file->unsafe, moment->at);
    apply(&file->system, record);
    break;
  case DISK_SYNC:
    sync_file(moment, file, record->name);
    break;
  case DISK_FORGET:
    file->unsafe.count = 0;
    break;
  case DISK_SYNC_FOLDER:
    sync_folder(moment);
    break;
  case DISK_COMMIT:
    moment->commits++;
    break;
  }
  moment->at++;
}

void loss_go_to(loss_moment *moment, size_t records) {
  while (moment->at < records)
    pass(moment);
}

size_t loss_commits(const loss_moment *moment) {
  return moment->commits;
}

size_t loss_safe_commits(const loss_moment *moment) {
  return moment->safe_commits;
}

/* ---- What is left ---- */

static bool is_kept(loss_way way, size_t at, size_t border, uint64_t *random) {
  switch (way) {
  case WAY_ALL:
    return true;
  case WAY_FIRST:
    return at < border;
  case WAY_LAST:
    return at >= border;
  case WAY_WRITES:
    return random_coin(random);
  case WAY_NOTHING:
  case WAY_SECTORS:
  case WAYS:
    break;
  }
  return false;
}

static loss_image rest_of(const loss_moment *moment, const medium_file *file, loss_way way,
                          uint64_t *random) {
  loss_image rest = {0};
  const loss_positions *unsafe = &file->unsafe;
  size_t border = random_below(random, unsafe->count + 1);
  set_size(&rest, file->safe.size);
  if (rest.size) memcpy(rest.bytes, file->safe.bytes, rest.size);
  for (size_t i = 0; i < unsafe->count; i++) {
    const disk_record *record = &moment->log->records[unsafe->items[i]];
    bool breaks = way == WAY_SECTORS || (way == WAY_FIRST && i == border);
    if (breaks)
      apply_sectors(&rest, record, random);
    else if (is_kept(way, i, border, random))
      apply(&rest, record);
  }
  return rest;
}

/* The names of all files when the first so many changes of names have reached the medium. */
static const char **names_after(const loss_moment *moment, size_t changes) {
  const char **names = resize(NULL, (size_t)moment->count * sizeof *names);
  for (int i = 0; i < moment->count; i++)
    names[i] = moment->files[i].name;
  for (size_t i = 0; i < changes; i++) {
    const disk_record *record = &moment->log->records[moment->unsafe_names.items[i]];
    names[record->file] = name_after(record);
  }
  return names;
}

soak_disk *loss_of_nothing(const loss_moment *moment) {
  soak_disk *all = disk_new();
  const char **names = names_after(moment, moment->unsafe_names.count);
  for (int i = 0; i < moment->count; i++) {
    const loss_image *image = &moment->files[i].system;
    if (names[i]) disk_put(all, names[i], image->bytes, image->size);
  }
  free(names);
  return all;
}

soak_disk *loss_of_power(const loss_moment *moment, uint64_t *random) {
  soak_disk *rest = disk_new();
  const char **names = names_after(moment, random_below(random, moment->unsafe_names.count + 1));
  for (int i = 0; i < moment->count; i++) {
    if (!names[i]) continue;
    loss_way way = (loss_way)random_below(random, WAYS);
    loss_image image = rest_of(moment, &moment->files[i], way, random);
    disk_put(rest, names[i], image.bytes, image.size);
    free(image.bytes);
  }
  free(names);
  return rest;
}
