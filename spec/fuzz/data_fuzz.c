/* JSON texts of any kind: what is read is written again, and from then on nothing changes but the
 * order of keys, which is that of the Lua table. */
#include "fuzz.h"

#include "binding/json.h"

#include <lauxlib.h>
#include <lua.h>

#define MOST_BYTES (1 << 20)

static lua_State *L;

static bool same_but_for_order(const ms_buf *first, const ms_buf *second) {
  int counts[256] = {0};
  if (first->size != second->size) return false;
  for (size_t i = 0; i < first->size; i++) {
    counts[(uint8_t)first->data[i]]++;
    counts[(uint8_t)second->data[i]]--;
  }
  for (size_t i = 0; i < 256; i++) {
    if (counts[i]) return false;
  }
  return true;
}

static int protected_round(lua_State *state) {
  ms_text *text = lua_touserdata(state, 1);
  ms_buf first = {0}, second = {0};
  ms_json_error error;
  ms_err err = {0};
  if (!ms_json_read(state, *text, &err)) return 0;
  if (lua_type(state, -1) != LUA_TTABLE) return 0;
  if (ms_json_write(state, -1, MOST_BYTES, &first, &error)) {
    FUZZ_CHECK(ms_json_read(state, ms_buf_text(&first), &err));
    FUZZ_CHECK(ms_json_write(state, -1, MOST_BYTES, &second, &error));
    FUZZ_CHECK(same_but_for_order(&first, &second));
  }
  ms_buf_deinit(&first);
  ms_buf_deinit(&second);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ms_text text = {.data = (const char *)data, .size = size};
  if (!L) L = luaL_newstate();
  lua_pushcfunction(L, protected_round);
  lua_pushlightuserdata(L, &text);
  if (lua_pcall(L, 1, 0, 0) != 0) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    abort();
  }
  return 0;
}
