#include "sense/snapshot.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A line for each thing, numbers in hexadecimal:
 *
 *   f SHARED NAME SIZE CHANGED INODE     d SHARED NAME     u SHARED NAME
 *
 * SHARED bytes at the start of the path are those of the line before, NAME is the rest. A line "/"
 * stands before the things of each watched file. */

/* The longest tick of a system's clock: changes that are no further apart may have one time. */
#define TICK_NS 10000000

/* Of a thing's status what is kept. */
typedef struct marks {
  bool is_folder;
  uint64_t size;
  uint64_t changed_ns;
  uint64_t inode;
} marks;

/* What stands in a folder, while it is read. */
typedef struct item {
  size_t place; /* of the name in names, then */
  const char *name;
  marks marks;
} item;

typedef struct listing {
  ms_buf names;
  item *items;
  size_t count;
  size_t capacity;
  size_t next;
  size_t path_size;
  bool readable;
} listing;

typedef struct scan {
  ms_buf *out;
  const ms_store_files *store;
  ms_buf path;   /* of what is looked at, a NUL behind it */
  ms_buf before; /* of the line before */
  listing *folders;
  size_t depth;
  size_t capacity;
  size_t seen;
  uint64_t fresh_ns; /* what changed from then on is fresh */
  bool found_fresh;
  ms_err *err;
} scan;

/* ---- The store's own files ---- */

void ms_store_files_init(ms_store_files *store, const char *database) {
  struct stat status;
  const char *slash = strrchr(database, '/');
  char *folder = slash ? ms_mem_copy(database, (size_t)(slash - database) + 1) : NULL;
  *store = (ms_store_files){0};
  if ((folder || !slash) && stat(folder ? folder : ".", &status) == 0) {
    store->device = status.st_dev;
    store->folder = status.st_ino;
    store->name = ms_text_of(slash ? slash + 1 : database);
  }
  ms_mem_free(folder);
}

bool ms_store_files_have(const ms_store_files *store, dev_t device, ino_t folder,
                         const char *name) {
  if (!store->name.data || device != store->device || folder != store->folder) return false;
  if (strncmp(name, store->name.data, store->name.size) != 0) return false;
  return name[store->name.size] == '\0' || name[store->name.size] == '-';
}

/* ---- Writing ---- */

/* Bytes that would end a field, or are not ASCII, stand as % and two digits. */
static void add_name(ms_buf *out, const char *name, size_t size) {
  for (size_t i = 0; i < size; i++) {
    unsigned char c = (unsigned char)name[i];
    if (c > ' ' && c < 0x7f && c != '%')
      ms_buf_add_char(out, (char)c);
    else
      ms_buf_addf(out, "%%%02x", (unsigned)c);
  }
}

/* Behind a space. A tree has several numbers for each of its files, which printf would take most of
 * the time for. */
static void add_number(ms_buf *out, uint64_t number) {
  char text[17];
  char *end = text + sizeof text, *at = end;
  do
    *--at = "0123456789abcdef"[number & 15];
  while (number >>= 4);
  *--at = ' ';
  ms_buf_add(out, at, (size_t)(end - at));
}

static size_t shared_size(const ms_buf *a, const ms_buf *b) {
  size_t size = a->size < b->size ? a->size : b->size, same = 0;
  while (same < size && a->data[same] == b->data[same])
    same++;
  return same;
}

/* The path without the NUL is the thing's. */
static ms_status add_line(scan *s, ms_sight_kind kind, const marks *thing) {
  size_t shared = shared_size(&s->path, &s->before);
  if (++s->seen > MS_SNAPSHOT_MOST) {
    return ms_fail(s->err, MS_LIMIT, "constraints.files: more than %d files to watch, at %s",
                   MS_SNAPSHOT_MOST, s->path.data);
  }
  ms_buf_add_char(s->out, (char)kind);
  add_number(s->out, shared);
  ms_buf_add_char(s->out, ' ');
  add_name(s->out, s->path.data + shared, s->path.size - shared);
  if (kind == MS_SIGHT_FILE) {
    if (thing->changed_ns >= s->fresh_ns) s->found_fresh = true;
    add_number(s->out, thing->size);
    add_number(s->out, thing->changed_ns);
    add_number(s->out, thing->inode);
  }
  ms_buf_add_char(s->out, '\n');
  ms_buf_clear(&s->before);
  ms_buf_add_text(&s->before, ms_buf_text(&s->path));
  return s->out->failed || s->before.failed ? ms_no_memory(s->err) : MS_OK;
}

