/* Rows that are gathered, beside what the tables hold in the end. */
#include "unit.h"

#include "store/private.h"

#include <string.h>

#define MANY 1300 /* more than wait for each other, and not a whole number of statements */

static ms_store *open_store(void) {
  ms_store_options options = {.database = ":memory:", .busy_timeout_ms = 1000};
  ms_store *store;
  ms_err err = {0};
  bool changed;
  UNIT_INT(MS_OK, ms_store_open(&options, &store, &err));
  UNIT_INT(MS_OK, ms_store_begin(store, &changed));
  return store;
}

static int64_t ask(ms_store *store, const char *sql) {
  int64_t value;
  UNIT_INT(MS_OK, ms_sql_int(store, sql, -1, &value, ""));
  return value;
}

static void add_edge(ms_store *store, int64_t prerequisite, int64_t dependent, int64_t position) {
  UNIT_INT(MS_OK, ms_rows_add(store, MS_ROWS_EDGE, prerequisite, dependent, position));
}

static void stores_each_row_once_in_any_order(void) {
  ms_store *store = open_store();
  for (int64_t i = 0; i < MANY; i++) {
    int64_t id = i * 701 % MANY; /* each of them once */
    UNIT_INT(MS_OK, ms_rows_add(store, MS_ROWS_WAITING, id % 7, 2 * id, id, (int64_t)0));
  }
  UNIT_INT(MANY, ask(store, "SELECT count(*) FROM ms_waiting WHERE due_at = 2 * id"));
  UNIT_INT(MANY, ask(store, "SELECT count(DISTINCT id) FROM ms_waiting WHERE lane = id % 7"));
  ms_store_close(store);
}

static void keeps_texts_with_their_rows(void) {
  char bytes[3000] = {0};
  ms_store *store = open_store();
  ms_text none = MS_TEXT_NONE;
  for (int64_t id = MANY; id > 0; id--) {
    int64_t size = id % (int64_t)sizeof bytes;
    memset(bytes, 'a' + (int)(id % 26), (size_t)size);
    ms_text output = {bytes, (size_t)size};
    UNIT_INT(MS_OK, ms_rows_add(store, MS_ROWS_DONE, id, (int64_t)2, (int64_t)1, (int64_t)1,
                                (int64_t)1, (int64_t)1, (int64_t)1, none, output, none, MS_NEVER));
  }
  UNIT_INT(MANY, ask(store, "SELECT count(*) FROM ms_done WHERE length(output) = id % 3000"));
  UNIT_INT(MANY, ask(store,
                     "SELECT count(*) FROM ms_done WHERE"
                     " ltrim(output, char(97 + id % 26)) = ''"));
  ms_store_close(store);
}

static void keeps_the_first_of_two_edges(void) {
  ms_store *store = open_store();
  add_edge(store, 5, 9, 0);
  add_edge(store, 4, 9, 1);
  add_edge(store, 5, 9, 2);
  UNIT_INT(2, ask(store, "SELECT count(*) FROM ms_edge"));
  UNIT_INT(0, ask(store, "SELECT position FROM ms_edge WHERE prerequisite = 5"));
  ms_store_close(store);
}

static void forgets_what_is_rolled_back(void) {
  ms_store *store = open_store();
  bool changed;
  add_edge(store, 5, 9, 0);
  add_edge(store, 4, 9, 1);
  ms_store_rollback(store);
  UNIT_INT(MS_OK, ms_store_begin(store, &changed));
  add_edge(store, 7, 9, 0);
  UNIT_INT(1, ask(store, "SELECT count(*) FROM ms_edge"));
  ms_store_close(store);
}

int main(void) {
  UNIT_RUN(stores_each_row_once_in_any_order);
  UNIT_RUN(keeps_texts_with_their_rows);
  UNIT_RUN(keeps_the_first_of_two_edges);
  UNIT_RUN(forgets_what_is_rolled_back);
  return unit_end();
}
