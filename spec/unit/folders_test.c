#include "sense/folders.h"
#include "unit.h"

#include "base/mem.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534

/* A folder of its own, with a tree of three folders in it: home, home/a, home/a/b. */
static char home[] = "/tmp/folders_test.XXXXXX";
static const ms_store_files no_store;
static uv_loop_t loop;
static int events;

static const char *at(const char *name) {
  static char paths[16][512];
  static int turn;
  char *path = paths[turn++ % 16];
  snprintf(path, sizeof paths[0], "%s%s%s", home, name[0] ? "/" : "", name);
  return path;
}

static void put(const char *name) {
  FILE *file = fopen(at(name), "w");
  if (file) fclose(file);
}

static void on_change(void *context) {
  (void)context;
  events++;
}

/* Whether something was heard of before long. */
static bool heard(void) {
  for (int i = 0; i < 100 && !events; i++) {
    uv_run(&loop, UV_RUN_NOWAIT);
    if (!events) usleep(1000);
  }
  bool any = events > 0;
  while (uv_run(&loop, UV_RUN_NOWAIT), events > 0)
    events = 0;
  return any;
}

typedef struct watched {
  ms_folders *folders;
  ms_watched files;
} watched;

static ms_status follow(watched *w, bool *fresh, ms_err *err) {
  ms_buf snapshot = {0};
  UNIT_INT(MS_OK, ms_snapshot_take(&w->files, 1, &no_store, &snapshot, NULL));
  ms_status status =
      ms_folders_follow(w->folders, &w->files, 1, ms_buf_text(&snapshot), fresh, err);
  ms_buf_deinit(&snapshot);
  return status;
}

static void check_follow(watched *w, bool expected) {
  bool fresh;
  UNIT_INT(MS_OK, follow(w, &fresh, NULL));
  UNIT_INT(expected, fresh);
}

static watched begin(const char *name, size_t most) {
  mkdir(at("a"), 0700);
  mkdir(at("a/b"), 0700);
  events = 0;
  return (watched){
      .folders = ms_folders_new(&loop, &no_store, most, on_change, NULL),
      .files = {.path = ms_text_of(at(name)), .recursive = true},
  };
}

static void end(watched *w) {
  char command[600];
  ms_folders_free(w->folders);
  uv_run(&loop, UV_RUN_DEFAULT);
  snprintf(command, sizeof command, "rm -rf %s/*", home);
  UNIT_INT(0, system(command));
}

static void each_folder_of_a_tree_is_heard(void) {
  watched w = begin("", 0);
  check_follow(&w, true);
  check_follow(&w, false);
  UNIT_INT(3, (int64_t)ms_folders_count(w.folders));
  put("x");
  UNIT_CHECK(heard());
  put("a/b/x");
  UNIT_CHECK(heard());
  check_follow(&w, false);
  end(&w);
}

static void new_folders_are_watched_at_once(void) {
  watched w = begin("", 0);
  check_follow(&w, true);
  mkdir(at("a/c"), 0700);
  mkdir(at("a/c/d"), 0700);
  UNIT_CHECK(heard());
  UNIT_INT(5, (int64_t)ms_folders_count(w.folders));
  put("a/c/d/x");
  UNIT_CHECK(heard());
  check_follow(&w, false);
  end(&w);
}

static void folders_that_were_moved_or_made_again_are_watched_by_their_path(void) {
  watched w = begin("", 0);
  check_follow(&w, true);
  rename(at("a"), at("z"));
  UNIT_CHECK(heard());
  check_follow(&w, true);
  UNIT_INT(3, (int64_t)ms_folders_count(w.folders));
  put("z/b/x");
  UNIT_CHECK(heard());
  unlink(at("z/b/x"));
  rmdir(at("z/b"));
  mkdir(at("z/b"), 0700);
  UNIT_CHECK(heard());
  check_follow(&w, true);
  put("z/b/x");
  UNIT_CHECK(heard());
  end(&w);
}

