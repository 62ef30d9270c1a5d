/* Tells one story again and again, and each time another access to the disk or another allocation
 * fails: the step that it meets says so, and after that the story goes on as if nothing had been.
 */
#include "base/mem.h"
#include "disk.h"
#include "memory.h"
#include "random.h"
#include "sight.h"
#include "story.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Long against the longest step. */
#define HANGS_AFTER_S 60

typedef enum fault_kind {
  FAULT_FULL = DISK_FULL,
  FAULT_SHORT = DISK_SHORT,
  FAULT_BROKEN = DISK_BROKEN,
  FAULT_FORGETFUL = DISK_FORGETFUL,
  FAULT_OWN_MEMORY,
  FAULT_SQLITE_MEMORY,
  FAULT_KINDS
} fault_kind;

static const char *const kinds[FAULT_KINDS] = {"a full disk",   "a short write",
                                               "a broken disk", "a forgetful disk",
                                               "memory",        "SQLite's memory"};

#define STEPS 50

/* What works there are before each step, and in the end, when nothing fails. */
typedef struct fault_story {
  const char *path;
  uint64_t seed;
  ms_buf works[STEPS + 1];
} fault_story;

typedef struct fault_trial {
  const fault_story *told;
  fault_kind kind;
  bool lasts; /* until the step that it meets is over */
  long left;  /* until it comes; 0 = it has come */
  soak_disk *disk;
  soak_story story;
} fault_trial;

static char trying[160] = "the story without a fault";

static void stop(const fault_trial *trial, const char *doing, const char *what) {
  fprintf(stderr, "seed %llu, %s, while: %s: %s\n", (unsigned long long)trial->told->seed, trying,
          doing, what);
  exit(1);
}

static void on_alarm(int signal) {
  (void)signal;
  ssize_t written = write(STDERR_FILENO, trying, strlen(trying));
  written += write(STDERR_FILENO, ": hangs\n", 8);
  _exit(written ? 1 : 2);
}

/* ---- The fault ---- */

static void plan(const fault_trial *trial) {
  switch (trial->kind) {
  case FAULT_FULL:
  case FAULT_SHORT:
  case FAULT_BROKEN:
  case FAULT_FORGETFUL:
    disk_fail_at(trial->disk, (disk_trouble)trial->kind, trial->left, trial->lasts);
    break;
  case FAULT_OWN_MEMORY:
    ms_mem_fail_at(trial->left);
    break;
  case FAULT_SQLITE_MEMORY:
    memory_fail_at(trial->left, trial->lasts);
    break;
  case FAULT_KINDS:
    break;
  }
}

/* Ends the fault, or puts it off until the next step. True if it has come. */
static bool lift(fault_trial *trial) {
  bool of_memory = trial->kind == FAULT_OWN_MEMORY || trial->kind == FAULT_SQLITE_MEMORY;
  long seen = trial->kind == FAULT_OWN_MEMORY ? ms_mem_fail_at(0)
              : of_memory                     ? memory_mend()
                                              : disk_mend(trial->disk);
  bool has_come = trial->left && seen >= trial->left;
  trial->left = has_come || !trial->left ? 0 : trial->left - seen;
  return has_come;
}

static bool says_so(const fault_trial *trial, ms_status status) {
  bool of_memory = trial->kind == FAULT_OWN_MEMORY || trial->kind == FAULT_SQLITE_MEMORY;
  return of_memory ? status == MS_NOMEM : status == MS_FULL || status == MS_IO;
}

/* ---- The story ---- */

static void look(fault_trial *trial, ms_buf *works) {
  ms_err err = {0};
  if (sight_works(trial->story.manager, works, &err) != MS_OK)
    stop(trial, trial->story.doing, err.message);
}

static bool is_open(const fault_trial *trial) {
  return trial->story.manager && ms_usable(trial->story.manager, NULL) == MS_OK;
}

/* What is there is what there would be without the fault. */
static void compare(fault_trial *trial, const ms_buf *expected) {
  ms_buf works = {0};
  if (!is_open(trial)) return;
  look(trial, &works);
  if (!ms_text_equal(ms_buf_text(expected), ms_buf_text(&works))) {
    fprintf(stderr, "without the fault:\n%.*swith it:\n%.*s", (int)expected->size, expected->data,
            (int)works.size, works.data);
    stop(trial, trial->story.doing, "works differ");
  }
  ms_buf_deinit(&works);
}

