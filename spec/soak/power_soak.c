/* Loses the power at moments of a story, and sees what a manager finds afterwards. */
#include "disk.h"
#include "loss.h"
#include "random.h"
#include "sight.h"
#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STEPS 150
/* In every second pair of stories so many steps meet a sync that fails. */
#define FAILS_ONE_IN 4
/* So seldom is a manager with threads tried instead, which takes longer. */
#define SERVED_ONE_IN 20

/* What the story's manager had told when so much was written down. */
typedef struct power_promise {
  size_t records;
  size_t commits;
  int64_t now_ms;
  int64_t newest_id;
  ms_buf works;
} power_promise;

/* A commit whose sync has failed. It never was, but until then the medium might have had it. */
typedef struct power_attempt {
  size_t commits; /* before it */
  uint64_t digest;
} power_attempt;

typedef struct power_trial {
  const char *path;
  ms_durability durability;
  uint64_t seed;
  soak_disk *disk;
  const disk_log *log;
  power_promise promises[STEPS + 1];
  size_t promise_count;
  uint64_t *digests; /* of the rows after so many commits */
  power_attempt attempts[STEPS * 2];
  size_t attempt_count;
} power_trial;

static void stop(const power_trial *trial, const char *where, const char *what) {
  fprintf(stderr, "power, seed %llu, %s, %s: %s\n", (unsigned long long)trial->seed,
          trial->durability == MS_DURABILITY_FULL ? "full" : "normal", where, what);
  exit(1);
}

/* ---- What happens ---- */

static void promise_present(power_trial *trial, soak_story *story) {
  power_promise *fresh = &trial->promises[trial->promise_count++];
  ms_err err = {0};
  *fresh = (power_promise){.now_ms = story->now_ms, .newest_id = story->newest_id};
  if (sight_works(story->manager, &fresh->works, &err) != MS_OK)
    stop(trial, story->doing, err.message);
  fresh->records = trial->log->count;
  fresh->commits = trial->log->commits;
}

static bool is_forgetful(const power_trial *trial) {
  return trial->seed / 2 % 2;
}

/* A step that meets a sync that fails says so, and is taken once more. */
static void take_step(power_trial *trial, soak_story *story, uint64_t *random) {
  ms_err err = {0};
  if (is_forgetful(trial) && random_below(random, FAILS_ONE_IN) == 0)
    disk_fail_at(trial->disk, DISK_FORGETFUL, 1 + (long)random_below(random, 3), false);
  ms_status status = story_step(story, &err);
  disk_mend(trial->disk);
  if (status == MS_IO && is_forgetful(trial)) status = story_step(story, &err);
  if (status != MS_OK) stop(trial, story->doing, err.message);
  story_settle(story);
}

static void tell_story(power_trial *trial) {
  soak_story story = {.path = trial->path, .durability = trial->durability, .random = trial->seed};
  uint64_t random = ~trial->seed;
  trial->disk = disk_new();
  trial->log = disk_record_all(trial->disk);
  disk_mount(trial->disk);
  for (int i = 0; i < STEPS; i++) {
    take_step(trial, &story, &random);
    promise_present(trial, &story);
  }
  story_end(&story);
}

static uint64_t digest_of(const power_trial *trial, const loss_moment *moment) {
  soak_disk *kept = loss_of_nothing(moment);
  uint64_t digest = 0;
  ms_err err = {0};
  if (sight_store(kept, trial->path, &digest, &err) != MS_OK)
    stop(trial, "a crash of the program", err.message);
  disk_free(kept);
  return digest;
}

static void remember_attempt(power_trial *trial, const loss_moment *moment) {
  if (trial->attempt_count == sizeof trial->attempts / sizeof *trial->attempts)
    stop(trial, "attempts", "more than steps allow");
  trial->attempts[trial->attempt_count++] =
      (power_attempt){loss_commits(moment), digest_of(trial, moment)};
}

