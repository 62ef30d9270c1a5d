--- What is wrong with a store, as a table. It opens the store itself, since that may be what fails,
--- and never makes one.
local core = require "moonshift.core"
local fail = require "moonshift.cli.fail"
local format = require "moonshift.cli.format"
local moonshift = require "moonshift"
local waiting = require "moonshift.cli.waiting"

-- So many of the works that come due next are looked at.
local LOOKED_AT = 20
-- A process that serves the store takes due work within this time, unless it is busy.
local PATIENCE_S = 10

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Mode, owner, group and size of a file, or nil. It is asked by another program: closing a
--- database file in this one would drop the locks that others rely on.
local function inspect(path)
  local pipe = io.popen("LC_ALL=C ls -ldL -- " .. quote(path) .. " 2>/dev/null")
  local line = pipe and pipe:read "*l" or ""
  if pipe then
    pipe:close()
  end
  local mode, owner, group, size = line:match "^(%S+)%s+%d+%s+(%S+)%s+(%S+)%s+(%d+)%s"
  return mode and { mode = mode, owner = owner, group = group, size = tonumber(size) }
end

local function add_problem(report, ...)
  report.problems[#report.problems + 1] = (...):format(select(2, ...))
end

--- A URL without its password.
local function hide_password(path)
  if not path:find "^%a+://" then
    return path
  end
  path = path:gsub("^(%a+://[^:@/?#]*):[^@]*@", "%1:***@")
  return (path:gsub("([?&]password=)[^&#]*", "%1***"))
end

--- Whether there is anything to open.
local function check_file(report)
  local database = report.database
  if database.path:find "^%a+://" then
    return true
  end
  database.file = inspect(database.path)
  database.wal = inspect(database.path .. "-wal")
  if not database.file then
    add_problem(report, "there is no file %s, or its folder cannot be read", database.path)
  elseif database.file.size == 0 then
    add_problem(report, "the file %s is empty: nothing was ever stored in it", database.path)
  end
  return #report.problems == 0
end

--- Works that are due and wait all the same.
local function due_works(entries)
  local due = core.array {}
  for _, entry in ipairs(entries) do
    local info = entry.info
    if entry.is_due then
      due[#due + 1] = { id = info.id, worker = info.worker, queue = info.queue,
        due_at = info.due_at, reasons = entry.reasons }
    end
  end
  return due
end

local function is_paused(work)
  for _, reason in ipairs(work.reasons) do
    if reason.kind == "queue_paused" then
      return true
    end
  end
  return false
end

--- Work that is paused waits rightly. Any other needs a process that serves the store; one that has
--- no reason to wait, and a store in which nothing runs, mean that none knows its worker.
local function check_waiting(report)
  local stats, now = report.stats, os.time()
  for _, work in ipairs(report.waiting) do
    local since = now - work.due_at
    if stats.processes == 1 and not is_paused(work) then
      add_problem(report, "work is due, and no other process has the store open to run it")
      return
    elseif #work.reasons == 0 and stats.running == 0 and since >= PATIENCE_S then
      add_problem(report, "work %d is due for %s, nothing runs, and no process takes it: "
        .. "does one know worker \"%s\"?", work.id, format.span(since), work.worker)
    end
  end
end

local function check_refused(report)
  local first = report.refused[1]
  if first then
    add_problem(report, "%d rows of moonshift_inbox were refused; row %d: %s", #report.refused,
      first.row, first.error)
  end
end

local function examine(report, manager)
  report.stats = fail.check(manager:stats())
  report.conditions = select(2, fail.check(manager:conditions()))
  report.waiting = due_works(waiting.list(manager, report.stats, LOOKED_AT))
  report.refused = core.array(fail.check(manager:refused()))
  check_waiting(report)
  check_refused(report)
end

local function check_store(report, path)
  local manager, message, code = moonshift.open(path)
  report.database.opens = manager ~= nil
  if not manager then
    report.database.code = code
    add_problem(report, "the store does not open: %s (%s)", message, code)
    return
  end
  local ok, raised = pcall(examine, report, manager)
  manager:close()
  if not ok then
    add_problem(report, "the store does not answer: %s", fail.of(raised).message)
  end
end

local function lua_version()
  return jit and jit.version or _VERSION
end

--- The report on the store at the path or URL: versions, database, stats, conditions, waiting works
--- and problems; `well` when there are none.
return function(path)
  local report = {
    versions = { moonshift = moonshift._VERSION:match "%S+$", lua = lua_version() },
    database = { path = hide_password(path) },
    problems = core.array {},
  }
  if check_file(report) then
    check_store(report, path)
  end
  report.well = #report.problems == 0
  return report
end
