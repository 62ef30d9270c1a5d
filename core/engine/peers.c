#include "engine/peers.h"

#include "base/fork.h"
#include "store/site.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Byte 0 is the checkpointer's, byte n that of process n. */
#define CHECKPOINT_BYTE 0

void ms_peers_init(ms_peers *peers) {
  *peers = (ms_peers){.lock_fd = -1, .watch_fd = -1, .door_fd = -1};
}

/* Open file description locks: unlike the older kind they do not vanish when another descriptor of
 * the file is closed in the same process. */
static bool lock(int file, int command, short type, int64_t byte) {
  struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
  int result;
  do {
    result = fcntl(file, command, &range);
  } while (result != 0 && errno == EINTR);
  return result == 0 && (command != F_OFD_GETLK || range.l_type == F_UNLCK);
}

static void watch(ms_peers *peers, const char *path) {
  peers->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (peers->watch_fd < 0) return;
  if (inotify_add_watch(peers->watch_fd, path, IN_MODIFY | IN_CLOSE_WRITE) >= 0) return;
  close(peers->watch_fd);
  peers->watch_fd = -1;
}

/* ---- Doors ---- */

/* An abstract address: it leaves no file behind and ends with its socket. */
static socklen_t address_of(int64_t door, struct sockaddr_un *address) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  char *name = address->sun_path + 1;
  int size = snprintf(name, sizeof address->sun_path - 1, "moonshift-%" PRIx64, (uint64_t)door);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)size);
}

/* The number is random, so that nobody else can have taken the name. */
static void open_door(ms_peers *peers) {
  struct sockaddr_un address;
  int64_t door;
  int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (file < 0) return;
  bool random = getrandom(&door, sizeof door, 0) == sizeof door;
  door = door >> 1 & INT64_MAX;
  socklen_t size = address_of(door, &address);
  if (random && door && bind(file, (struct sockaddr *)&address, size) == 0) {
    peers->door_fd = file;
    peers->door = door;
    return;
  }
  close(file);
}

/* A door where so much waits that no more fits is about to be answered. */
bool ms_peers_knock(ms_peers *peers, int64_t door) {
  struct sockaddr_un address;
  if (!door || peers->door_fd < 0) return false;
  socklen_t size = address_of(door, &address);
  ssize_t sent = sendto(peers->door_fd, "", 1, MSG_NOSIGNAL, (struct sockaddr *)&address, size);
  return sent == 1 || errno == EAGAIN;
}

void ms_peers_answer(ms_peers *peers) {
  char byte;
  while (recv(peers->door_fd, &byte, 1, 0) >= 0) {
  }
}

/* A lock belongs to the open file, of which the child of a fork would have a copy. Not even a pipe
 * in its place is waited for. */
static int open_lock(const char *path) {
  int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  int file = ms_fork_open(path, flags | O_CREAT | O_EXCL, MS_SITE_MODE);
  if (file < 0) return errno == EEXIST ? ms_fork_open(path, flags, 0) : -1;
  fchmod(file, MS_SITE_MODE); /* fails only where a file system has no modes */
  return file;
}

ms_status ms_peers_open(ms_peers *peers, const char *database, ms_err *err) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s-lock", database) >= (int)sizeof path) {
    return ms_fail(err, MS_IO, "open %s: the path is too long", database);
  }
  peers->lock_fd = open_lock(path);
  if (peers->lock_fd < 0) return ms_site_fail(path, errno, err);
  MS_TRY(ms_site_check(peers->lock_fd, path, err));
  watch(peers, path);
  open_door(peers);
  return MS_OK;
}

ms_status ms_peers_reach(ms_peers *peers, const char *url, struct ms_store *store, ms_err *err) {
  MS_TRY(ms_server_open(url, store, &peers->server, err));
  peers->watch_fd = ms_server_fd(peers->server);
  return MS_OK;
}

void ms_peers_outlive(ms_peers *peers) {
  peers->lock_fd = -1;
  if (peers->server) ms_server_outlive(peers->server);
}

void ms_peers_close(ms_peers *peers) {
  if (peers->lock_fd >= 0) ms_fork_close(peers->lock_fd);
  if (peers->server)
    ms_server_close(peers->server);
  else if (peers->watch_fd >= 0)
    close(peers->watch_fd);
  if (peers->door_fd >= 0) close(peers->door_fd);
  ms_peers_init(peers);
}

ms_status ms_peers_join(ms_peers *peers, int64_t owner, ms_err *err) {
  if (peers->server) return ms_server_join(peers->server, owner);
  if (lock(peers->lock_fd, F_OFD_SETLK, F_WRLCK, owner)) return MS_OK;
  ms_status status = errno == EAGAIN || errno == EACCES ? MS_BUSY : MS_IO;
  return ms_fail(err, status, "lock file: %s", strerror(errno));
}

bool ms_peers_alive(const ms_peers *peers, int64_t owner) {
  if (peers->server) return ms_server_alive(peers->server, owner);
  return !lock(peers->lock_fd, F_OFD_GETLK, F_WRLCK, owner);
}

bool ms_peers_lock_checkpoint(ms_peers *peers) {
  if (peers->lock_fd < 0) return true;
  return lock(peers->lock_fd, F_OFD_SETLK, F_WRLCK, CHECKPOINT_BYTE);
}

void ms_peers_unlock_checkpoint(ms_peers *peers) {
  if (peers->lock_fd >= 0) lock(peers->lock_fd, F_OFD_SETLK, F_UNLCK, CHECKPOINT_BYTE);
}

void ms_peers_nudge(ms_peers *peers) {
  if (peers->server) ms_server_nudge(peers->server);
  if (peers->lock_fd < 0) return;
  ssize_t written = pwrite(peers->lock_fd, "", 1, 0);
  (void)written;
}

bool ms_peers_renewed(const ms_peers *peers) {
  return peers->server && ms_server_renewed(peers->server);
}

void ms_peers_settled(ms_peers *peers) {
  if (peers->server) ms_server_settled(peers->server);
}

void ms_peers_watch(ms_peers *peers, bool busy) {
  if (peers->server) ms_server_watch(peers->server, busy);
}

ms_heard ms_peers_drain(ms_peers *peers) {
  alignas(struct inotify_event) char bytes[4096];
  bool closed = false;
  if (peers->server) return ms_server_drain(peers->server) ? MS_HEARD_NUDGE : MS_HEARD_NOTHING;
  for (;;) {
    ssize_t size = read(peers->watch_fd, bytes, sizeof bytes);
    if (size <= 0) return closed ? MS_HEARD_END : MS_HEARD_NUDGE;
    for (const char *at = bytes; at < bytes + size;) {
      const struct inotify_event *event = (const void *)at;
      closed = closed || event->mask & (IN_CLOSE_WRITE | IN_Q_OVERFLOW);
      at += sizeof *event + event->len;
    }
  }
}
