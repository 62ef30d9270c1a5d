/* The module spec.modules.child: processes that are copies of this one. What is loaded already
 * costs them nothing, so many can be started, and killed. Only a state whose process has no further
 * threads, and no store open, makes good copies; a bare fork is for specs of what others are. */

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int luaopen_spec_modules_child(lua_State *L);

static int raise_errno(lua_State *L, const char *what) {
  return luaL_error(L, "%s: %s", what, strerror(errno));
}

/* What the child says goes to the pipe; it outlives nobody who could end it. */
static void settle(const int ends[2], pid_t parent) {
  int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  dup2(ends[1], STDERR_FILENO);
  close(nothing);
  close(ends[0]);
  close(ends[1]);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) raise(SIGKILL);
}

/* fork() → 0 in the child; elsewhere its number, and the descriptor that reads what it says. */
static int make(lua_State *L) {
  int ends[2];
  pid_t parent = getpid();
  if (pipe2(ends, O_CLOEXEC) != 0) return raise_errno(L, "pipe");
  pid_t pid = fork();
  if (pid < 0) return raise_errno(L, "fork");
  if (pid == 0) settle(ends, parent);
  if (pid > 0) close(ends[1]);
  lua_pushinteger(L, pid);
  if (pid == 0) return 1;
  lua_pushinteger(L, ends[0]);
  return 2;
}

/* split() → 0 in the child; elsewhere its number. Nothing but a fork. */
static int split(lua_State *L) {
  pid_t pid = fork();
  if (pid < 0) return raise_errno(L, "fork");
  lua_pushinteger(L, pid);
  return 1;
}

/* leave(seconds): lets go of the standard streams and ends so much later, cleaning nothing up. */
static int leave(lua_State *L) {
  unsigned seconds = (unsigned)luaL_checkinteger(L, 1);
  for (int descriptor = 0; descriptor < 3; descriptor++)
    close(descriptor);
  sleep(seconds);
  _exit(0);
}

/* close(descriptor) */
static int drop(lua_State *L) {
  close((int)luaL_checkinteger(L, 1));
  return 0;
}

/* set(name, value): in the environment of this process, from now on. */
static int set(lua_State *L) {
  if (setenv(luaL_checkstring(L, 1), luaL_checkstring(L, 2), 1) != 0)
    return raise_errno(L, "setenv");
  return 0;
}

/* signal(pid, name): "CONT", "KILL" or "STOP". */
static int send(lua_State *L) {
  static const char *const names[] = {"CONT", "KILL", "STOP", NULL};
  static const int signals[] = {SIGCONT, SIGKILL, SIGSTOP};
  kill((pid_t)luaL_checkinteger(L, 1), signals[luaL_checkoption(L, 2, NULL, names)]);
  return 0;
}

/* reap(pid) → the status of the child once it is gone, or the signal that ended it, negated. */
static int reap(lua_State *L) {
  pid_t pid = (pid_t)luaL_checkinteger(L, 1);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    continue;
  lua_pushinteger(L, WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status));
  return 1;
}

/* refuse_threads() → whether the system lets this process bound itself so: from now on it gets no
 * thread with a stack of the usual size, for which there is no room any more. */
static int refuse_threads(lua_State *L) {
  struct rlimit stack;
  getrlimit(RLIMIT_STACK, &stack);
  stack.rlim_cur = (rlim_t)1 << (sizeof(void *) * 6);
  lua_pushboolean(L, setrlimit(RLIMIT_STACK, &stack) == 0);
  return 1;
}

int luaopen_spec_modules_child(lua_State *L) {
  lua_newtable(L);
  lua_pushcfunction(L, make);
  lua_setfield(L, -2, "fork");
  lua_pushcfunction(L, split);
  lua_setfield(L, -2, "split");
  lua_pushcfunction(L, leave);
  lua_setfield(L, -2, "leave");
  lua_pushcfunction(L, drop);
  lua_setfield(L, -2, "close");
  lua_pushcfunction(L, set);
  lua_setfield(L, -2, "set");
  lua_pushcfunction(L, send);
  lua_setfield(L, -2, "signal");
  lua_pushcfunction(L, refuse_threads);
  lua_setfield(L, -2, "refuse_threads");
  lua_pushcfunction(L, reap);
  lua_setfield(L, -2, "reap");
  return 1;
}
