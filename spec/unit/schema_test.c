/* Telling a store from somebody else's database, also while another process is making it. */
#include "unit.h"

#include "store/schema.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/moonshift-schema-XXXXXX";
static sqlite3 *other;

static sqlite3 *connect(void) {
  sqlite3 *connection = NULL;
  UNIT_INT(SQLITE_OK, sqlite3_open(path, &connection));
  return connection;
}

/* Behind the first question somebody else makes the store, as far as they can. */
static int make_meanwhile(unsigned kind, void *questions, void *statement, void *sql) {
  ms_err err = {0};
  (void)kind;
  (void)statement;
  (void)sql;
  if (++*(int *)questions == 3) ms_schema_migrate(other, &err);
  return 0;
}

static void is_one_moment(void) {
  ms_err err = {0};
  int questions = 0;
  sqlite3 *connection = connect();
  other = connect();
  sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, make_meanwhile, &questions);
  UNIT_INT(MS_OK, ms_schema_check(connection, &err));
  UNIT_STRING("", err.message);
  UNIT_CHECK(questions >= 3);
  sqlite3_close(connection);
  sqlite3_close(other);
}

static void is_not_somebody_elses(void) {
  ms_err err = {0};
  sqlite3 *connection = connect();
  UNIT_INT(SQLITE_OK, sqlite3_exec(connection, "CREATE TABLE theirs (a)", NULL, NULL, NULL));
  UNIT_INT(MS_CORRUPT, ms_schema_check(connection, &err));
  sqlite3_close(connection);
}

int main(void) {
  int file = mkstemp(path);
  UNIT_CHECK(file >= 0);
  close(file);
  UNIT_RUN(is_one_moment);
  UNIT_RUN(is_not_somebody_elses);
  unlink(path);
  return unit_end();
}
