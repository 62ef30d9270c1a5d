#include "store/site.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096

/* SQLite's, and the lock file. */
static const char *const endings[] = {"-wal", "-shm", "-journal", "-lock"};

ms_status ms_site_fail(const char *path, int error, ms_err *err) {
  ms_status status = error == ENOENT || error == ENOTDIR                   ? MS_NOTFOUND
                     : error == EACCES || error == EPERM || error == EROFS ? MS_PERMISSION
                     : error == ENOSPC || error == EDQUOT                  ? MS_FULL
                                                                           : MS_IO;
  return ms_fail(err, status, "open %s: %s", path, strerror(error));
}

static const char *kind_of(mode_t mode) {
  return S_ISDIR(mode) ? "folder" : S_ISFIFO(mode) ? "pipe" : S_ISSOCK(mode) ? "socket" : "device";
}

/* A file that was deleted meanwhile has no name, and some file systems count none at all. */
static ms_status check(const struct stat *stat, const char *path, ms_err *err) {
  if (S_ISLNK(stat->st_mode)) {
    return ms_fail(err, MS_IO, "open %s: a symbolic link is not followed", path);
  }
  if (!S_ISREG(stat->st_mode)) {
    return ms_fail(err, MS_IO, "open %s: expected a regular file, got a %s", path,
                   kind_of(stat->st_mode));
  }
  if (stat->st_nlink > 1) {
    return ms_fail(err, MS_IO,
                   "open %s: expected a file with one name, got one with %llu (hard links)", path,
                   (unsigned long long)stat->st_nlink);
  }
  return MS_OK;
}

ms_status ms_site_check(int file, const char *path, ms_err *err) {
  struct stat stat;
  return fstat(file, &stat) == 0 ? check(&stat, path, err) : ms_site_fail(path, errno, err);
}

/* Tells whether anything stands there. */
static ms_status look(const char *path, bool *exists, ms_err *err) {
  struct stat stat;
  *exists = lstat(path, &stat) == 0;
  if (*exists) return check(&stat, path, err);
  return errno == ENOENT ? MS_OK : ms_site_fail(path, errno, err);
}

static ms_status look_beside(const char *database, ms_err *err) {
  char path[PATH_BYTES_MAX];
  bool exists;
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    if (snprintf(path, sizeof path, "%s%s", database, endings[i]) >= (int)sizeof path) {
      return ms_fail(err, MS_IO, "open %s: the path is too long", database);
    }
    MS_TRY(look(path, &exists, err));
  }
  return MS_OK;
}

static ms_status make(const char *path, ms_err *err) {
  int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MS_SITE_MODE);
  if (file < 0) return errno == EEXIST ? MS_OK : ms_site_fail(path, errno, err);
  int error = fchmod(file, MS_SITE_MODE) == 0 ? 0 : errno;
  close(file);
  return error ? ms_site_fail(path, error, err) : MS_OK;
}

ms_status ms_site_prepare(const char *database, ms_err *err) {
  bool exists;
  MS_TRY(look(database, &exists, err));
  MS_TRY(look_beside(database, err));
  if (!exists) return make(database, err);
  return access(database, R_OK | W_OK) == 0 ? MS_OK : ms_site_fail(database, errno, err);
}
