/* The log of SQLite, written a transaction at a time. */
#include "unit.h"

#include "store/frames.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/moonshift-frames-XXXXXX";
static char path[sizeof folder + 16];

/* What stands between the frames and the system counts, and lets writes fail. */
static sqlite3_io_methods counting;
static const sqlite3_io_methods *beneath;
static int writes;
static int syncs;
static bool is_full;

static int count_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at) {
  writes++;
  return is_full ? SQLITE_FULL : beneath->xWrite(file, bytes, size, at);
}

static int count_sync(sqlite3_file *file, int flags) {
  syncs++;
  return beneath->xSync(file, flags);
}

static void count_writes(sqlite3 *connection) {
  sqlite3_file *log = NULL;
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  beneath = log->pMethods;
  counting = *beneath;
  counting.xWrite = count_write;
  counting.xSync = count_sync;
  log->pMethods = &counting;
}

static void execute(sqlite3 *connection, const char *sql) {
  UNIT_INT(SQLITE_OK, sqlite3_exec(connection, sql, NULL, NULL, NULL));
}

static sqlite3 *connect(const char *synchronous) {
  sqlite3 *connection = NULL;
  UNIT_INT(SQLITE_OK, sqlite3_open(path, &connection));
  execute(connection,
          "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"
          "CREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY, text);"
          "CREATE TABLE IF NOT EXISTS b (id INTEGER PRIMARY KEY, text)");
  execute(connection, synchronous);
  return connection;
}

static sqlite3 *open_with_frames(ms_frames **frames, const char *synchronous) {
  ms_err err = {0};
  sqlite3 *connection = connect(synchronous);
  count_writes(connection);
  UNIT_INT(MS_OK, ms_frames_open(connection, true, frames, &err));
  UNIT_CHECK(*frames != NULL);
  return connection;
}

static void end(sqlite3 *connection, ms_frames *frames) {
  UNIT_INT(SQLITE_OK, sqlite3_close(connection));
  ms_frames_free(frames);
}

static int64_t ask(sqlite3 *connection, const char *sql) {
  sqlite3_stmt *statement = NULL;
  sqlite3_prepare_v2(connection, sql, -1, &statement, NULL);
  int64_t answer = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
  sqlite3_finalize(statement);
  return answer;
}

static bool is_whole(sqlite3 *connection) {
  sqlite3_stmt *statement = NULL;
  sqlite3_prepare_v2(connection, "PRAGMA integrity_check", -1, &statement, NULL);
  bool whole = sqlite3_step(statement) == SQLITE_ROW &&
               strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
  sqlite3_finalize(statement);
  return whole;
}

static void copy(const char *ending) {
  char from[sizeof path + 8], to[sizeof path + 16], bytes[4096];
  snprintf(from, sizeof from, "%s%s", path, ending);
  snprintf(to, sizeof to, "%s-copy%s", path, ending);
  FILE *source = fopen(from, "rb"), *copied = fopen(to, "wb");
  for (size_t size; (size = fread(bytes, 1, sizeof bytes, source)) > 0;)
    UNIT_INT((int64_t)size, (int64_t)fwrite(bytes, 1, size, copied));
  fclose(source);
  fclose(copied);
}

/* What would be found if everybody were killed now. */
static int64_t ask_after_a_crash(const char *sql) {
  char copied[sizeof path + 8];
  sqlite3 *connection = NULL;
  copy("");
  copy("-wal");
  snprintf(copied, sizeof copied, "%s-copy", path);
  UNIT_INT(SQLITE_OK, sqlite3_open(copied, &connection));
  UNIT_CHECK(is_whole(connection));
  int64_t answer = ask(connection, sql);
  sqlite3_close(connection);
  unlink(copied);
  return answer;
}

#define ADD_TO_BOTH                                                                                \
  "BEGIN; INSERT INTO a (text) VALUES (1); INSERT INTO b (text) VALUES (2); COMMIT"

static void costs_one_write_a_transaction(void) {
  ms_frames *frames;
  sqlite3 *connection = open_with_frames(&frames, "PRAGMA synchronous = NORMAL");
  execute(connection, ADD_TO_BOTH);
  writes = 0;
  execute(connection, ADD_TO_BOTH);
  UNIT_INT(1, writes);
  UNIT_INT(ask(connection, "SELECT max(id) FROM b"), ask_after_a_crash("SELECT max(id) FROM b"));
  end(connection, frames);
}

static void costs_one_write_behind_the_transaction_of_another(void) {
  ms_frames *frames;
  sqlite3 *connection = open_with_frames(&frames, "PRAGMA synchronous = NORMAL");
  sqlite3 *other = connect("PRAGMA synchronous = NORMAL");
  execute(connection, ADD_TO_BOTH);
  for (int i = 0; i < 3; i++) {
    execute(other, ADD_TO_BOTH);
    writes = 0;
    execute(connection, ADD_TO_BOTH);
    UNIT_INT(1, writes);
    UNIT_INT(ask(other, "SELECT max(id) FROM b"), ask_after_a_crash("SELECT max(id) FROM b"));
  }
  sqlite3_close(other);
  end(connection, frames);
}

