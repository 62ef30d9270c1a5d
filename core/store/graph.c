#include "store/graph.h"

#include "store/private.h"
#include "store/prune.h"
#include "store/work.h"

static const char select_dependents[] =
    "SELECT dependent FROM ms_edge WHERE prerequisite = ? ORDER BY dependent";
static const char select_all_dependents[] =
    "SELECT prerequisite, dependent FROM ms_edge WHERE prerequisite BETWEEN ? AND ?"
    " ORDER BY prerequisite, dependent";
static const char select_prerequisites[] =
    "SELECT prerequisite FROM ms_edge WHERE dependent = ? ORDER BY position, prerequisite";
static const char select_outputs[] =
    "SELECT d.output FROM ms_edge e JOIN ms_done d ON d.id = e.prerequisite"
    " WHERE e.dependent = ? AND d.state = 2"
    " ORDER BY e.position, e.prerequisite";
/* Dependents finish in the order of their ids as a rule, so the last is looked at first. */
#define UNFINISHED_DEPENDENT(prerequisite)                                                         \
  "SELECT o.dependent FROM ms_edge o WHERE o.prerequisite = " prerequisite                         \
  " AND NOT EXISTS (SELECT 1 FROM ms_done x WHERE x.id = o.dependent)"                             \
  " ORDER BY o.dependent DESC LIMIT 1"
static const char select_unfinished_dependent[] = UNFINISHED_DEPENDENT("?");
static const char select_released[] =
    "SELECT d.id, d.finished_at FROM ms_edge e JOIN ms_done d ON d.id = e.prerequisite"
    " WHERE e.dependent = ? AND (" UNFINISHED_DEPENDENT("e.prerequisite") ") IS NULL";
static const char select_standing[] =
    "SELECT count(*) FILTER (WHERE d.id IS NULL),"
    " min(e.position) FILTER (WHERE d.state = 3), min(e.position) FILTER (WHERE d.state = 5)"
    " FROM ms_edge e LEFT JOIN ms_done d ON d.id = e.prerequisite WHERE e.dependent = ?";
static const char select_at_position[] =
    "SELECT prerequisite FROM ms_edge WHERE dependent = ? AND position = ?";
static const char delete_edges_to[] = "DELETE FROM ms_edge WHERE prerequisite = ?";
static const char delete_edges_from[] =
    "DELETE FROM ms_edge WHERE dependent = ?1 AND prerequisite IN"
    " (SELECT prerequisite FROM ms_edge WHERE dependent = ?1)";
static const char select_names[] =
    "SELECT id FROM ms_name WHERE name = ? AND trunk IN (0, 1) ORDER BY id";
static const char select_unfinished_names[] =
    "SELECT id FROM ms_name n WHERE name = ? AND trunk IN (0, 1)"
    " AND NOT EXISTS (SELECT 1 FROM ms_done d WHERE d.id = n.id) ORDER BY id";
static const char select_leaves[] =
    "SELECT id FROM ms_name WHERE name = ? AND trunk = 0 ORDER BY id";
/* All works that one call put under a name wait for the same. */
static const char select_behind[] =
    "SELECT DISTINCT l.behind FROM ms_name n JOIN ms_life l ON l.id = n.id"
    " WHERE n.name = ? AND n.trunk IN (0, 1) AND l.behind IS NOT NULL";
/* A work stands under its name once, but for rows that somebody has added. */
#define TRUNK " ms_name SET trunk = 1 WHERE name = ? AND trunk = 0 AND id = ?"
static const ms_dialects update_trunk = {
    .sqlite = "UPDATE OR REPLACE" TRUNK,
    .postgres = "UPDATE" TRUNK,
};
/* What only the deleted work depended on is a leaf of the name again. */
#define LEAVES                                                                                     \
  " ms_name SET trunk = 0 WHERE name = ?1 AND trunk = 1 AND id IN"                                 \
  " (SELECT prerequisite FROM ms_edge WHERE dependent = ?2) AND NOT EXISTS"                        \
  " (SELECT 1 FROM ms_edge e JOIN ms_work w ON w.id = e.dependent"                                 \
  "  WHERE e.prerequisite = ms_name.id AND e.dependent <> ?2 AND w.name = ?1)"
static const ms_dialects update_leaves = {
    .sqlite = "UPDATE OR REPLACE" LEAVES,
    .postgres = "UPDATE" LEAVES,
};

ms_status ms_edge_add(ms_store *store, int64_t prerequisite, int64_t dependent, int64_t position) {
  return ms_rows_add(store, MS_ROWS_EDGE, prerequisite, dependent, position);
}

ms_status ms_edge_dependents(ms_store *store, int64_t id, ms_ids *ids) {
  ms_statement *statement;
  MS_TRY(ms_sql_open(store, select_dependents, &statement, "i", id));
  return ms_sql_collect(store, statement, ids);
}

/* A row costs a tenth of another look. */
#define PASSED_MOST 10

/* Reads on until too many works that are not asked for have dependents; *at stands behind those
 * that have been dealt with. */
static ms_status collect_dependents(ms_store *store, ms_statement *statement, const ms_ids *ids,
                                    size_t *at, ms_ids *dependents) {
  bool row;
  for (int passed = 0; passed < PASSED_MOST;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) {
      *at = ids->count;
      return MS_OK;
    }
    int64_t prerequisite = ms_sql_column_int(statement, 0);
    while (ids->items[*at] < prerequisite)
      ++*at;
    bool asked = ids->items[*at] == prerequisite;
    passed = asked ? 0 : passed + 1;
    int64_t dependent = ms_sql_column_int(statement, 1);
    if (!asked || !ms_is_id(dependent) || ms_ids_add(dependents, dependent)) continue;
    ms_sql_close(statement);
    return ms_no_memory(&store->err);
  }
  ms_sql_close(statement);
  return MS_OK;
}

