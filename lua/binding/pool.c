#include "binding/pool.h"

#include "base/mem.h"
#include "binding/call.h"
#include "binding/compat.h"
#include "binding/entries.h"
#include "binding/guard.h"

/* ---- The spec. ---- */

static const char *copy_text(ms_pool_spec *spec, ms_text text) {
  return ms_arena_copy(&spec->arena, text).data;
}

static bool fill_spec(ms_pool_spec *spec, ms_text setup, const ms_text *modules, size_t count) {
  spec->setup = copy_text(spec, setup);
  spec->modules = ms_arena_take(&spec->arena, (count + 1) * sizeof *spec->modules);
  if ((setup.data && !spec->setup) || !spec->modules) return false;
  for (size_t i = 0; i < count; i++) {
    spec->modules[i] = copy_text(spec, modules[i]);
    if (!spec->modules[i]) return false;
  }
  spec->module_count = count;
  return true;
}

/* The field of `package`, or absent; it stays on the stack. */
static ms_text push_path(lua_State *L, const char *name) {
  ms_text path = MS_TEXT_NONE;
  lua_getglobal(L, "package");
  if (!lua_istable(L, -1)) return path;
  lua_pushstring(L, name);
  lua_rawget(L, -2);
  if (lua_type(L, -1) == LUA_TSTRING) path.data = lua_tolstring(L, -1, &path.size);
  return path;
}

ms_pool_spec *ms_pool_spec_new(lua_State *L, ms_text setup, const ms_text *modules, size_t count) {
  int top = lua_gettop(L);
  luaL_checkstack(L, LUA_MINSTACK, "not enough memory");
  ms_text path = push_path(L, "path");
  ms_text cpath = push_path(L, "cpath");
  ms_pool_spec *spec = ms_mem_zalloc(sizeof *spec);
  if (spec) {
    spec->path = copy_text(spec, path);
    spec->cpath = copy_text(spec, cpath);
    bool is_whole = (!path.data || spec->path) && (!cpath.data || spec->cpath);
    if (!is_whole || !fill_spec(spec, setup, modules, count)) {
      ms_pool_spec_free(spec);
      spec = NULL;
    }
  }
  lua_settop(L, top);
  return spec;
}

void ms_pool_spec_free(ms_pool_spec *spec) {
  if (!spec) return;
  ms_arena_deinit(&spec->arena);
  ms_mem_free(spec);
}

/* ---- Running. ---- */

typedef struct pool_state {
  const ms_pool_spec *spec;
  ms_work_place place;
  lua_State *L; /* on its stack: the message handler, and run_worker */
  ms_run *run;  /* the present one */
  ms_work_object *object;
  bool is_spoiled; /* a run was interrupted: whatever it was doing was left half done */
} pool_state;

enum { STACK_HANDLER = 1, STACK_RUN_WORKER };

/* The entries are upvalue 1, the pool_state upvalue 2. */
static int run_worker(lua_State *L) {
  pool_state *state = lua_touserdata(L, lua_upvalueindex(2));
  state->object = ms_work_push(L, state->run, &state->place);
  ms_guard_enter(state->object);
  ms_call_prepare(L, state->run, lua_upvalueindex(1), 1);
  lua_call(L, 2, LUA_MULTRET);
  ms_call_read_result(L, 2, lua_gettop(L) - 1, state->run);
  return 0;
}

/* After an error the object is on the stack no more, but it is alive: nothing has been allocated
 * since it was there, so the collector has not run. */
static void end_run(pool_state *state) {
  ms_guard_leave(NULL);
  if (!state->object) return;
  state->is_spoiled = state->object->interrupted;
  ms_work_release(state->L, state->object);
  state->object = NULL;
}

static ms_status make_state(pool_state *state, ms_buf *names, ms_err *err);

static void report_spoiled(const pool_state *state, const ms_err *err) {
  const ms_work_place *place = &state->place;
  if (!place->on_trouble) return;
  ms_trouble trouble = {.kind = "thread", .message = err->message};
  place->on_trouble(place->on_trouble_data, &trouble);
}

/* A spoiled state serves on if no other can be made, which is better than work that fails. */
static void renew_state(pool_state *state) {
  ms_err err;
  ms_buf names = {0};
  lua_State *spoiled = state->L;
  if (make_state(state, &names, &err) == MS_OK) {
    lua_close(spoiled);
    state->is_spoiled = false;
  } else {
    report_spoiled(state, &err);
  }
  ms_buf_deinit(&names);
}