/* Other connections look at each commit, also at those that do not fit SQLite's cache or what
 * waits here, at rollbacks, and at the log that begins anew. */
static void shows_each_commit(const char *synchronous) {
  static const char many[] =
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
      "INSERT INTO a (text) SELECT hex(randomblob(200)) FROM n";
  ms_frames *frames;
  sqlite3 *connection = open_with_frames(&frames, synchronous), *other = connect(synchronous);
  execute(connection, "PRAGMA cache_size = 20");
  for (int i = 0; i < 5; i++) {
    int64_t before = ask(other, "SELECT count(*) FROM a");
    execute(connection, ADD_TO_BOTH);
    UNIT_INT(before + 1, ask(other, "SELECT count(*) FROM a"));
    execute(connection, "BEGIN");
    execute(connection, many);
    execute(connection, "SAVEPOINT one; UPDATE a SET text = 'x' WHERE id % 7 = 0; ROLLBACK TO one");
    execute(connection, "UPDATE a SET text = 'y' WHERE id % 5 = 0");
    UNIT_INT(before + 1, ask(other, "SELECT count(*) FROM a"));
    execute(connection, i % 2 ? "ROLLBACK" : "COMMIT");
    UNIT_INT(before + 1 + (i % 2 ? 0 : 2000), ask(other, "SELECT count(*) FROM a"));
    UNIT_CHECK(is_whole(other));
    if (i == 2) execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
  }
  end(connection, frames);
  UNIT_CHECK(is_whole(other));
  sqlite3_close(other);
}

static void shows_each_commit_normal(void) {
  shows_each_commit("PRAGMA synchronous = NORMAL");
}

static void shows_each_commit_full(void) {
  shows_each_commit("PRAGMA synchronous = FULL");
}

/* What waited of a transaction that is gone does not mix with the next one. */
static void begins_anew_after_a_rollback(void) {
  ms_frames *frames;
  sqlite3 *connection = open_with_frames(&frames, "PRAGMA synchronous = NORMAL");
  execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
  execute(connection, "BEGIN; INSERT INTO a (text) VALUES (1)");
  UNIT_INT(SQLITE_OK, sqlite3_db_cacheflush(connection));
  execute(connection, "ROLLBACK");
  execute(connection, ADD_TO_BOTH);
  sqlite3 *other = connect("PRAGMA synchronous = NORMAL");
  UNIT_INT(ask(connection, "SELECT max(id) FROM a"), ask(other, "SELECT max(id) FROM a"));
  UNIT_CHECK(is_whole(other));
  sqlite3_close(other);
  end(connection, frames);
}

/* By the time that connection goes on, others may have written in the same place. */
static void leaves_the_place_to_others_after_a_rollback(void) {
  ms_frames *frames;
  sqlite3 *connection = open_with_frames(&frames, "PRAGMA synchronous = NORMAL");
  sqlite3 *other = connect("PRAGMA synchronous = NORMAL");
  execute(connection, ADD_TO_BOTH);
  execute(connection,
          "BEGIN; INSERT INTO a (text) VALUES ('gone'); INSERT INTO b (text) VALUES (1)");
  UNIT_INT(SQLITE_OK, sqlite3_db_cacheflush(connection));
  execute(connection, "ROLLBACK");
  int64_t before = ask(other, "SELECT count(*) FROM a");
  execute(other, ADD_TO_BOTH);
  UNIT_INT(before + 1, ask(connection, "SELECT count(*) FROM a"));
  UNIT_INT(0, ask(connection, "SELECT count(*) FROM a WHERE text = 'gone'"));
  UNIT_INT(0, ask_after_a_crash("SELECT count(*) FROM a WHERE text = 'gone'"));
  UNIT_INT(before + 1, ask_after_a_crash("SELECT count(*) FROM a"));
  sqlite3_close(other);
  end(connection, frames);
}

/* SQLite writes a page a second time where it has written it before, and then the headers of all
 * frames from there on, with new checksums. */
static void keeps_the_last_of_two_writes(void) {
  ms_frames *frames;
  sqlite3 *connection = open_with_frames(&frames, "PRAGMA synchronous = NORMAL");
  execute(connection, ADD_TO_BOTH);
  execute(connection, "BEGIN; UPDATE a SET text = 'old'; UPDATE b SET text = 'old'");
  UNIT_INT(SQLITE_OK, sqlite3_db_cacheflush(connection));
  execute(connection, "UPDATE a SET text = 'new'; UPDATE b SET text = 'new'; COMMIT");
  UNIT_INT(0, ask_after_a_crash("SELECT count(*) FROM a WHERE text <> 'new'"));
  UNIT_INT(0, ask_after_a_crash("SELECT count(*) FROM b WHERE text <> 'new'"));
  end(connection, frames);
}

/* The headers that are written a second time lie behind those of another as well, and what follows
 * lies behind both. */