static uint64_t time_ns(struct timespec time) {
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* A folder has none but that it is there: what changes in it does not change it. */
static marks marks_of(const struct stat *status) {
  if (S_ISDIR(status->st_mode)) return (marks){.is_folder = true};
  return (marks){
      .size = (uint64_t)status->st_size,
      .changed_ns = time_ns(status->st_mtim),
      .inode = status->st_ino,
  };
}

/* The path becomes its first size bytes, and the name behind them. */
static ms_status set_path(scan *s, size_t size, const char *name) {
  s->path.size = size;
  if (name && (size == 0 || s->path.data[size - 1] != '/')) ms_buf_add_char(&s->path, '/');
  if (name) ms_buf_add_text(&s->path, ms_text_of(name));
  ms_buf_add_char(&s->path, '\0');
  s->path.size--;
  return s->path.failed ? ms_no_memory(s->err) : MS_OK;
}

/* ---- Reading folders ---- */

static void folder_deinit(listing *f) {
  ms_buf_deinit(&f->names);
  ms_mem_free(f->items);
}

static bool add_item(listing *f, const char *name, const struct stat *status) {
  if (f->count == f->capacity) {
    size_t capacity = f->capacity ? f->capacity * 2 : 16;
    item *items = ms_mem_resize(f->items, capacity * sizeof *items);
    if (!items) return false;
    f->items = items;
    f->capacity = capacity;
  }
  f->items[f->count++] = (item){.place = f->names.size, .marks = marks_of(status)};
  return ms_buf_add(&f->names, name, strlen(name) + 1);
}

static int compare_items(const void *a, const void *b) {
  return strcmp(((const item *)a)->name, ((const item *)b)->name);
}

static void sort_items(listing *f) {
  for (size_t i = 0; i < f->count; i++)
    f->items[i].name = f->names.data + f->items[i].place;
  if (f->count) qsort(f->items, f->count, sizeof *f->items, compare_items);
}

static bool is_dot(const char *name) {
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static ms_status read_items(scan *s, DIR *stream, listing *f) {
  struct stat own, status;
  int file = dirfd(stream);
  if (fstat(file, &own) != 0) return MS_OK;
  for (struct dirent *entry; (entry = readdir(stream));) {
    const char *name = entry->d_name;
    if (is_dot(name) || ms_store_files_have(s->store, own.st_dev, own.st_ino, name)) continue;
    if (fstatat(file, name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (s->seen + f->count >= MS_SNAPSHOT_MOST) break;
    if (!add_item(f, name, &status)) return ms_no_memory(s->err);
  }
  sort_items(f);
  return MS_OK;
}

static ms_status read_folder(scan *s, listing *f) {
  DIR *stream = opendir(s->path.data);
  if (!stream && (errno == EMFILE || errno == ENFILE)) {
    return ms_fail(s->err, MS_LIMIT, "constraints.files: %s: %s", s->path.data, strerror(errno));
  }
  if (!stream && errno == ENOMEM) return ms_no_memory(s->err);
  if (!stream) return MS_OK;
  f->readable = true;
  ms_status status = read_items(s, stream, f);
  closedir(stream);
  return status;
}

static bool reserve_folder(scan *s) {
  if (s->depth < s->capacity) return true;
  size_t capacity = s->capacity ? s->capacity * 2 : 8;
  listing *folders = ms_mem_resize(s->folders, capacity * sizeof *folders);
  if (!folders) return false;
  s->folders = folders;
  s->capacity = capacity;
  return true;
}

/* The folder at the path, whose things come next. */
static ms_status enter_folder(scan *s) {
  if (!reserve_folder(s)) return ms_no_memory(s->err);
  listing *f = &s->folders[s->depth++];
  *f = (listing){.path_size = s->path.size};
  MS_TRY(read_folder(s, f));
  return add_line(s, f->readable ? MS_SIGHT_FOLDER : MS_SIGHT_UNREADABLE, NULL);
}

static void leave_folder(scan *s) {
  folder_deinit(&s->folders[--s->depth]);
}

/* Depth first with a stack of its own, one descriptor at a time. */
static ms_status walk(scan *s, bool recursive) {
  MS_TRY(enter_folder(s));
  while (s->depth) {
    listing *f = &s->folders[s->depth - 1];
    if (f->next == f->count) {
      leave_folder(s);
      continue;
    }
    const item *found = &f->items[f->next++];
    MS_TRY(set_path(s, f->path_size, found->name));
    if (recursive && found->marks.is_folder)
      MS_TRY(enter_folder(s));
    else
      MS_TRY(add_line(s, MS_SIGHT_FILE, &found->marks));
  }
  return MS_OK;
}

static ms_status take_one(scan *s, const ms_watched *watched) {
  struct stat status;
  ms_buf_clear(&s->path);
  ms_buf_clear(&s->before);
  ms_buf_add_text(s->out, MS_TEXT("/\n"));
  ms_buf_add_text(&s->path, watched->path);
  MS_TRY(set_path(s, s->path.size, NULL));
  if (stat(s->path.data, &status) != 0) return MS_OK;
  marks thing = marks_of(&status);
  return thing.is_folder ? walk(s, watched->recursive) : add_line(s, MS_SIGHT_FILE, &thing);
}

static ms_status take(const ms_watched *files, size_t count, scan *s) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  s->fresh_ns = time_ns(now) - TICK_NS;
  ms_status status = MS_OK;
  for (size_t i = 0; i < count && status == MS_OK; i++)
    status = take_one(s, &files[i]);
  while (s->depth)
    leave_folder(s);
  ms_mem_free(s->folders);
  ms_buf_deinit(&s->path);
  ms_buf_deinit(&s->before);
  return status;
}

/* A fresh thing is looked at once more when its time has passed; what still changes then will go on
 * to change. */
ms_status ms_snapshot_take(const ms_watched *files, size_t count, const ms_store_files *store,
                           ms_buf *out, ms_err *err) {
  size_t start = out->size;
  scan first = {.out = out, .store = store, .err = err};
  ms_status status = take(files, count, &first);
  if (status == MS_OK && first.found_fresh) {
    scan second = {.out = out, .store = store, .err = err};
    out->size = start;
    nanosleep(&(struct timespec){.tv_nsec = TICK_NS}, NULL);
    status = take(files, count, &second);
  }
  if (status != MS_OK) out->size = start;
  return status;
}

/* ---- Reading ---- */

void ms_snapshot_open(ms_snapshot_reader *reader, ms_text snapshot) {
  if (!snapshot.data) snapshot = MS_TEXT("");
  *reader = (ms_snapshot_reader){
      .next = snapshot.data,
      .end = snapshot.data + snapshot.size,
      .root = SIZE_MAX,
  };
}

ms_status ms_snapshot_close(ms_snapshot_reader *reader, ms_err *err) {
  bool failed = reader->path.failed;
  ms_buf_deinit(&reader->path);
  if (failed) return ms_no_memory(err);
  return reader->corrupt ? ms_fail(err, MS_CORRUPT, "a snapshot of files does not parse") : MS_OK;
}

/* The character that ends the field is passed over. */
static bool take_number(ms_snapshot_reader *r, char end, uint64_t *number) {
  *number = 0;
  while (r->next < r->end && ms_hex_digit(*r->next) >= 0)
    *number = *number * 16 + (uint64_t)ms_hex_digit(*r->next++);
  return r->next < r->end && *r->next++ == end;
}

static bool take_name(ms_snapshot_reader *r) {
  for (; r->next < r->end && (unsigned char)*r->next > ' '; r->next++) {
    char c = *r->next;
    if (c == '%') {
      if (r->end - r->next < 3) return false;
      int high = ms_hex_digit(r->next[1]), low = ms_hex_digit(r->next[2]);
      if (high < 0 || low < 0) return false;
      c = (char)(high * 16 + low);
      r->next += 2;
    }
    ms_buf_add_char(&r->path, c);
  }
  return r->next < r->end && !r->path.failed;
}

static bool take_sight(ms_snapshot_reader *r, ms_sight *sight) {
  uint64_t shared;
  char kind = *r->next++;
  bool is_file = kind == MS_SIGHT_FILE;
  if (!is_file && kind != MS_SIGHT_FOLDER && kind != MS_SIGHT_UNREADABLE) return false;
  *sight = (ms_sight){.root = r->root, .kind = (ms_sight_kind)kind};
  if (r->next == r->end || *r->next++ != ' ' || !take_number(r, ' ', &shared)) return false;
  if (shared > r->path.size) return false;
  r->path.size = (size_t)shared;
  if (!take_name(r)) return false;
  sight->path = ms_buf_text(&r->path);
  if (!is_file) return *r->next++ == '\n';
  return *r->next++ == ' ' && take_number(r, ' ', &sight->size) &&
         take_number(r, ' ', &sight->changed_ns) && take_number(r, '\n', &sight->inode);
}

bool ms_snapshot_next(ms_snapshot_reader *r, ms_sight *sight) {
  if (r->corrupt) return false;
  while (r->end - r->next >= 2 && r->next[0] == '/' && r->next[1] == '\n') {
    r->next += 2;
    r->root++;
    ms_buf_clear(&r->path);
  }
  if (r->next >= r->end) return false;
  r->corrupt = r->root == SIZE_MAX || !take_sight(r, sight);
  return !r->corrupt;
}

/* ---- Comparing ---- */

/* In the order of a walk: what stands in a folder comes before whatever else begins with its name,
 * so the slash comes before all other bytes. */
static int compare_paths(ms_text a, ms_text b) {
  size_t size = a.size < b.size ? a.size : b.size, at = 0;
  while (at < size && a.data[at] == b.data[at])
    at++;
  if (at == size) return (a.size > b.size) - (a.size < b.size);
  if (a.data[at] == '/' || b.data[at] == '/') return a.data[at] == '/' ? -1 : 1;
  return (unsigned char)a.data[at] < (unsigned char)b.data[at] ? -1 : 1;
}

static int compare_sights(const ms_sight *a, const ms_sight *b) {
  if (a->root != b->root) return a->root < b->root ? -1 : 1;
  return compare_paths(a->path, b->path);
}

static bool same(const ms_sight *a, const ms_sight *b) {
  return a->kind == b->kind && a->size == b->size && a->changed_ns == b->changed_ns &&
         a->inode == b->inode;
}

ms_status ms_snapshot_compare(ms_text before, ms_text after,
                              void (*changed)(void *context, ms_text path), void *context,
                              ms_err *err) {
  ms_snapshot_reader a, b;
  ms_sight old, new;
  ms_snapshot_open(&a, before);
  ms_snapshot_open(&b, after);
  bool has_old = ms_snapshot_next(&a, &old), has_new = ms_snapshot_next(&b, &new);
  while (has_old || has_new) {
    int order = !has_old ? 1 : !has_new ? -1 : compare_sights(&old, &new);
    if (order != 0 || !same(&old, &new)) changed(context, order <= 0 ? old.path : new.path);
    if (order <= 0) has_old = ms_snapshot_next(&a, &old);
    if (order >= 0) has_new = ms_snapshot_next(&b, &new);
  }
  ms_status first = ms_snapshot_close(&a, err), second = ms_snapshot_close(&b, err);
  return first != MS_OK ? first : second;
}
