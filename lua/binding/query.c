#include "binding/query.h"

#include "binding/answer.h"
#include "binding/info.h"
#include "binding/queue.h"
#include "binding/request.h"

#include <stdlib.h>

static int answer_infos(lua_State *L, ms_handle *handle, const ms_selector *selector,
                        const ms_page *page, ms_own *own) {
  ms_info *infos = NULL;
  size_t count = 0;
  ms_err err = {0};
  ms_status status = ms_query(handle->core, selector, page, &own->arena, &infos, &count, &err);
  if (status == MS_OK) status = ms_info_push_list(L, infos, count, &own->arena, &err);
  ms_own_release(own);
  return status == MS_OK ? 1 : ms_answer(L, status, &err);
}

static int find(lua_State *L, ms_handle *handle) {
  ms_path path = ms_path_root("id");
  int64_t id = ms_check_id(L, 2, &path);
  ms_own *own = ms_own_push(L);
  ms_selector selector = {.ids = &id, .id_count = 1};
  ms_page page = {.limit = 1};
  int results = answer_infos(L, handle, &selector, &page, own);
  if (results == 1) lua_rawgeti(L, -1, 1);
  return results;
}

static void check_page_fields(lua_State *L, int index, const ms_path *path) {
  static const char *const fields[] = {"limit", "offset", "order"};
  ms_check_table(L, index, path, "a table such as { limit = 50, offset = 0, order = \"-id\" }");
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    ms_check_key(L, -2, path, fields, 3);
  }
}

static ms_page read_page(lua_State *L, int index) {
  static const char *const orders[] = {"id", "-id", "due"};
  ms_page page = {.limit = -1, .order = MS_ORDER_ID};
  if (lua_isnoneornil(L, index)) return page;
  ms_path path = ms_path_root("page");
  check_page_fields(L, index, &path);
  ms_path limit = ms_path_field(&path, "limit");
  lua_getfield(L, index, "limit");
  if (!lua_isnil(L, -1)) page.limit = ms_check_integer(L, -1, &limit, 0, INT64_MAX);
  ms_path offset = ms_path_field(&path, "offset");
  lua_getfield(L, index, "offset");
  if (!lua_isnil(L, -1)) page.offset = ms_check_integer(L, -1, &offset, 0, INT64_MAX);
  ms_path order = ms_path_field(&path, "order");
  lua_getfield(L, index, "order");
  if (!lua_isnil(L, -1)) page.order = (ms_order)ms_check_word(L, -1, &order, orders, 3);
  lua_pop(L, 3);
  return page;
}

static int query(lua_State *L, ms_handle *handle) {
  lua_settop(L, 3);
  ms_own *own = ms_own_push(L);
  ms_selector selector = {0};
  ms_selector_read(L, 2, own, &selector);
  ms_page page = read_page(L, 3);
  return answer_infos(L, handle, &selector, &page, own);
}

static int count(lua_State *L, ms_handle *handle) {
  lua_settop(L, 2);
  ms_own *own = ms_own_push(L);
  ms_selector selector = {0};
  ms_selector_read(L, 2, own, &selector);
  int64_t works = 0;
  ms_err err = {0};
  ms_status status = ms_count(handle->core, &selector, &works, &err);
  ms_own_release(own);
  if (status != MS_OK) return ms_answer(L, status, &err);
  ms_lua_push_int64(L, works);
  return 1;
}

typedef ms_status ms_list_texts(ms_manager *, ms_arena *, ms_text **, size_t *, ms_err *);

