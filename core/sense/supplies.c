#include "sense/supplies.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is gathered over all supplies. */
typedef struct survey {
  int folder; /* of the supplies */
  bool has_source;
  bool is_fed;
  int batteries;
  int charging; /* batteries that are fed */
  int unclear;  /* batteries that do not say */
  int levels;
  double percent_sum;
} survey;

/* The first line of a small file; false if there is none. */
static bool read_line(int folder, const char *name, char *line, size_t size) {
  int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  ssize_t got = read(file, line, size - 1);
  close(file);
  if (got <= 0) return false;
  line[got] = '\0';
  line[strcspn(line, "\n")] = '\0';
  return true;
}

static bool line_is(int folder, const char *name, const char *word) {
  char line[64];
  return read_line(folder, name, line, sizeof line) && strcmp(line, word) == 0;
}

static void survey_battery(survey *it, int folder) {
  char line[64];
  if (line_is(folder, "scope", "Device") || line_is(folder, "present", "0")) return;
  it->batteries++;
  if (!read_line(folder, "status", line, sizeof line) || strcmp(line, "Unknown") == 0)
    it->unclear++;
  else if (strcmp(line, "Discharging") != 0)
    it->charging++;
  if (!read_line(folder, "capacity", line, sizeof line)) return;
  it->levels++;
  it->percent_sum += strtod(line, NULL);
}

static void survey_supply(survey *it, const char *name) {
  char type[64];
  int folder = openat(it->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  if (read_line(folder, "type", type, sizeof type)) {
    if (strcmp(type, "Battery") == 0 || strcmp(type, "UPS") == 0) {
      survey_battery(it, folder);
    } else if (!line_is(folder, "scope", "Device")) {
      it->has_source = true;
      it->is_fed = it->is_fed || line_is(folder, "online", "1") || line_is(folder, "online", "2");
    }
  }
  close(folder);
}

static void survey_all(survey *it, DIR *supplies) {
  it->folder = dirfd(supplies);
  for (struct dirent *entry; (entry = readdir(supplies));) {
    if (entry->d_name[0] != '.') survey_supply(it, entry->d_name);
  }
}

/* A source that is plugged in feeds the machine, also when the battery is kept from charging. Where
 * no source is described the batteries know. */
static ms_truth is_fed(const survey *it) {
  if (it->is_fed || it->charging) return MS_TRUE;
  return it->unclear && !it->has_source ? MS_UNKNOWN : MS_FALSE;
}

static bool is_folder(const char *sysfs, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", sysfs, name);
  return access(path, R_OK | X_OK) == 0;
}

void ms_supplies_look(const char *sysfs, ms_power *power) {
  char path[4096];
  survey it = {0};
  snprintf(path, sizeof path, "%s/class/power_supply", sysfs);
  DIR *supplies = opendir(path);
  *power = (ms_power){.percent = -1};
  if (supplies) {
    survey_all(&it, supplies);
    closedir(supplies);
  } else if (errno != ENOENT || !is_folder(sysfs, "class")) {
    snprintf(power->trouble, sizeof power->trouble, "%.100s: %s", path, strerror(errno));
    return;
  }
  power->battery = it.batteries ? MS_TRUE : MS_FALSE;
  power->fed = is_fed(&it);
  if (it.levels) power->percent = it.percent_sum / it.levels;
}

/* ---- News ---- */

int ms_supplies_news(void) {
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK, .nl_groups = 1};
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  if (fd < 0 || bind(fd, (struct sockaddr *)&kernel, sizeof kernel) == 0) return fd;
  close(fd);
  return -1;
}

/* A message is a run of strings. */
static bool tells_of_power(const char *bytes, size_t size) {
  static const char wanted[] = "SUBSYSTEM=power_supply";
  for (const char *at = bytes; at < bytes + size; at += strlen(at) + 1) {
    if (strcmp(at, wanted) == 0) return true;
  }
  return false;
}

ms_news ms_supplies_drain(int fd) {
  char bytes[8192];
  ms_news news = MS_NEWS_NONE;
  for (;;) {
    ssize_t size = recv(fd, bytes, sizeof bytes - 1, MSG_DONTWAIT);
    if (size == 0) return MS_NEWS_END;
    if (size > 0) {
      bytes[size] = '\0';
      if (tells_of_power(bytes, (size_t)size)) news = MS_NEWS_SOME;
    } else if (errno == ENOBUFS) {
      news = MS_NEWS_SOME;
    } else if (errno != EINTR) {
      return errno == EAGAIN ? news : MS_NEWS_END;
    }
  }
}