ms_status ms_edge_all_dependents(ms_store *store, const ms_ids *ids, ms_ids *dependents) {
  ms_statement *statement;
  for (size_t at = 0; at < ids->count;) {
    MS_TRY(ms_sql_open(store, select_all_dependents, &statement, "ii", ids->items[at],
                       ids->items[ids->count - 1]));
    MS_TRY(collect_dependents(store, statement, ids, &at, dependents));
  }
  return MS_OK;
}

ms_status ms_edge_prerequisites(ms_store *store, int64_t id, ms_ids *ids) {
  ms_statement *statement;
  MS_TRY(ms_sql_open(store, select_prerequisites, &statement, "i", id));
  return ms_sql_collect(store, statement, ids);
}

typedef struct output_link {
  struct output_link *next;
  ms_text text;
} output_link;

static ms_text *flatten(ms_arena *arena, const output_link *first, size_t count) {
  ms_text *list = ms_arena_take(arena, count * sizeof *list);
  for (size_t i = 0; list && i < count; i++, first = first->next)
    list[i] = first->text;
  return list;
}

ms_status ms_edge_outputs(ms_store *store, int64_t id, ms_arena *arena, ms_text **outputs,
                          size_t *count) {
  ms_statement *statement;
  output_link *first = NULL, **last = &first;
  bool row, failed = false;
  size_t found = 0;
  MS_TRY(ms_sql_open(store, select_outputs, &statement, "i", id));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) break;
    output_link *link = ms_arena_take(arena, sizeof *link);
    if (link) link->text = ms_sql_column_copy(statement, 0, arena, &failed);
    if (!link || failed) {
      ms_sql_close(statement);
      return ms_no_memory(&store->err);
    }
    *last = link;
    last = &link->next;
    found++;
  }
  *outputs = flatten(arena, first, found);
  *count = found;
  return *outputs ? MS_OK : ms_no_memory(&store->err);
}

ms_status ms_edge_unfinished_dependent(ms_store *store, int64_t id, bool *any) {
  int64_t found;
  MS_TRY(ms_sql_int(store, select_unfinished_dependent, 0, &found, "i", id));
  *any = found != 0;
  return MS_OK;
}

ms_status ms_edge_note_released(ms_store *store, int64_t id) {
  ms_statement *statement;
  bool any, row;
  MS_TRY(ms_prune_has_passed_over(store, &any));
  if (!any) return MS_OK;
  MS_TRY(ms_sql_open(store, select_released, &statement, "i", id));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    int64_t prerequisite = ms_sql_column_int(statement, 0);
    int64_t at_ms = ms_sql_column_moment(statement, 1);
    ms_status status =
        ms_is_id(prerequisite) ? ms_prune_note(store, at_ms, &prerequisite, 1) : MS_OK;
    if (status == MS_OK) continue;
    ms_sql_close(statement);
    return status;
  }
}

static ms_status at_position(ms_store *store, int64_t id, int64_t position, int64_t *found) {
  *found = 0;
  if (position < 0) return MS_OK;
  return ms_sql_int(store, select_at_position, 0, found, "ii", id, position);
}

ms_status ms_edge_standing(ms_store *store, int64_t id, ms_standing *standing) {
  ms_statement *statement;
  bool row;
  MS_TRY(ms_sql_open(store, select_standing, &statement, "i", id));
  MS_TRY(ms_sql_step(store, statement, &row));
  standing->unfinished = ms_sql_column_int(statement, 0);
  int64_t failed = ms_sql_column_or(statement, 1, -1);
  int64_t cancelled = ms_sql_column_or(statement, 2, -1);
  ms_sql_close(statement);
  MS_TRY(at_position(store, id, failed, &standing->failed));
  return at_position(store, id, cancelled, &standing->cancelled);
}

ms_status ms_edge_drop(ms_store *store, int64_t id, ms_text name) {
  if (name.data) MS_TRY(ms_sql_run(store, ms_sql_in(store, &update_leaves), "ti", name, id));
  MS_TRY(ms_sql_run(store, delete_edges_to, "i", id));
  return ms_sql_run(store, delete_edges_from, "i", id);
}

ms_status ms_name_works(ms_store *store, ms_text name, bool unfinished, ms_ids *ids) {
  ms_statement *statement;
  const char *sql = unfinished ? select_unfinished_names : select_names;
  MS_TRY(ms_sql_open(store, sql, &statement, "t", name));
  return ms_sql_collect(store, statement, ids);
}

ms_status ms_name_leaves(ms_store *store, ms_text name, ms_ids *ids) {
  ms_statement *statement;
  MS_TRY(ms_sql_open(store, select_leaves, &statement, "t", name));
  return ms_sql_collect(store, statement, ids);
}

ms_status ms_name_behind(ms_store *store, ms_text name, ms_ids *ids) {
  ms_statement *statement;
  bool row;
  MS_TRY(ms_sql_open(store, select_behind, &statement, "t", name));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    ms_status status = ms_sql_column_ids(store, statement, 0, ids);
    if (status == MS_OK) continue;
    ms_sql_close(statement);
    return status;
  }
}

ms_status ms_name_set_trunk(ms_store *store, ms_text name, int64_t id) {
  return ms_sql_run(store, ms_sql_in(store, &update_trunk), "ti", name, id);
}
