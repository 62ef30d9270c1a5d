#include "sense/folders.h"

#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* libuv watches the folder that a path leads to at that moment, wherever it is moved to. What a
 * folder says about itself therefore makes its handle stale: it is started anew by its path. */
typedef struct folder {
  uv_fs_event_t handle;
  ms_folders *owner;
  char *path;
  char *only; /* the one name in it that matters; NULL = all */
  bool deep;  /* folders that come into being in it are watched at once */
  bool stale;
  bool started;
  bool has_store;
} folder;

/* In order of their paths, then of the names. */
typedef struct list {
  folder **items;
  size_t count;
  size_t capacity;
} list;

struct ms_folders {
  uv_loop_t *loop;
  const ms_store_files *store;
  size_t most;
  void (*changed)(void *context);
  void *context;
  list list;
};

/* ---- One folder ---- */

static void folder_free(folder *f) {
  if (!f) return;
  ms_mem_free(f->path);
  ms_mem_free(f->only);
  ms_mem_free(f);
}

static folder *folder_new(ms_folders *owner, ms_text path, ms_text only, bool deep) {
  folder *f = ms_mem_zalloc(sizeof *f);
  if (!f) return NULL;
  f->owner = owner;
  f->deep = deep;
  f->path = ms_mem_copy(path.data, path.size);
  if (only.data) f->only = ms_mem_copy(only.data, only.size);
  if (f->path && (f->only || !only.data)) return f;
  folder_free(f);
  return NULL;
}

static void on_close(uv_handle_t *handle) {
  folder_free(handle->data);
}

static void folder_end(folder *f) {
  if (f->started)
    uv_close((uv_handle_t *)&f->handle, on_close);
  else
    folder_free(f);
}

static int compare(const folder *a, const folder *b) {
  int order = strcmp(a->path, b->path);
  if (order != 0 || (!a->only && !b->only)) return order;
  return !a->only ? -1 : !b->only ? 1 : strcmp(a->only, b->only);
}

static int compare_places(const void *a, const void *b) {
  return compare(*(folder *const *)a, *(folder *const *)b);
}

static bool push(list *l, folder *f) {
  if (l->count == l->capacity) {
    size_t capacity = l->capacity ? l->capacity * 2 : 8;
    folder **items = ms_mem_resize(l->items, capacity * sizeof *items);
    if (!items) return false;
    l->items = items;
    l->capacity = capacity;
  }
  l->items[l->count++] = f;
  return true;
}

/* ---- Starting ---- */

static void on_event(uv_fs_event_t *handle, const char *name, int events, int status);

/* The system's own words for these limits are those of a full disk. */
static const char *reason_of(int error) {
  if (error == UV_ENOSPC) return "no watches are left (fs.inotify.max_user_watches)";
  if (error == UV_EMFILE) return "too many files or watchers (fs.inotify.max_user_instances)";
  return uv_strerror(error);
}

static ms_status refuse(const folder *f, int error, ms_err *err) {
  return ms_fail(err, MS_LIMIT, "%s cannot be watched: %s", f->path, reason_of(error));
}

/* A folder that is gone or shut stays without a handle. */
static ms_status start(ms_folders *folders, folder *f, ms_err *err) {
  struct stat status;
  if (folders->most && folders->list.count >= folders->most) return refuse(f, UV_ENOSPC, err);
  if (stat(f->path, &status) != 0) return MS_OK;
  f->has_store = status.st_dev == folders->store->device && status.st_ino == folders->store->folder;
  int error = uv_fs_event_init(folders->loop, &f->handle);
  if (error) return refuse(f, error, err);
  f->handle.data = f;
  f->started = true;
  error = uv_fs_event_start(&f->handle, on_event, f->path, 0);
  if (!error) return MS_OK;
  bool used_up = error == UV_ENOSPC || error == UV_EMFILE || error == UV_ENFILE;
  if (used_up || error == UV_ENOMEM) return refuse(f, error, err);
  f->stale = true;
  return MS_OK;
}