static void inspect(fault_trial *trial) {
  uint64_t digest;
  ms_err err = {0};
  ms_status status = sight_store(trial->disk, trial->told->path, &digest, &err);
  disk_mount(trial->disk);
  if (status != MS_OK) stop(trial, trial->story.doing, err.message);
}

/* A step that met the fault has changed nothing and can be taken again, or is done all the same. */
static void take_step(fault_trial *trial, int at) {
  soak_story *story = &trial->story;
  const ms_buf *works = trial->told->works;
  ms_err err = {0};
  plan(trial);
  ms_status status = story_step(story, &err);
  bool has_come = lift(trial);
  if (status != MS_OK && (!has_come || !says_so(trial, status)))
    stop(trial, story->doing, err.message);
  if (!has_come) return;
  inspect(trial);
  if (status != MS_OK) {
    compare(trial, &works[at]);
    if (story_step(story, &err) != MS_OK) stop(trial, story->doing, err.message);
  }
  story_settle(story);
  compare(trial, &works[at + 1]);
}

static void begin(fault_trial *trial) {
  trial->disk = disk_new();
  trial->story = (soak_story){.path = trial->told->path, .random = trial->told->seed};
  disk_mount(trial->disk);
}

static void end(fault_trial *trial) {
  ms_err err = {0};
  if (story_finish(&trial->story, &err) != MS_OK) stop(trial, "the end", err.message);
  story_end(&trial->story);
  inspect(trial);
  disk_free(trial->disk);
}

/* Without a fault; remembers what there is. */
static void tell(fault_story *told) {
  fault_trial trial = {.told = told};
  begin(&trial);
  for (int i = 0; i < STEPS; i++) {
    take_step(&trial, i);
    look(&trial, &told->works[i + 1]);
  }
  end(&trial);
}

/* False if the story is over before the fault comes. */
static bool try_fault(const fault_story *told, fault_kind kind, bool lasts, long n) {
  fault_trial trial = {.told = told, .kind = kind, .lasts = lasts, .left = n};
  snprintf(trying, sizeof trying, "%s fails at %ld%s", kinds[kind], n, lasts ? " and on" : "");
  alarm(HANGS_AFTER_S);
  begin(&trial);
  for (int i = 0; i < STEPS; i++)
    take_step(&trial, i);
  compare(&trial, &told->works[STEPS]);
  end(&trial);
  return !trial.left;
}

/* Every so many-th access or allocation; the core's own are few. */
static void try_kind(const fault_story *told, fault_kind kind, long every) {
  if (kind == FAULT_OWN_MEMORY) every = 1;
  long first = 1 + (long)(told->seed % (uint64_t)every), tried = 0;
  for (int lasts = 0; lasts <= (kind != FAULT_OWN_MEMORY); lasts++) {
    for (long n = first; try_fault(told, kind, lasts, n); n += every)
      tried++;
  }
  printf("%s: %ld faults, each told, none left anything behind\n", kinds[kind], tried);
}

static void free_story(fault_story *told) {
  for (int i = 0; i <= STEPS; i++)
    ms_buf_deinit(&told->works[i]);
}

int main(int count, char **arguments) {
  char folder[] = "/tmp/moonshift-fault-XXXXXX", path[64];
  bool of_memory = count > 1 && strcmp(arguments[1], "memory") == 0;
  long every = count > 2 ? atol(arguments[2]) : 1;
  fault_story told = {.path = path, .seed = count > 3 ? strtoull(arguments[3], NULL, 10) : 1};
  if (every < 1 || !mkdtemp(folder)) return 2;
  snprintf(path, sizeof path, "%s/work.db", folder);
  signal(SIGALRM, on_alarm);
  memory_register();
  disk_register(told.seed);
  tell(&told);
  fault_kind first = of_memory ? FAULT_OWN_MEMORY : FAULT_FULL;
  for (fault_kind kind = first; kind < (of_memory ? FAULT_KINDS : FAULT_OWN_MEMORY); kind++)
    try_kind(&told, kind, every);
  free_story(&told);
  remove(path);
  rmdir(folder);
  return 0;
}