static void a_file_is_heard_of_through_its_folder_and_no_other_file_is(void) {
  watched w = begin("a/x", 0);
  check_follow(&w, true);
  UNIT_INT(1, (int64_t)ms_folders_count(w.folders));
  put("a/y");
  UNIT_CHECK(!heard());
  put("a/x");
  UNIT_CHECK(heard());
  put("a/y");
  rename(at("a/y"), at("a/x"));
  UNIT_CHECK(heard());
  end(&w);
}

static void a_path_that_does_not_exist_is_waited_for_step_by_step(void) {
  watched w = begin("n/o/t", 0);
  check_follow(&w, true);
  put("else");
  UNIT_CHECK(!heard());
  mkdir(at("n"), 0700);
  UNIT_CHECK(heard());
  check_follow(&w, true);
  mkdir(at("n/o"), 0700);
  UNIT_CHECK(heard());
  check_follow(&w, true);
  put("n/o/t");
  UNIT_CHECK(heard());
  end(&w);
}

/* Root may read everything, so somebody else follows. */
static void check_follow_as_nobody(watched *w, bool expected) {
  bool almighty = geteuid() == 0;
  if (almighty) UNIT_INT(0, seteuid(NOBODY));
  check_follow(w, expected);
  if (almighty) UNIT_INT(0, seteuid(0));
}

static void a_folder_that_is_shut_is_heard_of_when_it_opens(void) {
  chmod(home, 0755);
  watched w = begin("a/b", 0), below = begin("a/b/x", 0);
  chmod(at("a"), 0755);
  chmod(at("a/b"), 0);
  check_follow_as_nobody(&w, true);
  check_follow_as_nobody(&below, true);
  chmod(at("a/b"), 0755);
  UNIT_CHECK(heard());
  check_follow_as_nobody(&w, true);
  check_follow_as_nobody(&below, true);
  put("a/b/x");
  UNIT_CHECK(heard());
  ms_folders_free(below.folders);
  end(&w);
}

static void watches_that_run_out_are_refused_and_the_others_stay(void) {
  ms_err err = {0};
  bool fresh;
  watched w = begin("", 2);
  UNIT_INT(MS_LIMIT, follow(&w, &fresh, &err));
  UNIT_CHECK(fresh);
  UNIT_CHECK(strstr(err.message, "cannot be watched: no watches are left") != NULL);
  UNIT_INT(2, (int64_t)ms_folders_count(w.folders));
  UNIT_INT(MS_LIMIT, follow(&w, &fresh, NULL));
  UNIT_CHECK(!fresh);
  put("x");
  UNIT_CHECK(heard());
  rmdir(at("a/b"));
  check_follow(&w, false);
  end(&w);
}

static void no_memory_is_an_answer(void) {
  bool fresh, done = false;
  int refused = 0;
  for (long n = 1; !done; n++) {
    watched w = begin("", 0);
    ms_buf snapshot = {0};
    ms_snapshot_take(&w.files, 1, &no_store, &snapshot, NULL);
    ms_mem_fail_at(n);
    ms_status status =
        ms_folders_follow(w.folders, &w.files, 1, ms_buf_text(&snapshot), &fresh, NULL);
    ms_mem_fail_at(0);
    done = status == MS_OK;
    refused += status == MS_NOMEM;
    ms_buf_deinit(&snapshot);
    end(&w);
  }
  UNIT_CHECK(refused > 3);
}

int main(void) {
  if (!mkdtemp(home) || uv_loop_init(&loop) != 0) return 1;
  UNIT_RUN(each_folder_of_a_tree_is_heard);
  UNIT_RUN(new_folders_are_watched_at_once);
  UNIT_RUN(folders_that_were_moved_or_made_again_are_watched_by_their_path);
  UNIT_RUN(a_file_is_heard_of_through_its_folder_and_no_other_file_is);
  UNIT_RUN(a_path_that_does_not_exist_is_waited_for_step_by_step);
  UNIT_RUN(a_folder_that_is_shut_is_heard_of_when_it_opens);
  UNIT_RUN(watches_that_run_out_are_refused_and_the_others_stay);
  UNIT_RUN(no_memory_is_an_answer);
  UNIT_INT(0, uv_loop_close(&loop));
  rmdir(home);
  return unit_end();
}