/* Renews when the next run comes, and not at the end of the interrupted one: by then the manager
 * may be gone, and the spec with it. */
static void run_work(void *opaque, ms_run *run) {
  pool_state *state = opaque;
  if (state->is_spoiled) renew_state(state);
  state->run = run;
  lua_pushvalue(state->L, STACK_RUN_WORKER);
  int status = lua_pcall(state->L, 0, 0, STACK_HANDLER);
  end_run(state);
  if (status != LUA_OK) ms_call_read_error(state->L, run);
  lua_settop(state->L, STACK_RUN_WORKER);
}

/* ---- Opening. ---- */

typedef struct opening {
  pool_state *state;
  ms_buf *names;
  ms_err *err;
  ms_status status;
  const char *kind; /* what is being loaded: "setup" or "worker", */
  const char *module;
} opening;

/* Leaves what the module returned on top of the stack. */
static void require_module(lua_State *L, opening *it, const char *kind, const char *module) {
  it->kind = kind;
  it->module = module;
  lua_getglobal(L, "require");
  lua_pushstring(L, module);
  lua_call(L, 1, 1);
}

/* Pushes the entries. */
static int load_modules(lua_State *L) {
  opening *it = lua_touserdata(L, 1);
  const ms_pool_spec *spec = it->state->spec;
  if (spec->setup) require_module(L, it, "setup", spec->setup);
  ms_entries_push(L);
  for (size_t i = 0; i < spec->module_count; i++) {
    ms_path path = ms_path_root(spec->modules[i]);
    require_module(L, it, "worker", spec->modules[i]);
    ms_entries_add(L, -2, -1, &path);
    lua_pop(L, 1);
  }
  return 1;
}

static void set_path(lua_State *L, const char *name, const char *path) {
  if (!path) return;
  lua_getglobal(L, "package");
  lua_pushstring(L, path);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

/* Where prepare leaves the two values that stay on the state's stack. */
static char handler_key;
static char run_worker_key;

/* The entries are on top of the stack. */
static void keep_values(lua_State *L, opening *it) {
  lua_pushlightuserdata(L, it->state);
  lua_pushcclosure(L, run_worker, 2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &run_worker_key);
  lua_pushcfunction(L, ms_call_traceback);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &handler_key);
}

static int prepare(lua_State *L) {
  opening *it = lua_touserdata(L, 1);
  luaL_openlibs(L);
  ms_guard_install(L);
  set_path(L, "path", it->state->spec->path);
  set_path(L, "cpath", it->state->spec->cpath);
  ms_work_register(L);
  lua_pushcfunction(L, ms_call_traceback);
  lua_pushcfunction(L, load_modules);
  lua_pushlightuserdata(L, it);
  int status = lua_pcall(L, 1, 1, -3);
  if (status == LUA_ERRMEM) return 0;
  if (status != LUA_OK) {
    it->status = ms_fail(it->err, MS_WORKERS, "%s module '%s' does not load: %s", it->kind,
                         it->module, lua_tostring(L, -1));
    return 0;
  }
  if (!ms_entries_list(L, -1, it->names)) return 0;
  keep_values(L, it);
  it->status = MS_OK;
  return 0;
}

static ms_status make_state(pool_state *state, ms_buf *names, ms_err *err) {
  lua_State *L = luaL_newstate();
  if (!L) return ms_no_memory(err);
  opening it = {.state = state, .names = names, .err = err};
  it.status = ms_no_memory(err);
  ms_lua_call_protected(L, prepare, &it);
  if (it.status != MS_OK) {
    lua_close(L);
    return it.status;
  }
  lua_settop(L, 0);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &handler_key);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &run_worker_key);
  state->L = L;
  return MS_OK;
}

static ms_status open_state(void *shared, void **out, ms_buf *names, ms_err *err) {
  const ms_pool_spec *spec = shared;
  pool_state *state = ms_mem_zalloc(sizeof *state);
  if (!state) return ms_no_memory(err);
  state->spec = spec;
  state->place = spec->place;
  ms_status status = make_state(state, names, err);
  if (status != MS_OK) {
    ms_mem_free(state);
    return status;
  }
  *out = state;
  return MS_OK;
}

static void close_state(void *opaque) {
  pool_state *state = opaque;
  lua_close(state->L);
  ms_mem_free(state);
}

const ms_runner_class ms_pool_class = {open_state, run_work, close_state};
