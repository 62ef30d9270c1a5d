/* floor: what SQLite alone can do here. A bare loop makes the row changes that moonshift makes, in
 * a store with moonshift's own schema and batch sizes, and prints what each phase took as one JSON
 * object a line. It keeps no promise besides: no checks, no recovery, one thread.
 *
 * The database in the given folder is its own and is removed at the end.
 *
 * One thread, besides the partner of the wake phase, and one process, besides that which begins
 * works elsewhere.
 *
 * What fails ends the program with a message and status 1. */
#include "store/schema.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ENQUEUE_BATCH 1000
#define CLAIM_BATCH 256
/* The log is copied into the database between transactions once it is as long as moonshift lets
 * it become. */
#define CHECKPOINT_PAGES 8000

typedef struct floor_store {
  sqlite3 *connection;
  sqlite3_stmt *begin, *commit, *work, *waiting, *counter, *due, *take, *load, *claim, *unclaim,
      *done, *finish;
  int64_t next_id, next_batch, notes;
  int wal_pages;
} floor_store;

typedef struct batch {
  int64_t number;
  int64_t ids[CLAIM_BATCH], due_at[CLAIM_BATCH];
  size_t count;
  char text[CLAIM_BATCH * 21 + 3];
} batch;

_Noreturn static void give_up(const char *what, const char *detail) {
  fprintf(stderr, "floor: %s: %s\n", what, detail);
  exit(1);
}

static void check(const floor_store *store, int code, const char *what) {
  if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) {
    give_up(what, sqlite3_errmsg(store->connection));
  }
}

static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t wall_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void execute(const floor_store *store, const char *sql) {
  check(store, sqlite3_exec(store->connection, sql, NULL, NULL, NULL), sql);
}

static sqlite3_stmt *prepare(const floor_store *store, const char *sql) {
  sqlite3_stmt *statement;
  check(store,
        sqlite3_prepare_v3(store->connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL),
        sql);
  return statement;
}

static void run(const floor_store *store, sqlite3_stmt *statement) {
  check(store, sqlite3_step(statement), sqlite3_sql(statement));
  sqlite3_reset(statement);
}

static void bind_text(sqlite3_stmt *statement, int column, const char *text) {
  sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC);
}

static int note_pages(void *context, sqlite3 *connection, const char *schema, int pages) {
  floor_store *store = context;
  (void)connection;
  (void)schema;
  store->wal_pages = pages;
  return SQLITE_OK;
}

static void prepare_all(floor_store *store) {
  store->begin = prepare(store, "BEGIN IMMEDIATE");
  store->commit = prepare(store, "COMMIT");
  store->work = prepare(store,
                        "INSERT INTO ms_work (id, lane, enqueued_at, due_at, input, repeats,"
                        " backoff_jitter, source) VALUES (?, 1, ?, ?, ?, 0, 0, 1)");
  store->waiting = prepare(store, "INSERT INTO ms_waiting VALUES (1, ?, ?, 0)");
  store->counter = prepare(store, "INSERT OR REPLACE INTO ms_counter VALUES (?, ?)");
  store->due = prepare(store,
                       "SELECT due_at, id FROM ms_waiting WHERE lane = 1 AND due_at <= ?"
                       " ORDER BY due_at, id LIMIT ?");
  store->take = prepare(store, "DELETE FROM ms_waiting WHERE lane = 1 AND due_at = ? AND id = ?");
  store->load = prepare(store, "SELECT * FROM ms_work WHERE id = ?");
  store->claim = prepare(
      store,
      "INSERT INTO ms_claim (batch, owner, version, voids, at, ids) VALUES (?, 1, 1, 0, ?, ?)");
  store->unclaim = prepare(store, "DELETE FROM ms_claim WHERE batch = ?");
  store->done = prepare(store,
                        "INSERT INTO ms_done (id, state, outcome, attempt, run, started_at,"
                        " finished_at) VALUES (?, 2, 1, 1, 1, ?, ?)");
  store->finish = prepare(store, "INSERT INTO ms_finish VALUES (?, ?, ?)");
}

