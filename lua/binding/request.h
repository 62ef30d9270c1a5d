/* Requests, unique names and selectors: from Lua tables to the core's values.
 *
 * Arrays and JSON texts live in the caller's ms_own. Other texts point into the Lua strings of the
 * arguments, which must stay on the stack until the core has taken the values: no Lua code runs
 * and nothing is collected in between. An argument that may be missing is made nil by lua_settop
 * before anything is pushed.
 *
 * The thread that holds the Lua state.
 *
 * Everything wrong raises, as check.h says, with paths that begin with `request`, `request[2]`,
 * `stages[1][2]`, `unique` or `selector`. Nothing is owned besides the ms_own, so a raise leaks
 * nothing. */
#ifndef MS_BINDING_REQUEST_H
#define MS_BINDING_REQUEST_H

#include "binding/check.h"
#include "binding/own.h"
#include "model/request.h"

typedef struct ms_request_context {
  ms_own *own;
  int64_t now_ms;        /* the moment of the call: deadlines count from it */
  size_t max_data_bytes; /* largest input */
  ms_text enqueued_by;   /* from ms_request_caller */
} ms_request_context;

typedef struct ms_stage {
  size_t count;
  bool is_list; /* a list of requests, not a request by itself */
} ms_stage;

/* The requests of one call, flat, in order. */
typedef struct ms_request_call {
  ms_request *requests;
  size_t count;
  bool is_single;   /* one request by itself */
  ms_stage *stages; /* a chain's stages, empty ones included; NULL in other calls */
  size_t stage_count;
} ms_request_call;

/* "file:line" of the Lua code that called, copied into own; absent if only C is on the stack. */
ms_text ms_request_caller(lua_State *L, ms_own *own);

/* A request or a list of requests, as in manager:enqueue. */
void ms_request_read_call(lua_State *L, int index, ms_request_context *context,
                          ms_request_call *out);
/* A list of stages, as in manager:chain; each request comes after those of the stage before. */
void ms_request_read_chain(lua_State *L, int index, ms_request_context *context,
                           ms_request_call *out);
/* One request without `after`, as in manager:update. */
void ms_request_read_update(lua_State *L, int index, ms_request_context *context, ms_request *out);
/* A name is that of one periodic work, or of any number that run once. */
void ms_request_check_name(lua_State *L, const ms_request_call *call, const ms_unique *unique);
/* Pushes what has room for the ids of the call, a list or a list of stages; nil for one alone. */
void ms_request_push_shape(lua_State *L, const ms_request_call *call);
/* Sets the ids in that shape, on top of the stack, which takes no memory. Not for a single one. */
void ms_request_set_ids(lua_State *L, const ms_request_call *call, const int64_t *ids);

/* A path of a file at index, made absolute. */
ms_text ms_file_path_read(lua_State *L, int index, const ms_path *path, ms_own *own);
/* `{ name, existing }`; none or nil leaves name absent. */
void ms_unique_read(lua_State *L, int index, ms_unique *out);
/* An id, a list of ids, or a table of conditions. */
void ms_selector_read(lua_State *L, int index, ms_own *own, ms_selector *out);

#endif