static int answer_texts(lua_State *L, ms_handle *handle, ms_list_texts *list) {
  ms_own *own = ms_own_push(L);
  ms_text *texts = NULL;
  size_t text_count = 0;
  ms_err err = {0};
  ms_status status = list(handle->core, &own->arena, &texts, &text_count, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  lua_createtable(L, (int)text_count, 0);
  for (size_t i = 0; i < text_count; i++) {
    ms_lua_push_text(L, texts[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  ms_own_release(own);
  return 1;
}

static int names(lua_State *L, ms_handle *handle) {
  return answer_texts(L, handle, ms_names);
}

static int tags(lua_State *L, ms_handle *handle) {
  return answer_texts(L, handle, ms_tags);
}

static void push_reason(lua_State *L, const ms_reason *reason) {
  lua_createtable(L, 0, 3);
  lua_pushstring(L, reason->kind);
  lua_setfield(L, -2, "kind");
  ms_lua_push_text(L, reason->detail);
  lua_setfield(L, -2, "detail");
  ms_info_push_time(L, reason->clears_at_ms);
  lua_setfield(L, -2, "clears_at");
}

static int why(lua_State *L, ms_handle *handle) {
  ms_path path = ms_path_root("id");
  int64_t id = ms_check_id(L, 2, &path);
  ms_own *own = ms_own_push(L);
  ms_reason *reasons = NULL;
  size_t reason_count = 0;
  ms_err err = {0};
  ms_status status = ms_why(handle->core, id, &own->arena, &reasons, &reason_count, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  lua_createtable(L, (int)reason_count, 0);
  for (size_t i = 0; i < reason_count; i++) {
    push_reason(L, &reasons[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  ms_own_release(own);
  return 1;
}

static void push_refused(lua_State *L, const ms_arrival *arrival) {
  lua_createtable(L, 0, 3);
  ms_lua_push_int64(L, arrival->id);
  lua_setfield(L, -2, "row");
  ms_lua_push_text(L, arrival->error);
  lua_setfield(L, -2, "error");
  ms_info_push_time(L, arrival->at_ms);
  lua_setfield(L, -2, "inserted_at");
}

/* A list of { row, error, inserted_at }. */
static int refused(lua_State *L, ms_handle *handle) {
  ms_own *own = ms_own_push(L);
  ms_arrival *list = NULL;
  size_t size = 0;
  ms_err err = {0};
  ms_status status = ms_get_refused(handle->core, &own->arena, &list, &size, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  lua_createtable(L, (int)size, 0);
  for (size_t i = 0; i < size; i++) {
    push_refused(L, &list[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  ms_own_release(own);
  return 1;
}

static int last_cancel_all(lua_State *L, ms_handle *handle) {
  int64_t at_ms = MS_NEVER;
  ms_err err = {0};
  ms_status status = ms_last_cancel_all(handle->core, &at_ms, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  ms_info_push_time(L, at_ms);
  return 1;
}

static void set_number(lua_State *L, const char *key, int64_t value) {
  ms_lua_push_int64(L, value);
  lua_setfield(L, -2, key);
}

static int stats(lua_State *L, ms_handle *handle) {
  ms_stats stats;
  ms_err err = {0};
  ms_status status = ms_get_stats(handle->core, &stats, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  lua_createtable(L, 0, MS_STATE_COUNT + 9);
  for (int state = 0; state < MS_STATE_COUNT; state++) {
    set_number(L, ms_state_word((ms_state)state), stats.counts[state]);
  }
  set_number(L, "turns", stats.turns);
  set_number(L, "commits", stats.commits);
  set_number(L, "claims", stats.claims);
  set_number(L, "results", stats.results);
  set_number(L, "longest_turn_ms", stats.longest_turn_ms);
  set_number(L, "longest_checkpoint_ms", stats.longest_checkpoint_ms);
  set_number(L, "threads", stats.threads);
  set_number(L, "threads_busy", stats.threads_busy);
  set_number(L, "processes", stats.processes);
  return 1;
}

/* name → { limit, rate, paused }. */
static int queues(lua_State *L, ms_handle *handle) {
  ms_own *own = ms_own_push(L);
  ms_queue_settings *list = NULL;
  size_t queue_count = 0;
  ms_err err = {0};
  ms_status status = ms_get_queues(handle->core, &own->arena, &list, &queue_count, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  lua_createtable(L, 0, (int)queue_count);
  for (size_t i = 0; i < queue_count; i++) {
    ms_lua_push_text(L, list[i].name);
    ms_queue_push(L, &list[i]);
    lua_rawset(L, -3);
  }
  ms_own_release(own);
  return 1;
}

static void push_condition_value(lua_State *L, ms_text value) {
  bool is_true = ms_text_equal(value, MS_TEXT("true"));
  if (is_true || ms_text_equal(value, MS_TEXT("false"))) {
    lua_pushboolean(L, is_true);
  } else {
    ms_lua_push_text(L, value);
  }
}

static void push_condition_detail(lua_State *L, const ms_condition *condition) {
  lua_createtable(L, 0, 4);
  push_condition_value(L, condition->value);
  lua_setfield(L, -2, "value");
  lua_pushstring(L, condition->source);
  lua_setfield(L, -2, "source");
  ms_info_push_time(L, condition->since_ms);
  lua_setfield(L, -2, "since");
  if (!condition->trouble.data) return;
  ms_lua_push_text(L, condition->trouble);
  lua_setfield(L, -2, "trouble");
}

/* name → value, and name → { value, source, since, trouble }. */
static int conditions(lua_State *L, ms_handle *handle) {
  ms_own *own = ms_own_push(L);
  ms_condition *list = NULL;
  size_t condition_count = 0;
  ms_err err = {0};
  ms_status status = ms_get_conditions(handle->core, &own->arena, &list, &condition_count, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  lua_createtable(L, 0, (int)condition_count);
  lua_createtable(L, 0, (int)condition_count);
  for (size_t i = 0; i < condition_count; i++) {
    ms_lua_push_text(L, list[i].name);
    push_condition_value(L, list[i].value);
    lua_rawset(L, -4);
    ms_lua_push_text(L, list[i].name);
    push_condition_detail(L, &list[i]);
    lua_rawset(L, -3);
  }
  ms_own_release(own);
  return 2;
}

#define TARGET "moonshift.target"

/* Ids are asked about so many at a time: a list of thousands is long to read each time. */
#define IDS_AT_ONCE 256

typedef struct target {
  ms_selector selector; /* ids ascend */
  bool last_ended;      /* the last of them has; most often all others have by then */
  size_t first_id;      /* those before are finished */
  int64_t from;         /* as ms_unfinished has it */
} target;

static int compare_ids(const void *a, const void *b) {
  int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
  return (first > second) - (first < second);
}

static const int64_t *sort_ids(lua_State *L, ms_own *own, const int64_t *ids, size_t size) {
  if (size == 0) return NULL;
  int64_t *copies = ms_own_take(L, own, size * sizeof *copies);
  memcpy(copies, ids, size * sizeof *copies);
  qsort(copies, size, sizeof *copies, compare_ids);
  return copies;
}

static const ms_text *copy_texts(lua_State *L, ms_own *own, const ms_text *texts, size_t size) {
  if (size == 0) return NULL;
  ms_text *copies = ms_own_take(L, own, size * sizeof *copies);
  for (size_t i = 0; i < size; i++) {
    copies[i] = ms_own_copy(L, own, texts[i]);
  }
  return copies;
}

/* The texts become the target's own, which outlives the argument. */
static int make_target(lua_State *L, ms_handle *handle) {
  (void)handle;
  lua_settop(L, 2);
  target *made = lua_newuserdata(L, sizeof *made);
  *made = (target){0};
  luaL_newmetatable(L, TARGET);
  lua_setmetatable(L, -2);
  lua_createtable(L, 1, 0);
  ms_own *own = ms_own_push(L);
  lua_rawseti(L, -2, 1);
  ms_lua_set_uservalue(L, -2);
  ms_selector *selector = &made->selector;
  ms_selector_read(L, 2, own, selector);
  selector->ids = sort_ids(L, own, selector->ids, selector->id_count);
  selector->tags = copy_texts(L, own, selector->tags, selector->tag_count);
  selector->names = copy_texts(L, own, selector->names, selector->name_count);
  selector->workers = copy_texts(L, own, selector->workers, selector->worker_count);
  selector->queues = copy_texts(L, own, selector->queues, selector->queue_count);
  lua_settop(L, 3);
  return 1;
}

static ms_status ask_last(ms_handle *handle, target *asked, bool *any, ms_err *err) {
  ms_selector last = asked->selector;
  int64_t from = 0;
  last.ids += last.id_count - 1;
  last.id_count = 1;
  return ms_unfinished(handle->core, &last, &from, any, err);
}

static ms_status ask_ids(ms_handle *handle, target *asked, bool *any, ms_err *err) {
  const ms_selector *selector = &asked->selector;
  while (asked->first_id < selector->id_count) {
    ms_selector part = *selector;
    size_t left = selector->id_count - asked->first_id;
    part.ids += asked->first_id;
    part.id_count = left < IDS_AT_ONCE ? left : IDS_AT_ONCE;
    ms_status status = ms_unfinished(handle->core, &part, &asked->from, any, err);
    if (status != MS_OK || *any) return status;
    asked->from = 0;
    asked->first_id += part.id_count;
  }
  return MS_OK;
}

/* Other works can be selected by what changes while they are unfinished, and new ones appear. */
static bool names_works(const ms_selector *selector) {
  return selector->id_count && !selector->states && !selector->tag_count && !selector->name_count &&
         !selector->worker_count && !selector->queue_count;
}

/* Until the end of the work that was found unfinished nothing else needs to be heard of. */
static ms_status ask_named(ms_handle *handle, target *asked, int64_t *seen, bool *any,
                           ms_err *err) {
  const ms_selector *selector = &asked->selector;
  if (!asked->last_ended) {
    *seen = ms_changes_of(handle->core, selector->ids[selector->id_count - 1]);
    ms_status status = ask_last(handle, asked, any, err);
    if (status != MS_OK || *any) return status;
    asked->last_ended = true;
  }
  int64_t awaited;
  do {
    awaited = asked->from;
    *seen = ms_changes_of(handle->core, awaited);
    ms_status status = ask_ids(handle, asked, any, err);
    if (status != MS_OK) return status;
  } while (*any && asked->from != awaited);
  return MS_OK;
}

static ms_status ask(ms_handle *handle, target *asked, int64_t *seen, bool *any, ms_err *err) {
  const ms_selector *selector = &asked->selector;
  *any = false;
  if (names_works(selector)) return ask_named(handle, asked, seen, any, err);
  *seen = ms_changes(handle->core, MS_HEED_CHANGES);
  if (selector->id_count) return ask_ids(handle, asked, any, err);
  return ms_unfinished(handle->core, selector, &asked->from, any, err);
}

/* unfinished(target) returns what wait() takes, or false when all has ended. */
static int unfinished(lua_State *L, ms_handle *handle) {
  target *asked = luaL_checkudata(L, 2, TARGET);
  bool any;
  int64_t seen;
  ms_err err = {0};
  ms_status status = ask(handle, asked, &seen, &any, &err);
  if (status != MS_OK) return ms_answer(L, status, &err);
  if (any) {
    ms_lua_push_int64(L, seen);
  } else {
    lua_pushboolean(L, false);
  }
  return 1;
}

static int list(lua_State *L, ms_handle *handle) {
  target *asked = luaL_checkudata(L, 2, TARGET);
  ms_own *own = ms_own_push(L);
  ms_page page = {.limit = -1, .order = MS_ORDER_ID};
  return answer_infos(L, handle, &asked->selector, &page, own);
}

const ms_method ms_query_methods[] = {
    {"find", find},
    {"query", query},
    {"count", count},
    {"names", names},
    {"tags", tags},
    {"why", why},
    {"refused", refused},
    {"last_cancel_all", last_cancel_all},
    {"stats", stats},
    {"queues", queues},
    {"conditions", conditions},
    {NULL, NULL},
};

const ms_method ms_query_primitives[] = {
    {"target", make_target},
    {"unfinished", unfinished},
    {"list", list},
    {NULL, NULL},
};
