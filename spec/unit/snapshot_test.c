#include "sense/snapshot.h"
#include "unit.h"

#include "base/mem.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534

/* Everything happens in a folder of its own, and names are those in it. */
static char home[] = "/tmp/snapshot_test.XXXXXX";

static char *at(const char *name) {
  static char paths[64][512];
  static int turn;
  char *path = paths[turn++ % 64];
  snprintf(path, sizeof paths[0], "%s%s%s", home, name[0] ? "/" : "", name);
  return path;
}

static void put(const char *name, const char *text) {
  FILE *file = fopen(at(name), "w");
  if (!file) return;
  fputs(text, file);
  fclose(file);
}

static ms_watched watched(const char *name, bool recursive) {
  return (ms_watched){ms_text_of(at(name)), recursive};
}

static ms_buf take_beside(ms_watched files, const ms_store_files *store) {
  ms_buf snapshot = {0};
  UNIT_INT(MS_OK, ms_snapshot_take(&files, 1, store, &snapshot, NULL));
  return snapshot;
}

static ms_buf take(ms_watched files) {
  ms_store_files none = {0};
  return take_beside(files, &none);
}

/* "a b ": the names of what changed, in order, without the home. */
static void add_change(void *context, ms_text path) {
  ms_buf *names = context;
  size_t skip = sizeof home < path.size ? sizeof home : path.size;
  ms_buf_add(names, path.data + skip, path.size - skip);
  ms_buf_add_char(names, ' ');
}

static void check_changes(const char *expected, ms_buf *before, ms_watched files) {
  ms_buf after = take(files), names = {0};
  UNIT_INT(MS_OK,
           ms_snapshot_compare(ms_buf_text(before), ms_buf_text(&after), add_change, &names, NULL));
  ms_buf_add_char(&names, '\0');
  UNIT_STRING(expected, names.data);
  ms_buf_deinit(before);
  ms_buf_deinit(&names);
  *before = after;
}

static void clear_home(void) {
  char command[600];
  snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s/*", home, home);
  UNIT_INT(0, system(command));
}

static void one_file_is_told_from_its_later_self(void) {
  ms_watched files = watched("a", false);
  ms_buf seen = take(files);
  check_changes("", &seen, files);
  put("a", "1");
  check_changes("a ", &seen, files);
  put("a", "2"); /* same size, perhaps within the same tick */
  check_changes("a ", &seen, files);
  put("b", "3");
  check_changes("", &seen, files);
  rename(at("b"), at("a"));
  check_changes("a ", &seen, files);
  unlink(at("a"));
  check_changes("a ", &seen, files);
  mkdir(at("a"), 0700);
  check_changes("a ", &seen, files);
  ms_buf_deinit(&seen);
}

static void a_folder_shows_what_stands_in_it(void) {
  ms_watched files = watched("", false);
  ms_buf seen = take(files);
  put("x", "1");
  mkdir(at("deep"), 0700);
  check_changes("deep x ", &seen, files);
  put("deep/y", "1");
  check_changes("", &seen, files);
  unlink(at("x"));
  check_changes("x ", &seen, files);
  ms_buf_deinit(&seen);
}

static void a_tree_is_compared_in_the_order_of_its_walk(void) {
  ms_watched files = watched("", true);
  mkdir(at("a"), 0700);
  mkdir(at("a/b"), 0700);
  put("a/b/c", "1");
  put("a.b", "1");
  put("a b", "1");
  put("a0", "1");
  ms_buf seen = take(files);
  check_changes("", &seen, files);
  put("a/b/d", "1");
  put("a-", "1");
  check_changes("a/b/d a- ", &seen, files);
  rename(at("a"), at("z"));
  check_changes("a a/b a/b/c a/b/d z z/b z/b/c z/b/d ", &seen, files);
  ms_buf_deinit(&seen);
}

static void odd_names_survive(void) {
  ms_watched files = watched("", true);
  ms_buf seen = take(files);
  put("new\nline", "1");
  put("per%cent", "1");
  put("\xff\xfe", "1");
  check_changes("new\nline per%cent \xff\xfe ", &seen, files);
  check_changes("", &seen, files);
  ms_buf_deinit(&seen);
}

