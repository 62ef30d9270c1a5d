/* Questions beside turns: they hold nobody up, tell of one moment, and know what was acknowledged
 * before they began. */
#include "engine/engine.h"
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

static ms_err err;
static char folder[] = "/tmp/reader_test.XXXXXX";
static ms_manager *manager;

static void open_manager(void) {
  char path[64];
  ms_options options;
  snprintf(path, sizeof path, "%s/work.db", folder);
  ms_options_init(&options);
  options.database = path;
  options.durability = MS_DURABILITY_NORMAL;
  UNIT_INT(MS_OK, ms_open(&options, &manager, &err));
}

static void enqueue(void) {
  ms_arena arena = {0};
  ms_request request;
  ms_enqueued enqueued;
  ms_request_init(&request);
  request.worker = MS_TEXT("later");
  UNIT_INT(MS_OK, ms_enqueue(manager, &request, 1, NULL, &arena, &enqueued, &err));
  ms_arena_deinit(&arena);
}

static int64_t count_enqueued(void) {
  const ms_selector enqueued = {.states = 1u << MS_ENQUEUED};
  int64_t count = -1;
  UNIT_INT(MS_OK, ms_count(manager, &enqueued, &count, &err));
  return count;
}

static void sees_one_moment_while_others_enqueue(void) {
  int64_t counts[MS_STATE_COUNT];
  ms_store *store;
  enqueue();
  UNIT_INT(MS_OK, ms_reader_begin(manager, &store, &err));
  UNIT_INT(MS_OK, ms_query_tally(store, 1u << MS_ENQUEUED, counts));
  UNIT_INT(1, counts[MS_ENQUEUED]);
  enqueue();
  UNIT_INT(MS_OK, ms_query_tally(store, 1u << MS_ENQUEUED, counts));
  UNIT_INT(1, counts[MS_ENQUEUED]);
  UNIT_INT(MS_OK, ms_reader_end(manager, MS_OK, &err));
}

static void sees_what_was_acknowledged(void) {
  int64_t before = count_enqueued();
  for (int64_t i = 1; i <= 20; i++) {
    enqueue();
    UNIT_INT(before + i, count_enqueued());
  }
}

static void counts_every_state(void) {
  const ms_selector first = {.ids = (int64_t[]){1}, .id_count = 1};
  ms_stats stats;
  int64_t count;
  UNIT_INT(MS_OK, ms_cancel(manager, &first, &count, &err));
  int64_t enqueued = count_enqueued();
  UNIT_INT(MS_OK, ms_get_stats(manager, &stats, &err));
  UNIT_INT(enqueued, stats.counts[MS_ENQUEUED]);
  UNIT_INT(1, stats.counts[MS_CANCELLED]);
  UNIT_INT(0, stats.counts[MS_SUCCEEDED]);
}

/* The connection is made when it is needed, and must not find another file by the name. */
static void does_not_open_another_file(void) {
  char command[160];
  ms_store *store;
  open_manager();
  snprintf(command, sizeof command, "mv %s/work.db %s/other.db", folder, folder);
  UNIT_INT(0, system(command));
  UNIT_INT(MS_IO, ms_reader_begin(manager, &store, &err));
  UNIT_CHECK(strstr(err.message, "moved") != NULL);
  enqueue();
  ms_free(manager);
}

int main(void) {
  char command[64];
  if (!mkdtemp(folder)) return 1;
  open_manager();
  UNIT_RUN(sees_one_moment_while_others_enqueue);
  UNIT_RUN(sees_what_was_acknowledged);
  UNIT_RUN(counts_every_state);
  ms_free(manager);
  UNIT_RUN(does_not_open_another_file);
  snprintf(command, sizeof command, "rm -r %s", folder);
  if (system(command) != 0) return 1;
  return unit_end();
}
