/* What the store keeps of files: snapshots, and lists of paths. The first byte says which. */
#include "fuzz.h"

#include "model/paths.h"
#include "sense/snapshot.h"

static void count(void *context, ms_text path) {
  FUZZ_CHECK(path.size == 0 || path.data);
  ++*(size_t *)context;
}

/* Whatever can be read does not differ from itself; from nothing it differs by all that it shows.
 */
static void try_snapshot(ms_text text) {
  ms_err err = {0};
  size_t differences = 0, shown = 0;
  ms_snapshot_reader reader;
  ms_sight sight;
  if (ms_snapshot_compare(text, text, count, &differences, &err) != MS_OK) {
    FUZZ_CHECK(err.status == MS_CORRUPT && err.message[0] != '\0');
    return;
  }
  FUZZ_CHECK(differences == 0);
  ms_snapshot_open(&reader, text);
  while (ms_snapshot_next(&reader, &sight))
    shown++;
  FUZZ_CHECK(ms_snapshot_close(&reader, &err) == MS_OK);
  FUZZ_CHECK(ms_snapshot_compare(MS_TEXT_NONE, text, count, &differences, &err) == MS_OK);
  FUZZ_CHECK(differences == shown);
}

/* What was written of a list is read as that list. */
static void try_paths(ms_text text) {
  ms_paths first = {0}, second = {0};
  ms_buf written = {0}, again = {0};
  ms_paths_add(&first, text);
  ms_paths_add(&first, (ms_text){text.data, text.size / 2});
  FUZZ_CHECK(ms_paths_format(&first, &written));
  FUZZ_CHECK(ms_paths_add_list(&second, ms_buf_text(&written)));
  FUZZ_CHECK(ms_paths_format(&second, &again));
  FUZZ_CHECK(ms_text_equal(ms_buf_text(&written), ms_buf_text(&again)));
  ms_paths_deinit(&first);
  ms_paths_deinit(&second);
  ms_buf_deinit(&written);
  ms_buf_deinit(&again);
}

static void try_list(ms_text text) {
  ms_paths paths = {0};
  ms_paths_add_list(&paths, text);
  FUZZ_CHECK(paths.count <= MS_PATHS_MOST);
  ms_paths_deinit(&paths);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_bytes bytes = {data, size};
  uint64_t which = fuzz_take(&bytes, 1) % 3;
  ms_text text = fuzz_rest(&bytes);
  if (which == 0)
    try_snapshot(text);
  else if (which == 1)
    try_paths(text);
  else
    try_list(text);
  return 0;
}