static void links_lead_to_what_is_watched_and_stand_for_themselves_in_folders(void) {
  mkdir(at("target"), 0700);
  put("target/x", "1");
  put("file", "1");
  symlink(at("target"), at("link"));
  symlink(at("file"), at("to_file"));
  ms_watched link = watched("link", true), to_file = watched("to_file", false);
  ms_buf seen = take(link), pointed = take(to_file);
  put("target/y", "1");
  put("file", "22");
  check_changes("link/y ", &seen, link);
  check_changes("to_file ", &pointed, to_file);
  ms_buf_deinit(&seen);
  ms_buf_deinit(&pointed);
  mkdir(at("tree"), 0700);
  symlink(at("tree"), at("tree/loop"));
  symlink(at("file"), at("tree/file"));
  ms_watched tree = watched("tree", true);
  seen = take(tree);
  put("file", "333");
  check_changes("", &seen, tree);
  unlink(at("tree/file"));
  symlink(at("target"), at("tree/file"));
  check_changes("tree/file ", &seen, tree);
  ms_buf_deinit(&seen);
}

static void what_cannot_be_read_counts_as_not_there(void) {
  ms_watched files = watched("", true);
  bool almighty = geteuid() == 0; /* and may read everything */
  mkdir(at("shut"), 0700);
  put("shut/x", "1");
  ms_buf seen = take(files);
  chmod(home, 0755);
  chmod(at("shut"), 0);
  if (almighty) UNIT_INT(0, seteuid(NOBODY));
  check_changes("shut shut/x ", &seen, files);
  if (almighty) UNIT_INT(0, seteuid(0));
  ms_buf_deinit(&seen);
}

static void the_store_is_not_looked_at(void) {
  ms_store_files store;
  ms_store_files_init(&store, at("work.db"));
  put("work.db", "1");
  put("work.db-wal", "1");
  put("work.dbx", "1");
  ms_watched files = watched("", true);
  ms_buf seen = take_beside(files, &store), names = {0}, none = {0};
  ms_buf_add_text(&none, MS_TEXT("/\n"));
  ms_snapshot_compare(ms_buf_text(&none), ms_buf_text(&seen), add_change, &names, NULL);
  ms_buf_add_char(&names, '\0');
  UNIT_STRING(" work.dbx ", names.data);
  ms_buf_deinit(&seen);
  ms_buf_deinit(&names);
  ms_buf_deinit(&none);
}

static void a_damaged_snapshot_is_refused(void) {
  static const char *const texts[] = {
      "f 0 /a 1 2 3\n",  "/\nf 0 /a 1 2\n",
      "/\nf 0 /a 1 2 3", "/\nf 9 a 1 2 3\n",
      "/\nx 0 /a\n",     "/\nd 0 /a",
      "/\nd 0 %4\n",     "/\nd",
      "/\nd 0 /a\nf",    "/",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ms_buf names = {0};
    ms_err err = {0};
    ms_text text = ms_text_of(texts[i]);
    if (ms_snapshot_compare(text, text, add_change, &names, &err) != MS_CORRUPT)
      printf("%s", texts[i]);
    UNIT_INT(MS_CORRUPT, err.status);
    ms_buf_deinit(&names);
  }
}

static void no_memory_is_an_answer(void) {
  ms_watched files = watched("", true);
  ms_store_files none = {0};
  mkdir(at("a"), 0700);
  put("a/b", "1");
  int refused = 0;
  for (long n = 1;; n++) {
    ms_buf snapshot = {0};
    ms_mem_fail_at(n);
    ms_status status = ms_snapshot_take(&files, 1, &none, &snapshot, NULL);
    ms_mem_fail_at(0);
    ms_buf_deinit(&snapshot);
    if (status == MS_OK) break;
    UNIT_INT(MS_NOMEM, status);
    refused++;
  }
  UNIT_CHECK(refused > 3);
}

#define RUN(test) (UNIT_RUN(test), clear_home())

int main(void) {
  if (!mkdtemp(home)) return 1;
  RUN(one_file_is_told_from_its_later_self);
  RUN(a_folder_shows_what_stands_in_it);
  RUN(a_tree_is_compared_in_the_order_of_its_walk);
  RUN(odd_names_survive);
  RUN(links_lead_to_what_is_watched_and_stand_for_themselves_in_folders);
  RUN(what_cannot_be_read_counts_as_not_there);
  RUN(the_store_is_not_looked_at);
  RUN(a_damaged_snapshot_is_refused);
  RUN(no_memory_is_an_answer);
  rmdir(home);
  return unit_end();
}