static void connect_store(floor_store *store, const char *folder, bool full) {
  ms_err err = {0};
  *store = (floor_store){0};
  char path[4200];
  snprintf(path, sizeof path, "%s/floor.db", folder);
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  check(store, sqlite3_open_v2(path, &store->connection, flags, NULL), "open");
  execute(store,
          "PRAGMA journal_mode = WAL; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = OFF;"
          "PRAGMA wal_autocheckpoint = 0;");
  execute(store, full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  sqlite3_wal_hook(store->connection, note_pages, store);
  if (ms_schema_migrate(store->connection, &err) != MS_OK) give_up("schema", err.message);
  prepare_all(store);
}

static void remove_files(const char *folder) {
  static const char *const endings[] = {"", "-wal", "-shm"};
  char path[4200];
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    snprintf(path, sizeof path, "%s/floor.db%s", folder, endings[i]);
    unlink(path);
  }
}

static void open_store(floor_store *store, const char *folder, bool full) {
  remove_files(folder);
  connect_store(store, folder, full);
}

static void close_store(floor_store *store, const char *folder) {
  sqlite3_stmt *statement;
  while ((statement = sqlite3_next_stmt(store->connection, NULL)))
    sqlite3_finalize(statement);
  sqlite3_close(store->connection);
  remove_files(folder);
}

static void set_counter(floor_store *store, const char *name, int64_t value) {
  bind_text(store->counter, 1, name);
  sqlite3_bind_int64(store->counter, 2, value);
  run(store, store->counter);
}

static void insert_work(floor_store *store, int64_t now) {
  sqlite3_bind_int64(store->work, 1, ++store->next_id);
  sqlite3_bind_int64(store->work, 2, now);
  sqlite3_bind_int64(store->work, 3, now);
  bind_text(store->work, 4, "{\"number\":123456}");
  run(store, store->work);
  sqlite3_bind_int64(store->waiting, 1, now);
  sqlite3_bind_int64(store->waiting, 2, store->next_id);
  run(store, store->waiting);
}

static void insert_works(floor_store *store, int count, int64_t now) {
  for (int i = 0; i < count; i++)
    insert_work(store, now);
}

static void format_ids(batch *claimed) {
  char *at = claimed->text;
  for (size_t i = 0; i < claimed->count; i++) {
    at += sprintf(at, "%c%lld", i ? ',' : '[', (long long)claimed->ids[i]);
  }
  strcpy(at, "]");
}

/* Claimed work leaves waiting, and its row is read as a worker's input. */
static void take(floor_store *store, const batch *claimed) {
  for (size_t i = 0; i < claimed->count; i++) {
    sqlite3_bind_int64(store->take, 1, claimed->due_at[i]);
    sqlite3_bind_int64(store->take, 2, claimed->ids[i]);
    run(store, store->take);
    sqlite3_bind_int64(store->load, 1, claimed->ids[i]);
    run(store, store->load);
  }
}

static void claim(floor_store *store, batch *claimed, int64_t now) {
  claimed->count = 0;
  sqlite3_bind_int64(store->due, 1, now);
  sqlite3_bind_int(store->due, 2, CLAIM_BATCH);
  while (sqlite3_step(store->due) == SQLITE_ROW) {
    claimed->due_at[claimed->count] = sqlite3_column_int64(store->due, 0);
    claimed->ids[claimed->count++] = sqlite3_column_int64(store->due, 1);
  }
  sqlite3_reset(store->due);
  if (claimed->count == 0) return;
  take(store, claimed);
  format_ids(claimed);
  claimed->number = ++store->next_batch;
  sqlite3_bind_int64(store->claim, 1, claimed->number);
  sqlite3_bind_int64(store->claim, 2, now);
  bind_text(store->claim, 3, claimed->text);
  run(store, store->claim);
}

static void finish(floor_store *store, const batch *claimed, int64_t now) {
  if (claimed->count == 0) return;
  for (size_t i = 0; i < claimed->count; i++) {
    sqlite3_bind_int64(store->done, 1, claimed->ids[i]);
    sqlite3_bind_int64(store->done, 2, now);
    sqlite3_bind_int64(store->done, 3, now);
    run(store, store->done);
  }
  sqlite3_bind_int64(store->unclaim, 1, claimed->number);
  run(store, store->unclaim);
  sqlite3_bind_int64(store->finish, 1, now);
  sqlite3_bind_int64(store->finish, 2, ++store->notes);
  bind_text(store->finish, 3, claimed->text);
  run(store, store->finish);
}