static void keeps_the_last_of_two_writes_behind_the_transaction_of_another(void) {
  ms_frames *frames;
  sqlite3 *connection = open_with_frames(&frames, "PRAGMA synchronous = NORMAL");
  sqlite3 *other = connect("PRAGMA synchronous = NORMAL");
  for (int i = 0; i < 3; i++) {
    execute(other, ADD_TO_BOTH);
    execute(connection, "BEGIN; UPDATE a SET text = 'old'; UPDATE b SET text = 'old'");
    UNIT_INT(SQLITE_OK, sqlite3_db_cacheflush(connection));
    execute(connection, "UPDATE a SET text = 'new'; CREATE TABLE c (d); DROP TABLE c; COMMIT");
    UNIT_INT(0, ask_after_a_crash("SELECT count(*) FROM a WHERE text <> 'new'"));
    UNIT_INT(0, ask(other, "SELECT count(*) FROM b WHERE text <> 'old'"));
    execute(other, ADD_TO_BOTH);
    execute(connection, ADD_TO_BOTH);
    UNIT_INT(2, ask_after_a_crash("SELECT count(*) FROM b WHERE text <> 'old'"));
  }
  UNIT_CHECK(is_whole(other));
  sqlite3_close(other);
  end(connection, frames);
}

static void fails_with_the_commit(void) {
  ms_frames *frames;
  sqlite3 *connection = open_with_frames(&frames, "PRAGMA synchronous = NORMAL");
  execute(connection, ADD_TO_BOTH);
  int64_t before = ask(connection, "SELECT count(*) FROM b");
  is_full = true;
  UNIT_INT(SQLITE_FULL, sqlite3_exec(connection, ADD_TO_BOTH, NULL, NULL, NULL));
  is_full = false;
  if (!sqlite3_get_autocommit(connection)) execute(connection, "ROLLBACK");
  UNIT_INT(before, ask(connection, "SELECT count(*) FROM b"));
  execute(connection, ADD_TO_BOTH);
  UNIT_INT(before + 1, ask(connection, "SELECT count(*) FROM b"));
  UNIT_CHECK(is_whole(connection));
  end(connection, frames);
}

static ms_board *open_board(void) {
  ms_board *board = NULL;
  ms_err err = {0};
  FILE *file = tmpfile();
  UNIT_INT(MS_OK, ms_board_open(fileno(file), &board, &err));
  fclose(file);
  return board;
}

/* A log that begins anew says so to the disk whatever is put off: what follows would else be taken
 * for a part of the log before. */
static void leaves_the_syncs_of_commits_to_later(void) {
  ms_frames *frames;
  ms_board *board = open_board();
  sqlite3 *connection = open_with_frames(&frames, "PRAGMA synchronous = FULL");
  uint32_t number;
  ms_frames_share(frames, board);
  execute(connection, ADD_TO_BOTH);
  ms_frames_put_off(frames, true);
  syncs = 0;
  execute(connection, ADD_TO_BOTH);
  UNIT_INT(0, syncs);
  UNIT_INT(MS_REACHED_LATER, ms_frames_reached(frames, &number));
  UNIT_INT(1, number);
  UNIT_INT(1, ms_unsynced_last(board));
  ms_frames_put_off(frames, false);
  execute(connection, "PRAGMA wal_checkpoint(RESTART)");
  ms_frames_put_off(frames, true);
  syncs = 0;
  execute(connection, ADD_TO_BOTH);
  UNIT_INT(1, syncs);
  UNIT_INT(MS_REACHED_LATER, ms_frames_reached(frames, &number));
  UNIT_INT(2, number);
  ms_frames_put_off(frames, false);
  execute(connection, ADD_TO_BOTH);
  UNIT_INT(2, syncs);
  end(connection, frames);
  ms_board_close(board);
}

static void leaves_memory_alone(void) {
  ms_frames *frames;
  ms_err err = {0};
  sqlite3 *connection = NULL;
  UNIT_INT(SQLITE_OK, sqlite3_open(":memory:", &connection));
  UNIT_INT(MS_OK, ms_frames_open(connection, true, &frames, &err));
  UNIT_CHECK(!frames);
  execute(connection, "CREATE TABLE a (b)");
  end(connection, frames);
}

int main(void) {
  UNIT_CHECK(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/store.db", folder);
  UNIT_RUN(costs_one_write_a_transaction);
  UNIT_RUN(costs_one_write_behind_the_transaction_of_another);
  UNIT_RUN(shows_each_commit_normal);
  UNIT_RUN(shows_each_commit_full);
  UNIT_RUN(begins_anew_after_a_rollback);
  UNIT_RUN(leaves_the_place_to_others_after_a_rollback);
  UNIT_RUN(keeps_the_last_of_two_writes);
  UNIT_RUN(keeps_the_last_of_two_writes_behind_the_transaction_of_another);
  UNIT_RUN(fails_with_the_commit);
  UNIT_RUN(leaves_the_syncs_of_commits_to_later);
  UNIT_RUN(leaves_memory_alone);
  unlink(path);
  rmdir(folder);
  return unit_end();
}
