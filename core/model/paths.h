/* Paths of files: made absolute, and gathered in lists.
 *
 * An ms_paths belongs to the caller; a zeroed one is an empty list. ms_paths_deinit frees it.
 *
 * Any thread may use them, a list one thread at a time. Nothing is looked up in a file system.
 *
 * When memory is out the list's text is marked failed, as a buffer is. */
#ifndef MS_MODEL_PATHS_H
#define MS_MODEL_PATHS_H

#include "base/buf.h"

/* So many paths are named; that there are more is only said. */
#define MS_PATHS_MOST 1000

typedef struct ms_paths {
  ms_buf text; /* ,"a","b" */
  size_t count;
  bool more;
} ms_paths;

void ms_paths_deinit(ms_paths *paths);
/* Each path stands in the list once. Bytes that are not UTF-8 become U+FFFD. */
void ms_paths_add(ms_paths *paths, ms_text path);
/* Adds the paths of a JSON text that ms_paths_format wrote; absent = none. False if it is another.
 */
bool ms_paths_add_list(ms_paths *paths, ms_text list);
/* Appends JSON text: an array of the paths whose last element is true if there are more. */
bool ms_paths_format(const ms_paths *paths, ms_buf *out);

/* Appends the path as it is seen from the folder, which is absolute: without empty steps, "." and a
 * slash at the end. ".." stays, since links may stand before it. */
bool ms_path_absolute(ms_text folder, ms_text path, ms_buf *out);
/* Whether the path is the root, or stands in it: at any depth, or right in it. */
bool ms_path_within(ms_text path, ms_text root, bool recursive);

#endif