/* The rows after each commit, had nothing been lost. */
static void remember_digests(power_trial *trial) {
  const disk_log *log = trial->log;
  loss_moment *moment = loss_new(log);
  trial->digests = calloc(log->commits + 1, sizeof *trial->digests);
  if (!trial->digests) stop(trial, "digests", "not enough memory");
  for (size_t at = 0; at <= log->count; at++) {
    loss_go_to(moment, at);
    if (at < log->count && log->records[at].kind == DISK_FORGET) remember_attempt(trial, moment);
    if (at && log->records[at - 1].kind != DISK_COMMIT) continue;
    trial->digests[loss_commits(moment)] = digest_of(trial, moment);
  }
  loss_free(moment);
}

/* ---- What is left of it ---- */

static bool is_attempt(const power_trial *trial, size_t commits, uint64_t digest) {
  for (size_t i = 0; i < trial->attempt_count; i++) {
    const power_attempt *attempt = &trial->attempts[i];
    if (attempt->commits == commits && attempt->digest == digest) return true;
  }
  return false;
}

/* How many commits are there, at least those that must be and at most the one under way, which is
 * more than there ever were if it is one that has failed. */
static size_t find_commits(const power_trial *trial, size_t least, size_t most, uint64_t digest,
                           const char *where) {
  size_t all = trial->log->commits;
  for (size_t commits = (most < all ? most : all) + 1; commits-- > least;) {
    if (trial->digests[commits] == digest) return commits;
  }
  if (is_attempt(trial, most - 1, digest)) return all + 1;
  stop(trial, where, "what was acknowledged is missing, or there is a hole");
  return 0;
}

/* The last promise that these commits keep, and nothing beyond it. */
static const power_promise *find_promise(const power_trial *trial, size_t commits) {
  const power_promise *found = NULL;
  for (size_t i = 0; i < trial->promise_count; i++) {
    if (trial->promises[i].commits <= commits) found = &trial->promises[i];
  }
  return found && found->commits == commits ? found : NULL;
}

static void check_works(const power_trial *trial, soak_story *story, const power_promise *promise,
                        const char *where) {
  ms_buf works = {0};
  ms_err err = {0};
  if (sight_works(story->manager, &works, &err) != MS_OK) stop(trial, where, err.message);
  if (promise && !sight_survives(ms_buf_text(&promise->works), ms_buf_text(&works))) {
    fprintf(stderr, "promised:\n%.*sfound:\n%.*s", (int)promise->works.size, promise->works.data,
            (int)works.size, works.data);
    stop(trial, where, "works differ from what was acknowledged");
  }
  ms_buf_deinit(&works);
}

static void check_runs(const power_trial *trial, soak_story *story, const char *where) {
  ms_selector running = {.states = 1u << MS_RUNNING};
  ms_err err = {0};
  int64_t count;
  ms_status status = ms_count(story->manager, &running, &count, &err);
  if (status != MS_OK) stop(trial, where, err.message);
  if (count) stop(trial, where, "a work runs and nobody runs it");
}

/* A manager opens what is left, finds what it must, and carries everything to its end. */
static void live_on(const power_trial *trial, soak_disk *left, const power_promise *promise,
                    const char *where) {
  soak_story story = {.path = trial->path, .durability = trial->durability};
  uint64_t digest;
  ms_err err = {0};
  story.now_ms = promise ? promise->now_ms : 0;
  disk_mount(left);
  if (story_open(&story, &err) != MS_OK) stop(trial, where, err.message);
  check_works(trial, &story, promise, where);
  check_runs(trial, &story, where);
  if (story_finish(&story, &err) != MS_OK) stop(trial, where, err.message);
  if (promise && story.newest_id <= promise->newest_id) stop(trial, where, "an id was given twice");
  story_end(&story);
  if (sight_store(left, trial->path, &digest, &err) != MS_OK) stop(trial, where, err.message);
}