static void commit(floor_store *store) {
  run(store, store->commit);
  if (store->wal_pages < CHECKPOINT_PAGES) return;
  int code =
      sqlite3_wal_checkpoint_v2(store->connection, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  check(store, code, "checkpoint");
  store->wal_pages = 0;
}

static void report(const char *phase, const char *durability, double value, const char *unit) {
  printf("{\"phase\":\"%s\",\"durability\":\"%s\",\"value\":%.1f,\"unit\":\"%s\"}\n", phase,
         durability, value, unit);
}

static void report_rate(const char *phase, const char *durability, int works, int64_t begun_us) {
  report(phase, durability, works * 1e6 / (double)(now_us() - begun_us), "works/s");
}

static void enqueue_all(floor_store *store, int works) {
  for (int i = 0; i < works; i += ENQUEUE_BATCH) {
    run(store, store->begin);
    insert_works(store, ENQUEUE_BATCH, wall_ms());
    commit(store);
  }
}

/* One turn finishes what the one before claimed. */
static void drain(floor_store *store) {
  static batch claimed;
  claimed.count = 0;
  do {
    run(store, store->begin);
    int64_t now = wall_ms();
    finish(store, &claimed, now);
    claim(store, &claimed, now);
    commit(store);
  } while (claimed.count > 0);
}

/* Producer and workers at once: a turn takes in a call's works, finishes what the turn before
 * claimed, and claims as much as came in. */
static void live(floor_store *store, int works) {
  enum { BATCHES = (ENQUEUE_BATCH + CLAIM_BATCH - 1) / CLAIM_BATCH };
  static batch claimed[BATCHES];
  for (int i = 0; i < BATCHES; i++)
    claimed[i].count = 0;
  for (int i = 0; i < works; i += ENQUEUE_BATCH) {
    run(store, store->begin);
    int64_t now = wall_ms();
    for (int b = 0; b < BATCHES; b++)
      finish(store, &claimed[b], now);
    insert_works(store, ENQUEUE_BATCH, now);
    for (int b = 0; b < BATCHES; b++)
      claim(store, &claimed[b], now);
    commit(store);
  }
  run(store, store->begin);
  for (int b = 0; b < BATCHES; b++)
    finish(store, &claimed[b], wall_ms());
  commit(store);
}

static int by_value(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return a < b ? -1 : a > b;
}

static void report_times(const char *phase, const char *durability, int64_t *took, int count) {
  char tail[32];
  snprintf(tail, sizeof tail, "%s p99", phase);
  qsort(took, (size_t)count, sizeof *took, by_value);
  report(phase, durability, (double)took[count / 2], "us");
  report(tail, durability, (double)took[count * 99 / 100], "us");
}

static int64_t *new_times(int count) {
  int64_t *took = malloc((size_t)count * sizeof *took);
  if (!took) give_up("times", "not enough memory");
  return took;
}

static void write_row(floor_store *store) {
  set_counter(store, "id", ++store->next_id);
}

static void write_work(floor_store *store) {
  insert_works(store, 1, wall_ms());
}

/* One transaction after the other, each after a rest, in which others have the processor. */
static void commit_alone(floor_store *store, const char *phase, const char *durability, int times,
                         unsigned rest_us, void (*write)(floor_store *store)) {
  int64_t *took = new_times(times);
  for (int i = 0; i < times; i++) {
    if (rest_us) usleep(rest_us);
    int64_t begun = now_us();
    run(store, store->begin);
    write(store);
    commit(store);
    took[i] = now_us() - begun;
  }
  report_times(phase, durability, took, times);
  free(took);
}

typedef struct partner {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  bool called, ends;
  int64_t woke_at; /* 0 = not yet */
} partner;

static void *wait_for_calls(void *argument) {
  partner *self = argument;
  pthread_mutex_lock(&self->mutex);
  while (!self->ends) {
    if (self->called && !self->woke_at) {
      self->woke_at = now_us();
      pthread_cond_broadcast(&self->changed);
    }
    pthread_cond_wait(&self->changed, &self->mutex);
  }
  pthread_mutex_unlock(&self->mutex);
  return NULL;
}

/* When a thread that slept runs after a signal. */
static int64_t wake(partner *self) {
  pthread_mutex_lock(&self->mutex);
  self->woke_at = 0;
  self->called = true;
  pthread_cond_broadcast(&self->changed);
  while (!self->woke_at)
    pthread_cond_wait(&self->changed, &self->mutex);
  pthread_mutex_unlock(&self->mutex);
  return self->woke_at;
}

static pthread_t start_partner(partner *self) {
  pthread_t thread;
  pthread_mutex_init(&self->mutex, NULL);
  pthread_cond_init(&self->changed, NULL);
  if (pthread_create(&thread, NULL, wait_for_calls, self) != 0) give_up("wake", "no thread");
  return thread;
}

static void wake_thread(int times) {
  partner self = {0};
  pthread_t thread = start_partner(&self);
  int64_t *took = new_times(times);
  for (int i = 0; i < times; i++) {
    usleep(500);
    int64_t called_at = now_us();
    took[i] = wake(&self) - called_at;
  }
  pthread_mutex_lock(&self.mutex);
  self.ends = true;
  pthread_cond_broadcast(&self.changed);
  pthread_mutex_unlock(&self.mutex);
  pthread_join(thread, NULL);
  report_times("wake", "none", took, times);
  free(took);
}

/* ---- A work that another process runs, on a thread that sleeps until then ---- */

/* Claims what it is knocked for, and answers with the moment at which it began. */
_Noreturn static void serve(const char *folder, bool full, int door) {
  static batch claimed;
  floor_store store;
  partner worker = {0};
  int64_t began_at = 0;
  char knock;
  recv(door, &knock, 1, 0);
  connect_store(&store, folder, full);
  start_partner(&worker);
  send(door, &began_at, sizeof began_at, 0);
  while (recv(door, &knock, 1, 0) == 1) {
    run(&store, store.begin);
    claim(&store, &claimed, wall_ms());
    commit(&store);
    began_at = wake(&worker);
    run(&store, store.begin);
    finish(&store, &claimed, wall_ms());
    commit(&store);
    send(door, &began_at, sizeof began_at, 0);
  }
  _exit(0);
}

static int64_t knock_and_wait(int door) {
  int64_t began_at;
  if (send(door, "", 1, 0) != 1 || recv(door, &began_at, sizeof began_at, 0) != sizeof began_at) {
    give_up("elsewhere", "the other process has ended");
  }
  return began_at;
}

/* SQLite must not be open when a process is copied. */
static void begin_elsewhere(const char *folder, const char *durability, int times) {
  bool full = strcmp(durability, "full") == 0;
  int doors[2];
  floor_store store;
  int64_t *took = new_times(times);
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, doors) != 0) give_up("elsewhere", "no sockets");
  pid_t other = fork();
  if (other < 0) give_up("elsewhere", "no process");
  close(doors[other == 0 ? 0 : 1]);
  if (other == 0) serve(folder, full, doors[1]);
  open_store(&store, folder, full);
  knock_and_wait(doors[0]);
  for (int i = 0; i < times; i++) {
    usleep(2000);
    int64_t begun = now_us();
    run(&store, store.begin);
    insert_works(&store, 1, wall_ms());
    commit(&store);
    took[i] = knock_and_wait(doors[0]) - begun;
  }
  close(doors[0]);
  waitpid(other, NULL, 0);
  close_store(&store, folder);
  report_times("elsewhere", durability, took, times);
  free(took);
}

