/* What the parts of the request reader share; nobody else includes it.
 *
 * The reader is a plain value on the C stack of one call; what it points to lives in the call's
 * ms_own.
 *
 * The thread that holds the Lua state.
 *
 * Everything wrong raises. */
#ifndef MS_BINDING_REQUEST_READER_H
#define MS_BINDING_REQUEST_READER_H

#include "binding/request.h"

/* From 64-bit keys to positions; key 0 is not one. */
typedef struct ms_keymap {
  uint64_t *keys;
  size_t *positions;
  size_t mask;
} ms_keymap;

typedef struct ms_prerequisites {
  const ms_after *list;
  size_t count;
} ms_prerequisites;

typedef struct ms_request_reader {
  lua_State *L;
  int index; /* the call's argument, absolute */
  const char *root;
  ms_request_context *context;
  ms_request_call *call;
  bool is_update;
  ms_prerequisites *before; /* in a chain, for each stage: the members of the one before */
  ms_keymap tables;         /* the call's request tables, once `after` has named one */
  bool has_after;           /* `after` has named one, so that there may be a cycle */
} ms_request_reader;

typedef struct ms_request_visit {
  ms_request_reader *reader;
  int index; /* the request's table, absolute */
  const ms_path *path;
  size_t position;         /* in the call */
  ms_prerequisites before; /* in a chain: the stage before */
} ms_request_visit;

/* Calls visit for each request of the call in order. */
void ms_request_walk(ms_request_reader *reader, void (*visit)(const ms_request_visit *visited));

/* Reads one table into the request at its position. */
void ms_request_read_fields(const ms_request_visit *visited);

/* `constraints` at index → the canonical texts of the request; absent if nothing is asked for. */
void ms_constraints_read(lua_State *L, int index, const ms_path *path, ms_own *own,
                         ms_request *out);

/* `after` at index → prerequisites of the request, behind those of the stage before. */
void ms_request_read_after(const ms_request_visit *visited, int index, const ms_path *path,
                           ms_request *out);
/* Raises unless the graph of the call is free of cycles and of periodic work. */
void ms_request_check_graph(ms_request_reader *reader);

#endif
