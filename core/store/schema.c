#include "store/schema.h"

#include "base/point.h"
#include "store/sqlite.h"

#include <stdbool.h>
#include <stdio.h>

/* State is where the id is: ms_work is written once; a row in ms_waiting makes it enqueued, a place
 * in an ms_claim makes it running, a row in ms_done finishes it. ms_life holds what changes in
 * unfinished work and exists only for works that had more than one moment, such as a retry or a
 * period; without it, a work that came blocked is so until one of those places says otherwise.
 * moonshift_inbox is written by other programs, in transactions of their own; what they rely on is
 * in lua/README.md. Names of theirs may stand in the same file: all of ours begin with ms_ or
 * moonshift_.
 *
 * Before a change here: append a step to the list at the end, never edit one that was released,
 * and add a store of the version before to the migration's spec. */
static const char version_1[] =
    "CREATE TABLE ms_lane ("
    "  id INTEGER PRIMARY KEY,"
    "  queue TEXT NOT NULL,"
    "  priority INTEGER NOT NULL,"
    "  expedited INTEGER NOT NULL,"
    "  worker TEXT NOT NULL,"
    "  constraints TEXT NOT NULL"
    ");"
    "CREATE UNIQUE INDEX ms_lane_fields ON ms_lane (worker, queue, priority, expedited, "
    "constraints);"
    "CREATE TABLE ms_work ("
    "  id INTEGER PRIMARY KEY,"
    "  lane INTEGER NOT NULL,"
    "  enqueued_at INTEGER NOT NULL,"
    "  due_at INTEGER NOT NULL,"
    "  blocked INTEGER,"
    "  input TEXT,"
    "  tags TEXT,"
    "  name TEXT,"
    "  delay INTEGER,"
    "  at INTEGER,"
    "  every INTEGER,"
    "  flex INTEGER,"
    "  repeats INTEGER,"
    "  cron TEXT,"
    "  zone TEXT,"
    "  backoff_policy INTEGER,"
    "  backoff_delay INTEGER,"
    "  backoff_max INTEGER,"
    "  backoff_jitter REAL,"
    "  max_attempts INTEGER,"
    "  timeout INTEGER,"
    "  deadline INTEGER,"
    "  merger TEXT,"
    "  keep INTEGER,"
    "  prerequisites INTEGER,"
    "  trace TEXT,"
    "  enqueued_by TEXT,"
    "  files TEXT,"
    "  deadline_within INTEGER,"
    "  source INTEGER"
    ");"
    "CREATE TABLE ms_source ("
    "  id INTEGER PRIMARY KEY,"
    "  text TEXT NOT NULL UNIQUE"
    ");"
    "CREATE TABLE ms_waiting ("
    "  lane INTEGER NOT NULL,"
    "  due_at INTEGER NOT NULL,"
    "  id INTEGER NOT NULL,"
    "  more INTEGER NOT NULL,"
    "  PRIMARY KEY (lane, due_at, id)"
    ") WITHOUT ROWID;"
    "CREATE TABLE ms_life ("
    "  id INTEGER PRIMARY KEY,"
    "  blocked INTEGER NOT NULL DEFAULT 0,"
    "  pending INTEGER NOT NULL DEFAULT 0,"
    "  attempt INTEGER NOT NULL DEFAULT 0,"
    "  run INTEGER NOT NULL DEFAULT 0,"
    "  period INTEGER NOT NULL DEFAULT 0,"
    "  generation INTEGER NOT NULL DEFAULT 0,"
    "  enqueued_at INTEGER NOT NULL,"
    "  due_at INTEGER NOT NULL,"
    "  started_at INTEGER,"
    "  ended_at INTEGER,"
    "  streak INTEGER NOT NULL DEFAULT 0,"
    "  wait INTEGER,"
    "  wish INTEGER,"
    "  outcome INTEGER NOT NULL DEFAULT 0,"
    "  error TEXT,"
    "  stop_reason TEXT,"
    "  output TEXT,"
    "  behind TEXT"
    ");"
    "CREATE TABLE ms_claim ("
    "  batch INTEGER PRIMARY KEY,"
    "  owner INTEGER NOT NULL,"
    "  at INTEGER NOT NULL,"
    "  version INTEGER NOT NULL,"
    "  voids INTEGER NOT NULL,"
    "  ids TEXT NOT NULL,"
    "  moved TEXT"
    ");"
    "CREATE TABLE ms_done ("
    "  id INTEGER PRIMARY KEY,"
    "  state INTEGER NOT NULL,"
    "  outcome INTEGER NOT NULL,"
    "  attempt INTEGER NOT NULL,"
    "  run INTEGER NOT NULL,"
    "  started_at INTEGER,"
    "  finished_at INTEGER NOT NULL,"
    "  stop_reason TEXT,"
    "  output TEXT,"
    "  error TEXT,"
    "  enqueued_at INTEGER"
    ");"
    "CREATE TABLE ms_finish ("
    "  at INTEGER NOT NULL,"
    "  note INTEGER NOT NULL,"
    "  ids TEXT NOT NULL,"
    "  PRIMARY KEY (at, note)"
    ") WITHOUT ROWID;"
    "CREATE TABLE ms_edge ("
    "  prerequisite INTEGER NOT NULL,"
    "  dependent INTEGER NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  PRIMARY KEY (prerequisite, dependent)"
    ") WITHOUT ROWID;"
    "CREATE INDEX ms_edge_back ON ms_edge (dependent, position, prerequisite);"
    "CREATE TABLE ms_tag ("
    "  tag TEXT NOT NULL,"
    "  id INTEGER NOT NULL,"
    "  PRIMARY KEY (tag, id)"
    ") WITHOUT ROWID;"
    "CREATE TABLE ms_name ("
    "  name TEXT NOT NULL,"
    "  trunk INTEGER NOT NULL,"
    "  id INTEGER NOT NULL,"
    "  PRIMARY KEY (name, trunk, id)"
    ") WITHOUT ROWID;"
    "CREATE TABLE ms_deadline ("
    "  at INTEGER NOT NULL,"
    "  id INTEGER NOT NULL,"
    "  PRIMARY KEY (at, id)"
    ") WITHOUT ROWID;"
    "CREATE TABLE ms_progress ("
    "  id INTEGER PRIMARY KEY,"
    "  data TEXT NOT NULL"
    ");"
    "CREATE TABLE ms_files ("
    "  id INTEGER PRIMARY KEY,"
    "  version INTEGER NOT NULL,"
    "  base INTEGER NOT NULL,"
    "  open INTEGER NOT NULL,"
    "  first_at INTEGER,"
    "  due_at INTEGER,"
    "  paths TEXT,"
    "  next_first_at INTEGER,"
    "  next_due_at INTEGER,"
    "  next_paths TEXT"
    ");"
    "CREATE INDEX ms_files_version ON ms_files (version);"
    "CREATE TABLE ms_snapshot ("
    "  id INTEGER PRIMARY KEY,"
    "  data TEXT NOT NULL"
    ");"
    "CREATE TABLE ms_queue ("
    "  name TEXT PRIMARY KEY,"
    "  capacity INTEGER NOT NULL,"
    "  rate INTEGER NOT NULL,"
    "  rate_window INTEGER NOT NULL,"
    "  paused INTEGER NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE TABLE ms_start ("
    "  queue TEXT NOT NULL,"
    "  number INTEGER NOT NULL,"
    "  at INTEGER NOT NULL,"
    "  PRIMARY KEY (queue, number)"
    ") WITHOUT ROWID;"
    "CREATE TABLE ms_process ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  pid INTEGER NOT NULL,"
    "  door INTEGER NOT NULL,"
    "  opened_at INTEGER NOT NULL,"
    "  observes INTEGER NOT NULL"
    ");"
    "CREATE TABLE ms_change ("
    "  turn INTEGER PRIMARY KEY,"
    "  owner INTEGER NOT NULL,"
    "  at INTEGER NOT NULL,"
    "  events TEXT NOT NULL"
    ");"
    "CREATE TABLE ms_counter ("
    "  name TEXT PRIMARY KEY,"
    "  value INTEGER NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE TABLE moonshift_inbox ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  request TEXT,"
    "  stages TEXT,"
    "  name TEXT,"
    "  existing TEXT,"
    "  inserted_at REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0),"
    "  error TEXT,"
    "  CHECK ((request IS NULL) <> (stages IS NULL)),"
    "  CHECK (typeof(inserted_at) = 'real' AND inserted_at >= 0)"
    ");"
    "CREATE INDEX moonshift_inbox_new ON moonshift_inbox (id) WHERE error IS NULL;"
    "CREATE VIEW moonshift_work AS SELECT"
    "  w.id AS id, ms_lane.worker AS worker,"
    "  CASE WHEN d.id IS NOT NULL THEN"
    "    CASE d.state WHEN 2 THEN 'succeeded' WHEN 3 THEN 'failed' ELSE 'cancelled' END"
    "    WHEN r.id IS NOT NULL THEN 'running'"
    "    WHEN coalesce(l.blocked, w.blocked) = 1 THEN 'blocked'"
    "    ELSE 'enqueued' END AS state,"
    "  coalesce(w.input, '{}') AS input,"
    "  CASE WHEN d.id IS NULL THEN l.output ELSE d.output END AS output,"
    "  p.data AS progress,"
    "  coalesce(w.tags, '[]') AS tags,"
    "  w.name AS name, ms_lane.queue AS queue, ms_lane.priority AS priority,"
    "  coalesce(d.attempt, l.attempt, 0) AS attempts,"
    "  CASE WHEN d.id IS NULL THEN l.error ELSE d.error END AS error,"
    "  CASE WHEN d.id IS NULL THEN l.stop_reason ELSE d.stop_reason END AS stop_reason,"
    "  coalesce(d.enqueued_at, l.enqueued_at, CASE w.blocked WHEN 1 THEN r.at END,"
    "    w.enqueued_at) / 1000.0 AS enqueued_at,"
    "  CASE WHEN d.id IS NULL THEN"
    "    nullif(coalesce(l.due_at, w.due_at), 9223372036854775807) / 1000.0 END AS due_at,"
    "  coalesce(d.started_at, r.at, l.started_at) / 1000.0 AS started_at,"
    "  d.finished_at / 1000.0 AS finished_at,"
    "  coalesce(w.enqueued_by, s.text) AS enqueued_by, w.trace AS trace"
    "  FROM ms_work w JOIN ms_lane ON ms_lane.id = w.lane"
    "  LEFT JOIN ms_life l ON l.id = w.id"
    "  LEFT JOIN ms_done d ON d.id = w.id"
    "  LEFT JOIN (SELECT c.at AS at, CAST(j.value AS INTEGER) AS id"
    "    FROM ms_claim c, json_each(c.ids) j) r ON r.id = w.id"
    "  LEFT JOIN ms_progress p ON p.id = w.id"
    "  LEFT JOIN ms_source s ON s.id = w.source;";

