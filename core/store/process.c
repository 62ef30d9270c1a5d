#include "store/process.h"

#include "store/private.h"

static const char insert_process[] =
    "INSERT INTO ms_process (pid, door, opened_at, observes) VALUES (?, ?, ?, 0)"
    " RETURNING id";
/* No process comes to have a number as large as these, behind the last of which there are none left
 * to give: rows that say so were altered. */
#define IMPOSSIBLE " NOT BETWEEN 0 AND 1099511627775"
static const char delete_impossible[] = "DELETE FROM ms_process WHERE id" IMPOSSIBLE;
static const char reset_sequence[] =
    "UPDATE sqlite_sequence SET seq = (SELECT coalesce(max(id), 0) FROM ms_process)"
    " WHERE name = 'ms_process' AND seq" IMPOSSIBLE;
static const char select_process[] = "SELECT id FROM ms_process WHERE id = ?";
static const char delete_process[] = "DELETE FROM ms_process WHERE id = ?";
static const char select_processes[] = "SELECT id, door FROM ms_process ORDER BY id";

static ms_status check_numbers(ms_store *store) {
  if (store->driver->is_server) return MS_OK;
  MS_TRY(ms_sql_run(store, delete_impossible, ""));
  return ms_sql_run(store, reset_sequence, "");
}

ms_status ms_process_add(ms_store *store, int64_t pid, int64_t door, int64_t now_ms,
                         int64_t *owner) {
  MS_TRY(check_numbers(store));
  MS_TRY(ms_sql_int(store, insert_process, 0, owner, "iii", pid, door, now_ms));
  store->owner = *owner;
  return MS_OK;
}

ms_status ms_process_exists(ms_store *store, int64_t owner, bool *exists) {
  int64_t found;
  MS_TRY(ms_sql_int(store, select_process, 0, &found, "i", owner));
  *exists = found != 0;
  return MS_OK;
}

ms_status ms_process_delete(ms_store *store, int64_t owner) {
  return ms_sql_run(store, delete_process, "i", owner);
}

ms_status ms_process_list(ms_store *store, ms_ids *owners, ms_ids *doors) {
  ms_statement *statement;
  bool row;
  MS_TRY(ms_sql_open(store, select_processes, &statement, ""));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    int64_t owner = ms_sql_column_int(statement, 0), door = ms_sql_column_int(statement, 1);
    if (!ms_is_id(owner) || (ms_ids_add(owners, owner) && ms_ids_add(doors, door))) continue;
    ms_sql_close(statement);
    return ms_no_memory(&store->err);
  }
}
