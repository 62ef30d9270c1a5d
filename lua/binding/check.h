/* Misuse: arguments are checked here, and what is wrong raises with the path of the field.
 *
 * A path is a chain of plain values on the C stack, from the field up to the argument; it is
 * turned into text only when something is wrong. Nothing is owned.
 *
 * The thread that holds the Lua state.
 *
 * Every function raises at the level of the Lua code that called: the message begins with its
 * file and line, then says the path, what was expected and what was found, as in
 * `work.lua:7: request.delay: expected a duration such as 30, "1.5h" or "1h30m", got a boolean`. */
#ifndef MS_BINDING_CHECK_H
#define MS_BINDING_CHECK_H

#include "binding/compat.h"

typedef struct ms_path {
  const struct ms_path *parent;
  ms_text key;   /* a name; absent in an element of a list */
  int64_t index; /* the position of an element */
} ms_path;

/* The argument itself: "request", "options"; and what stands below it. */
ms_path ms_path_root(const char *name);
ms_path ms_path_field(const ms_path *parent, const char *name);
ms_path ms_path_key(const ms_path *parent, ms_text key);
ms_path ms_path_element(const ms_path *parent, int64_t index);

/* Adds one step to a path: `.name`, `["a b"]` for a key that is no identifier, or `[3]` when key
 * is absent. */
void ms_path_add_step(luaL_Buffer *buffer, ms_text key, int64_t index);
/* Adds the whole path. */
void ms_path_add(luaL_Buffer *buffer, const ms_path *path);

/* Pushes "file:line: " of the nearest Lua function below the running C function, or "". */
void ms_check_push_where(lua_State *L);

/* The format is lua_pushfstring's: %s %d %f %p %c %%. */
_Noreturn void ms_check_fail(lua_State *L, const ms_path *path, const char *format, ...);
/* "path: expected WHAT, got …" about the value at index. */
_Noreturn void ms_check_expected(lua_State *L, int index, const ms_path *path, const char *what);
/* The position of the key at key_index among count names; else "path.key: unknown field (did you
 * mean …?)", where path is the table's. */
size_t ms_check_key(lua_State *L, int key_index, const ms_path *path, const char *const *names,
                    size_t count);
/* "not enough memory" */
_Noreturn void ms_check_memory(lua_State *L);
/* Whether the error value at index says that. */
bool ms_check_is_memory(lua_State *L, int index);

void ms_check_table(lua_State *L, int index, const ms_path *path, const char *what);
/* The length of a table whose keys are 1..n, else raises; what says what the list is made of:
 * "a list of ids". */
size_t ms_check_list(lua_State *L, int index, const ms_path *path, const char *what);
/* Not empty, valid UTF-8, at most max bytes (0 = any); points into the Lua string. */
ms_text ms_check_text(lua_State *L, int index, const ms_path *path, size_t max, const char *what);
bool ms_check_boolean(lua_State *L, int index, const ms_path *path);
int64_t ms_check_integer(lua_State *L, int index, const ms_path *path, int64_t min, int64_t max);
/* min ≤ value ≤ max, never NaN. */
double ms_check_number(lua_State *L, int index, const ms_path *path, double min, double max);
/* The position of the string among count words; else the message lists them. */
size_t ms_check_word(lua_State *L, int index, const ms_path *path, const char *const *words,
                     size_t count);
/* A positive integer. */
int64_t ms_check_id(lua_State *L, int index, const ms_path *path);
/* Seconds or text such as "1h30m" → milliseconds. Zero raises unless zero_allowed. */
int64_t ms_check_duration_ms(lua_State *L, int index, const ms_path *path, bool zero_allowed);
/* Seconds since the epoch or ISO 8601 with a zone → milliseconds since the epoch. */
int64_t ms_check_time_ms(lua_State *L, int index, const ms_path *path);

#endif