/* The step at index n leads from version n to n + 1. */
static const char *const steps[] = {version_1};
#define NEWEST ((int64_t)(sizeof steps / sizeof *steps))

const char *ms_schema_step(int64_t version) {
  return steps[version];
}

int64_t ms_schema_newest(void) {
  return NEWEST;
}

ms_status ms_schema_judge(int64_t version, ms_err *err) {
  if (version < 1) {
    return ms_fail(err, MS_CORRUPT, "no store has the schema version %lld", (long long)version);
  }
  if (version > NEWEST) {
    return ms_fail(err, MS_VERSION,
                   "the database has schema version %lld, this moonshift knows up to %lld",
                   (long long)version, (long long)NEWEST);
  }
  return MS_OK;
}

static ms_status execute(sqlite3 *connection, const char *sql, ms_err *err) {
  int code = sqlite3_exec(connection, sql, NULL, NULL, NULL);
  return code == SQLITE_OK ? MS_OK : ms_sqlite_fail(connection, code, "open", err);
}

static ms_status check(sqlite3 *connection, ms_err *err) {
  int64_t application, version, tables;
  MS_TRY(ms_sqlite_read(connection, "PRAGMA application_id", &application, err));
  MS_TRY(ms_sqlite_read(connection, "PRAGMA user_version", &version, err));
  MS_TRY(ms_sqlite_read(connection, "SELECT count(*) FROM sqlite_schema", &tables, err));
  if (application == 0 && version == 0 && tables == 0) return MS_OK;
  if (application != MS_APPLICATION_ID) {
    return ms_fail(err, MS_CORRUPT, "the database belongs to another application");
  }
  return ms_schema_judge(version, err);
}