/* The lock file's page is never synced: of it anything may be left. */
static void scramble_board(const power_trial *trial, uint64_t *random) {
  char name[128];
  snprintf(name, sizeof name, "%s-lock", trial->path);
  FILE *file = fopen(name, "wb");
  size_t size = random_below(random, 1025);
  for (size_t i = 0; file && i < size; i++)
    fputc((int)random_below(random, 256), file);
  if (!file || fclose(file) != 0) stop(trial, "the lock file", "cannot be written");
}

/* As live_on, with threads and in real time, as a program does. */
static void serve(const power_trial *trial, soak_disk *left, const char *where, uint64_t *random) {
  soak_story story = {.path = trial->path, .durability = trial->durability, .has_threads = true};
  uint64_t digest;
  ms_err err = {0};
  scramble_board(trial, random);
  disk_mount(left);
  if (story_open(&story, &err) != MS_OK) stop(trial, where, err.message);
  if (story_serve(&story, &err) != MS_OK) stop(trial, where, err.message);
  story_end(&story);
  if (sight_store(left, trial->path, &digest, &err) != MS_OK) stop(trial, where, err.message);
}

static void lose_power(const power_trial *trial, const loss_moment *moment, uint64_t seed) {
  char where[96];
  uint64_t digest, random = seed;
  ms_err err = {0};
  snprintf(where, sizeof where, "%zu commits, loss %llu", loss_commits(moment),
           (unsigned long long)seed);
  soak_disk *left = loss_of_power(moment, &random);
  if (sight_store(left, trial->path, &digest, &err) != MS_OK) stop(trial, where, err.message);
  size_t commits = loss_commits(moment);
  bool full = trial->durability == MS_DURABILITY_FULL;
  size_t least = full ? commits : loss_safe_commits(moment);
  size_t found = find_commits(trial, least, commits + 1, digest, where);
  if (random_below(&random, SERVED_ONE_IN) == 0)
    serve(trial, left, where, &random);
  else
    live_on(trial, left, find_promise(trial, found), where);
  disk_free(left);
}

static void end_trial(power_trial *trial) {
  for (size_t i = 0; i < trial->promise_count; i++)
    ms_buf_deinit(&trial->promises[i].works);
  free(trial->digests);
  disk_free(trial->disk);
}

/* So many losses, spread evenly over the story. Returns the number of its commits. */
static size_t try_story(const char *path, ms_durability durability, uint64_t seed, size_t losses) {
  power_trial trial = {.path = path, .durability = durability, .seed = seed};
  uint64_t random = seed;
  tell_story(&trial);
  remember_digests(&trial);
  loss_moment *moment = loss_new(trial.log);
  for (size_t i = 0; i < losses; i++) {
    loss_go_to(moment, trial.log->count * i / losses);
    lose_power(&trial, moment, random_next(&random));
  }
  loss_free(moment);
  size_t commits = trial.log->commits;
  end_trial(&trial);
  return commits;
}

#define LOSSES_OF_A_STORY 500

int main(int count, char **arguments) {
  char folder[] = "/tmp/moonshift-power-XXXXXX", path[64];
  size_t states = count > 1 ? strtoul(arguments[1], NULL, 10) : 2000;
  uint64_t seed = count > 2 ? strtoull(arguments[2], NULL, 10) : 1;
  if (!mkdtemp(folder)) return 2;
  snprintf(path, sizeof path, "%s/work.db", folder);
  disk_register(seed);
  size_t done = 0, commits = 0;
  for (uint64_t story = seed; done < states; story++) {
    ms_durability durability = (story - seed) % 2 ? MS_DURABILITY_NORMAL : MS_DURABILITY_FULL;
    size_t losses = states - done < LOSSES_OF_A_STORY ? states - done : LOSSES_OF_A_STORY;
    commits += try_story(path, durability, story, losses);
    done += losses;
  }
  printf("%zu losses of power in %zu commits: nothing acknowledged is missing\n", done, commits);
  remove(path);
  snprintf(path + strlen(path), sizeof path - strlen(path), "-lock");
  remove(path);
  rmdir(folder);
  return 0;
}
