rockspec_format = "3.0"
package = "moonshift"
version = "scm-1"
source = {
  url = "git+https://github.com/moonshift/moonshift.git",
}
description = {
  summary = "Persistent background work for Lua",
  detailed = [[
Requests are tables, workers are functions, nothing is lost. Work is kept in an
SQLite database, retried, chained, scheduled, and run on threads or inside the
host's own event loop. The command line needs the rock argparse as well.]],
  license = "MIT",
  labels = { "concurrency", "database", "threading" },
}
dependencies = {
  "lua >= 5.1, < 5.6",
}
external_dependencies = {
  SQLITE = { header = "sqlite3.h" },
  LIBUV = { header = "uv.h" },
}
build = {
  type = "cmake",
  variables = {
    CMAKE_BUILD_TYPE = "RelWithDebInfo",
    CMAKE_PREFIX_PATH = "$(SQLITE_DIR);$(LIBUV_DIR)",
    LUA_INCDIR = "$(LUA_INCDIR)",
    LUADIR = "$(LUADIR)",
    LIBDIR = "$(LIBDIR)",
    BINDIR = "$(BINDIR)",
  },
}