/* All of it is read at one moment, or a store that another process is making just now would look
 * like somebody else's. */
ms_status ms_schema_check(sqlite3 *connection, ms_err *err) {
  MS_TRY(execute(connection, "BEGIN", err));
  ms_status status = check(connection, err);
  if (status == MS_OK) return execute(connection, "ROLLBACK", err);
  sqlite3_exec(connection, "ROLLBACK", NULL, NULL, NULL);
  return status;
}

/* Another process may have migrated meanwhile, so the version is read under the write lock. */
static ms_status migrate_one(sqlite3 *connection, bool *more, ms_err *err) {
  int64_t version;
  char pragma[64];
  MS_TRY(ms_sqlite_read(connection, "PRAGMA user_version", &version, err));
  *more = version < NEWEST;
  if (!*more) return MS_OK;
  MS_TRY(execute(connection, steps[version], err));
  snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", (int)version + 1);
  MS_TRY(execute(connection, pragma, err));
  snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d", MS_APPLICATION_ID);
  return execute(connection, pragma, err);
}

ms_status ms_schema_migrate(sqlite3 *connection, ms_err *err) {
  bool more = true;
  while (more) {
    MS_TRY(execute(connection, "BEGIN IMMEDIATE", err));
    ms_status status = migrate_one(connection, &more, err);
    MS_POINT("schema");
    if (status == MS_OK) status = execute(connection, "COMMIT", err);
    if (status != MS_OK) {
      sqlite3_exec(connection, "ROLLBACK", NULL, NULL, NULL);
      return status;
    }
  }
  return MS_OK;
}
