/* Data: between compact JSON text and the Lua stack. It is our own because each work passes here
 * several times: it costs a third of lua-cjson's time, keeps 64-bit integers apart from floats,
 * and names the key at fault.
 *
 * Buffers belong to the caller. An error's keys point into the Lua strings of the value that was
 * written and are valid while that stands unchanged.
 *
 * The thread that holds the Lua state.
 *
 * Writing and reading return false and fill the error. Besides, Lua's own memory error may be
 * raised: the caller's buffer must be of the kind that survives it (ms_own) or the call be
 * protected. */
#ifndef MS_BINDING_JSON_H
#define MS_BINDING_JSON_H

#include "base/buf.h"
#include "base/status.h"
#include "binding/check.h"
#include "model/request.h"

typedef struct ms_json_step {
  ms_text key; /* absent in an element of a list */
  int64_t index;
} ms_json_step;

typedef struct ms_json_error {
  ms_status status; /* MISUSE, or NOMEM */
  char message[96];
  size_t depth; /* steps from the top to the value at fault; 0 = the top itself */
  ms_json_step steps[MS_DATA_DEPTH_MAX];
} ms_json_error;

/* Appends the table at index as JSON text of at most max_bytes. The stack is as before. */
bool ms_json_write(lua_State *L, int index, size_t max_bytes, ms_buf *out, ms_json_error *error);
/* Pushes "path.files[3].name: invalid UTF-8"; path is where the value stands, as in
 * "request.input". */
void ms_json_error_push(lua_State *L, const ms_path *path, const ms_json_error *error);

/* Raises that at the level of the Lua code that called; memory errors as such. */
_Noreturn void ms_json_fail(lua_State *L, const ms_path *path, const ms_json_error *error);

/* Pushes the value of a JSON text (RFC 8259, nothing more lenient); false pushes nothing and
 * fills err with CORRUPT, or NOMEM. */
bool ms_json_read(lua_State *L, ms_text text, ms_err *err);

/* The same for text that people write: what would change or get lost on the way, a key given twice
 * or an integer that does not fit, is refused too. Data may stand so many levels deep in it. */
bool ms_json_read_exact(lua_State *L, ms_text text, size_t levels, ms_err *err);

/* The null of data: light userdata NULL, which lua-cjson and others use as well. */
void ms_json_push_null(lua_State *L);
bool ms_json_is_null(lua_State *L, int index);
/* Marks the table at index as an array, so that it stays `[]` when empty. */
void ms_json_set_array(lua_State *L, int index);
bool ms_json_is_array(lua_State *L, int index);

/* Sets null, array, encode and decode in the table on top of the stack. `encode(value [, path
 * [, max]])` returns the text or raises; `decode(text)` returns the value, or nil and a message. */
void ms_json_register(lua_State *L);

#endif