static void measure_bulk(const char *folder, const char *durability, int works) {
  floor_store store;
  bool full = strcmp(durability, "full") == 0;
  open_store(&store, folder, full);
  int64_t begun = now_us();
  enqueue_all(&store, works);
  report_rate("enqueue", durability, works, begun);
  begun = now_us();
  drain(&store);
  report_rate("drain", durability, works, begun);
  close_store(&store, folder);
  open_store(&store, folder, full);
  begun = now_us();
  live(&store, works);
  report_rate("life", durability, works, begun);
  close_store(&store, folder);
}

static void measure_alone(const char *folder, const char *durability, int times) {
  floor_store store;
  open_store(&store, folder, strcmp(durability, "full") == 0);
  commit_alone(&store, "commit", durability, times, 0, write_row);
  commit_alone(&store, "rested", durability, times, 1000, write_row);
  commit_alone(&store, "lone", durability, times, 0, write_work);
  close_store(&store, folder);
}

int main(int count, char **arguments) {
  bool asks =
      count == 5 && (strcmp(arguments[2], "full") == 0 || strcmp(arguments[2], "normal") == 0);
  if (!asks) {
    fprintf(stderr, "usage: floor FOLDER full|normal WORKS LONE\n");
    return 2;
  }
  int works = atoi(arguments[3]) / ENQUEUE_BATCH * ENQUEUE_BATCH;
  int times = atoi(arguments[4]);
  if (works > 0) measure_bulk(arguments[1], arguments[2], works);
  if (times > 0) measure_alone(arguments[1], arguments[2], times);
  if (times > 0) wake_thread(times);
  if (times > 0) begin_elsewhere(arguments[1], arguments[2], times);
  return 0;
}