/* Takes the folder over. */
static ms_status start_and_add(ms_folders *folders, folder *f, ms_err *err) {
  ms_status status = start(folders, f, err);
  bool stands = status == MS_OK && f->started && !f->stale;
  if (stands && push(&folders->list, f)) return MS_OK;
  folder_end(f);
  return stands ? ms_no_memory(err) : status;
}

/* ---- Folders that come into being ---- */

/* A queue of paths, each with its NUL. */
static void queue_path(ms_buf *queue, const char *folder_path, const char *name) {
  ms_buf_add_text(queue, ms_text_of(folder_path));
  if (name[0] && strcmp(folder_path, "/") != 0) ms_buf_add_char(queue, '/');
  ms_buf_add(queue, name, strlen(name) + 1);
}

static void queue_folders_in(ms_buf *queue, const char *path) {
  struct stat status;
  DIR *stream = opendir(path);
  if (!stream) return;
  for (struct dirent *entry; (entry = readdir(stream));) {
    const char *name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    if (fstatat(dirfd(stream), name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISDIR(status.st_mode)) queue_path(queue, path, name);
  }
  closedir(stream);
}

/* Watches a new folder and those in it before anything looks at their files. What fails here is
 * found out, and said, by the next to follow a snapshot. */
static void adopt(ms_folders *folders, const char *path, const char *name) {
  struct stat status;
  ms_buf queue = {0};
  queue_path(&queue, path, name);
  for (size_t at = 0; at < queue.size && !queue.failed; at += strlen(queue.data + at) + 1) {
    if (lstat(queue.data + at, &status) != 0 || !S_ISDIR(status.st_mode)) continue;
    ms_text found = ms_text_of(queue.data + at);
    folder *f = folder_new(folders, found, MS_TEXT_NONE, true);
    if (!f || start_and_add(folders, f, NULL) != MS_OK) break;
    queue_folders_in(&queue, f->path);
  }
  ms_buf_deinit(&queue);
}

/* ---- Events ---- */

static bool is_about_itself(folder *f, const char *name) {
  char path[4096];
  size_t size = sizeof path;
  if (uv_fs_event_getpath(&f->handle, path, &size) != 0) return true;
  const char *slash = strrchr(path, '/');
  return strcmp(name, slash ? slash + 1 : path) == 0;
}

static void on_event(uv_fs_event_t *handle, const char *name, int events, int status) {
  folder *f = handle->data;
  ms_folders *folders = f->owner;
  bool comes_or_goes = events & UV_RENAME;
  if (status < 0 || !name || (comes_or_goes && is_about_itself(f, name))) {
    f->stale = true;
  } else {
    const ms_store_files *store = folders->store;
    if (f->only && strcmp(name, f->only) != 0) return;
    if (f->has_store && ms_store_files_have(store, store->device, store->folder, name)) return;
    if (f->deep && comes_or_goes) adopt(folders, f->path, name);
  }
  folders->changed(folders->context);
}

/* ---- What is to be watched ---- */

static bool want(ms_folders *folders, list *wanted, ms_text path, ms_text only, bool deep) {
  folder *f = folder_new(folders, path, only, deep);
  if (f && push(wanted, f)) return true;
  folder_free(f);
  return false;
}

/* Whoever may not read a folder may not watch it either. The folder above tells when that
 * changes. */
static bool can_watch(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
         faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
}

/* The nearest folder above the path, and what in it leads there. */
static bool want_above(ms_folders *folders, list *wanted, const char *path) {
  size_t end = strlen(path), slash = end;
  while (slash > 0) {
    while (slash > 0 && path[slash - 1] != '/')
      slash--;
    if (slash == 0) return true;
    ms_text above = {path, slash > 1 ? slash - 1 : 1}, name = {path + slash, end - slash};
    char *folder_path = ms_mem_copy(above.data, above.size);
    if (!folder_path) return false;
    bool stands = can_watch(folder_path);
    ms_mem_free(folder_path);
    if (stands) return want(folders, wanted, above, name, false);
    end = slash = slash - 1;
  }
  return true;
}

/* A file is watched through its folder, since it may be replaced as a whole; so is a link. */
static bool want_root(ms_folders *folders, list *wanted, const ms_watched *watched) {
  struct stat link;
  char *path = ms_mem_copy(watched->path.data, watched->path.size);
  if (!path) return false;
  bool is_folder = can_watch(path);
  bool is_link = lstat(path, &link) == 0 && S_ISLNK(link.st_mode);
  bool complete = true;
  if (is_folder) complete = want(folders, wanted, watched->path, MS_TEXT_NONE, watched->recursive);
  if (!is_folder || is_link) complete = complete && want_above(folders, wanted, path);
  char *target = is_link && !is_folder ? realpath(path, NULL) : NULL;
  if (target) complete = complete && want_above(folders, wanted, target);
  free(target);
  ms_mem_free(path);
  return complete;
}

static bool want_all(ms_folders *folders, list *wanted, const ms_watched *files, size_t count,
                     ms_text snapshot) {
  ms_snapshot_reader reader;
  ms_sight sight;
  bool complete = true;
  for (size_t i = 0; i < count && complete; i++)
    complete = want_root(folders, wanted, &files[i]);
  ms_snapshot_open(&reader, snapshot);
  while (complete && ms_snapshot_next(&reader, &sight)) {
    if (sight.kind != MS_SIGHT_FOLDER || sight.root >= count) continue;
    complete = want(folders, wanted, sight.path, MS_TEXT_NONE, files[sight.root].recursive);
  }
  return ms_snapshot_close(&reader, NULL) != MS_NOMEM && complete;
}

/* ---- Following ---- */

/* Keeps what is wanted and not stale; wanted is left with what is missing. Folders go before others
 * come: one that was moved would else keep its handle by the path it had. */
static void sort_out(ms_folders *folders, list *wanted) {
  list *own = &folders->list;
  size_t kept = 0, missing = 0, at = 0;
  if (own->count) qsort(own->items, own->count, sizeof *own->items, compare_places);
  if (wanted->count) qsort(wanted->items, wanted->count, sizeof *wanted->items, compare_places);
  for (size_t i = 0; i < wanted->count; i++) {
    folder *f = wanted->items[i];
    while (at < own->count && compare(own->items[at], f) < 0)
      folder_end(own->items[at++]);
    bool twice = (missing && compare(wanted->items[missing - 1], f) == 0) ||
                 (kept && compare(own->items[kept - 1], f) == 0);
    bool stands = at < own->count && compare(own->items[at], f) == 0 && !own->items[at]->stale;
    if (stands) own->items[kept++] = own->items[at++];
    if (stands || twice)
      folder_free(f);
    else
      wanted->items[missing++] = f;
  }
  while (at < own->count)
    folder_end(own->items[at++]);
  own->count = kept;
  wanted->count = missing;
}

ms_status ms_folders_follow(ms_folders *folders, const ms_watched *files, size_t count,
                            ms_text snapshot, bool *fresh, ms_err *err) {
  list wanted = {0};
  ms_status status = MS_OK;
  *fresh = false;
  bool complete = want_all(folders, &wanted, files, count, snapshot);
  if (!complete) status = ms_no_memory(err);
  if (complete) sort_out(folders, &wanted);
  for (size_t i = 0; i < wanted.count; i++) {
    size_t before = folders->list.count;
    if (status == MS_OK)
      status = start_and_add(folders, wanted.items[i], err);
    else
      folder_free(wanted.items[i]);
    *fresh = *fresh || folders->list.count > before;
  }
  ms_mem_free(wanted.items);
  return status;
}

size_t ms_folders_count(const ms_folders *folders) {
  return folders->list.count;
}

ms_folders *ms_folders_new(uv_loop_t *loop, const ms_store_files *store, size_t most,
                           void (*changed)(void *context), void *context) {
  ms_folders *folders = ms_mem_zalloc(sizeof *folders);
  if (!folders) return NULL;
  *folders = (ms_folders){
      .loop = loop, .store = store, .most = most, .changed = changed, .context = context};
  return folders;
}

void ms_folders_free(ms_folders *folders) {
  if (!folders) return;
  for (size_t i = 0; i < folders->list.count; i++)
    folder_end(folders->list.items[i]);
  ms_mem_free(folders->list.items);
  ms_mem_free(folders);
}
