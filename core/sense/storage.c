#include "sense/storage.h"

#include <stdio.h>
#include <uv.h>

/* What an application may still write, as against what only the system may. */
static int look(const char *path, double *bytes, double *percent) {
  uv_fs_t request;
  int error = uv_fs_statfs(NULL, &request, path, NULL);
  if (error == 0) {
    const uv_statfs_t *it = request.ptr;
    *bytes = (double)it->f_bavail * (double)it->f_bsize;
    *percent = it->f_blocks ? 100 * (double)it->f_bavail / (double)it->f_blocks : 0;
  }
  uv_fs_req_cleanup(&request);
  return error;
}

void ms_storage_look(const char *path, const ms_sensor_options *limits, bool *low,
                     ms_reading *reading) {
  double bytes, percent, factor = *low ? MS_STORAGE_BACK : 1;
  *reading = (ms_reading){.value = MS_TRUE, .source = path ? "statfs" : "memory"};
  if (limits->storage_is_far) {
    *reading = (ms_reading){.source = "server", .trouble = "the server's disk cannot be seen"};
    return;
  }
  if (!path) return;
  int error = look(path, &bytes, &percent);
  if (error) {
    reading->value = MS_UNKNOWN;
    snprintf(reading->trouble, sizeof reading->trouble, "%.100s: %s", path, uv_strerror(error));
    return;
  }
  *low = percent <= limits->storage_percent * factor || bytes <= limits->storage_bytes * factor;
  reading->value = *low ? MS_FALSE : MS_TRUE;
}
