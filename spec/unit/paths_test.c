#include "model/paths.h"
#include "unit.h"

static void check_absolute(const char *expected, const char *folder, const char *path) {
  ms_buf out = {0};
  ms_path_absolute(ms_text_of(folder), ms_text_of(path), &out);
  ms_buf_add_char(&out, '\0');
  UNIT_STRING(expected, out.data);
  ms_buf_deinit(&out);
}

static void paths_are_made_absolute(void) {
  check_absolute("/home/me/in", "/home/me", "in");
  check_absolute("/in", "/home/me", "/in/");
  check_absolute("/home/me/a/b", "/home/me", "./a//b/.");
  check_absolute("/home/me/../b", "/home/me", "../b");
  check_absolute("/home/me", "/home/me/", ".");
  check_absolute("/in", "/", "in");
  check_absolute("/", "/home", "/");
  check_absolute("/", "/home", "//.");
}

static bool within(const char *path, const char *root, bool recursive) {
  return ms_path_within(ms_text_of(path), ms_text_of(root), recursive);
}

static void a_path_is_within_what_leads_to_it(void) {
  UNIT_CHECK(within("/a", "/a", false));
  UNIT_CHECK(within("/a/b", "/a", false));
  UNIT_CHECK(!within("/a/b/c", "/a", false));
  UNIT_CHECK(within("/a/b/c", "/a", true));
  UNIT_CHECK(!within("/ab", "/a", true));
  UNIT_CHECK(!within("/a", "/a/b", true));
  UNIT_CHECK(within("/a/b", "/", true));
  UNIT_CHECK(within("/a", "/", false));
  UNIT_CHECK(!within("/a/b", "/", false));
}

static void check_list(const char *expected, ms_paths *paths) {
  ms_buf out = {0};
  UNIT_CHECK(ms_paths_format(paths, &out));
  ms_buf_add_char(&out, '\0');
  UNIT_STRING(expected, out.data);
  ms_buf_deinit(&out);
}

static void a_list_names_each_path_once(void) {
  ms_paths paths = {0};
  check_list("[]", &paths);
  ms_paths_add(&paths, MS_TEXT("/a"));
  ms_paths_add(&paths, MS_TEXT("/a\"b\\"));
  ms_paths_add(&paths, MS_TEXT("/a"));
  check_list("[\"/a\",\"/a\\\"b\\\\\"]", &paths);
  UNIT_CHECK(ms_paths_add_list(&paths, MS_TEXT("[\"/a\\\"b\\\\\",\"/c\",true]")));
  check_list("[\"/a\",\"/a\\\"b\\\\\",\"/c\",true]", &paths);
  ms_paths_deinit(&paths);
}

static void a_path_that_ends_as_another_is_not_that_one(void) {
  ms_paths paths = {0};
  ms_paths_add(&paths, MS_TEXT("/a\"/b"));
  ms_paths_add(&paths, MS_TEXT("/b"));
  check_list("[\"/a\\\"/b\",\"/b\"]", &paths);
  ms_paths_deinit(&paths);
}

static void bytes_that_are_no_text_are_replaced(void) {
  ms_paths paths = {0};
  ms_paths_add(&paths, MS_TEXT("/\xff\xc3\xa9\xc3"));
  check_list("[\"/\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\"]", &paths);
  ms_paths_deinit(&paths);
}

static void a_list_says_that_there_are_more(void) {
  ms_paths paths = {0}, again = {0};
  ms_buf list = {0};
  for (int i = 0; i < MS_PATHS_MOST; i++) {
    char name[16];
    snprintf(name, sizeof name, "/%d", i);
    ms_paths_add(&paths, ms_text_of(name));
  }
  UNIT_CHECK(!paths.more);
  ms_paths_add(&paths, MS_TEXT("/7"));
  UNIT_CHECK(!paths.more);
  ms_paths_add(&paths, MS_TEXT("/more"));
  UNIT_CHECK(paths.more);
  UNIT_INT(MS_PATHS_MOST, (int64_t)paths.count);
  ms_paths_format(&paths, &list);
  UNIT_CHECK(ms_paths_add_list(&again, ms_buf_text(&list)));
  UNIT_CHECK(again.more);
  UNIT_INT(MS_PATHS_MOST, (int64_t)again.count);
  ms_buf_deinit(&list);
  ms_paths_deinit(&paths);
  ms_paths_deinit(&again);
}

static void what_is_no_list_is_refused(void) {
  static const char *const texts[] = {"", "[", "x", "[\"/a]", "[\"/a\"\"/b\"]", "[tru]", "[1]"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ms_paths paths = {0};
    UNIT_CHECK(!ms_paths_add_list(&paths, ms_text_of(texts[i])));
    ms_paths_deinit(&paths);
  }
}

int main(void) {
  UNIT_RUN(paths_are_made_absolute);
  UNIT_RUN(a_path_is_within_what_leads_to_it);
  UNIT_RUN(a_list_names_each_path_once);
  UNIT_RUN(a_path_that_ends_as_another_is_not_that_one);
  UNIT_RUN(bytes_that_are_no_text_are_replaced);
  UNIT_RUN(a_list_says_that_there_are_more);
  UNIT_RUN(what_is_no_list_is_refused);
  return unit_end();
}
