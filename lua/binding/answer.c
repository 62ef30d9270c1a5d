#include "binding/answer.h"

#include "binding/check.h"

int ms_answer(lua_State *L, ms_status status, const ms_err *err) {
  if (status == MS_NOMEM) ms_check_memory(L);
  /* A closed handle says the same whatever was asked of it. */
  bool has_detail = status != MS_CLOSED && err->message[0] != '\0';
  const char *message = has_detail ? err->message : ms_status_sentence(status);
  luaL_checkstack(L, 3, "not enough memory");
  if (status == MS_MISUSE) {
    ms_check_push_where(L);
    lua_pushstring(L, message);
    lua_concat(L, 2);
    return lua_error(L);
  }
  lua_pushnil(L);
  lua_pushstring(L, message);
  lua_pushstring(L, ms_status_word(status));
  return 3;
}
