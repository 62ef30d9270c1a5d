#include "store/files.h"

#include "store/private.h"

static const char select_files[] =
    "SELECT base, open, first_at, due_at, paths, next_first_at, next_due_at, next_paths"
    " FROM ms_files WHERE id = ?";
static const char write_files[] =
    "INSERT INTO ms_files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET version = excluded.version, base = excluded.base,"
    " open = excluded.open, first_at = excluded.first_at, due_at = excluded.due_at,"
    " paths = excluded.paths, next_first_at = excluded.next_first_at,"
    " next_due_at = excluded.next_due_at, next_paths = excluded.next_paths";
static const char select_due[] = "SELECT due_at FROM ms_files WHERE id = ?";
static const char delete_files[] = "DELETE FROM ms_files WHERE id = ?";
/* By the index files_version. */
static const char select_since[] = "SELECT id FROM ms_files WHERE version > ? ORDER BY version";
static const char write_snapshot[] =
    "INSERT INTO ms_snapshot VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data";
static const char select_snapshot[] = "SELECT data FROM ms_snapshot WHERE id = ?";
static const char delete_snapshot[] = "DELETE FROM ms_snapshot WHERE id = ?";

void ms_files_init(ms_files *files, int64_t id) {
  static const ms_trigger nothing = {.first_at_ms = MS_NEVER, .due_at_ms = MS_NEVER};
  *files = (ms_files){.id = id, .open = true, .now = nothing, .next = nothing};
}

static ms_trigger read_trigger(ms_statement *statement, int column, ms_arena *arena, bool *failed) {
  return (ms_trigger){
      .first_at_ms = ms_sql_column_moment(statement, column),
      .due_at_ms = ms_sql_column_moment(statement, column + 1),
      .paths = ms_sql_column_copy(statement, column + 2, arena, failed),
  };
}

ms_status ms_files_load(ms_store *store, int64_t id, ms_arena *arena, ms_files *files,
                        bool *found) {
  ms_statement *statement;
  bool failed = false;
  MS_TRY(ms_sql_open(store, select_files, &statement, "i", id));
  MS_TRY(ms_sql_step(store, statement, found));
  if (!*found) return MS_OK;
  *files = (ms_files){
      .id = id,
      .base = ms_sql_column_int(statement, 0),
      .open = ms_sql_column_int(statement, 1) != 0,
      .now = read_trigger(statement, 2, arena, &failed),
      .next = read_trigger(statement, 5, arena, &failed),
  };
  ms_sql_close(statement);
  return failed ? ms_no_memory(&store->err) : MS_OK;
}

/* Numbers come from a counter, since the row with the highest may be deleted. */
static ms_status take_version(ms_store *store, int64_t *version) {
  MS_TRY(ms_files_newest(store, version));
  return ms_store_set_counter(store, "files", ++*version);
}

ms_status ms_files_write(ms_store *store, const ms_files *files) {
  int64_t version;
  const ms_trigger *now = &files->now, *next = &files->next;
  MS_TRY(take_version(store, &version));
  return ms_sql_run(store, write_files, "iiiinntnnt", files->id, version, files->base,
                    (int64_t)files->open, now->first_at_ms, now->due_at_ms, now->paths,
                    next->first_at_ms, next->due_at_ms, next->paths);
}

ms_status ms_files_due(ms_store *store, int64_t id, int64_t *due_at_ms) {
  MS_TRY(ms_sql_int(store, select_due, MS_NEVER, due_at_ms, "i", id));
  *due_at_ms = ms_sql_moment(*due_at_ms);
  return MS_OK;
}

ms_status ms_files_delete(ms_store *store, int64_t id) {
  MS_TRY(ms_files_drop_snapshot(store, id));
  return ms_sql_run(store, delete_files, "i", id);
}

ms_status ms_files_newest(ms_store *store, int64_t *version) {
  return ms_store_counter(store, "files", version);
}

ms_status ms_files_since(ms_store *store, int64_t version, ms_ids *ids) {
  ms_statement *statement;
  MS_TRY(ms_sql_open(store, select_since, &statement, "i", version));
  return ms_sql_collect(store, statement, ids);
}

ms_status ms_files_keep_snapshot(ms_store *store, int64_t id, ms_text data, int64_t *base) {
  MS_TRY(take_version(store, base));
  return ms_sql_run(store, write_snapshot, "it", id, data);
}

ms_status ms_files_read_snapshot(ms_store *store, int64_t id, ms_arena *arena, ms_text *data) {
  ms_statement *statement;
  bool row, failed = false;
  *data = MS_TEXT_NONE;
  MS_TRY(ms_sql_open(store, select_snapshot, &statement, "i", id));
  MS_TRY(ms_sql_step(store, statement, &row));
  if (!row) return MS_OK;
  *data = ms_sql_column_copy(statement, 0, arena, &failed);
  ms_sql_close(statement);
  return failed ? ms_no_memory(&store->err) : MS_OK;
}

ms_status ms_files_drop_snapshot(ms_store *store, int64_t id) {
  return ms_sql_run(store, delete_snapshot, "i", id);
}
