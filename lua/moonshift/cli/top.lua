--- The command that shows what the store is doing: once, or again and again on a terminal.
local core = require "moonshift.core"
local fail = require "moonshift.cli.fail"
local format = require "moonshift.cli.format"
local output = require "moonshift.cli.output"
local progress = require "moonshift.cli.progress"
local screen = require "moonshift.cli.screen"
local table_lines = require "moonshift.cli.table"
local terminal = require "moonshift.cli.terminal"
local waiting = require "moonshift.cli.waiting"

local REDRAW_MS = 1000
-- A large store takes a while to ask; it is left alone for this many times as long.
local REST = 4
-- How many running works, and how many next ones, are shown where no screen limits them.
local SHOWN = 20
-- What a screen holds beside them: two lines, an empty one and titles for each table, the cursor's.
local OTHER_ROWS = 7

local STATES = { "enqueued", "blocked", "running", "succeeded", "failed", "cancelled" }

local RUNNING = {
  { key = "id", title = "ID", right = true },
  { key = "worker", title = "RUNNING" },
  { key = "attempt", title = "ATTEMPT", right = true },
  { key = "time", title = "TIME", right = true },
  { key = "progress", title = "PROGRESS", flexible = true },
}

local NEXT = {
  { key = "id", title = "ID", right = true },
  { key = "worker", title = "NEXT" },
  { key = "queue", title = "QUEUE" },
  { key = "when", title = "DUE" },
  { key = "reasons", title = "WAITS FOR", flexible = true },
}

local function take(manager, limit)
  local stats = fail.check(manager:stats())
  return {
    time = os.time(),
    stats = stats,
    running = fail.check(manager:query({ state = "running" }, { limit = limit })),
    next = waiting.list(manager, stats, limit),
  }
end

local function json_of(snapshot)
  local entries = {}
  for index, entry in ipairs(snapshot.next) do
    entries[index] = ('{"work":%s,"reasons":%s}'):format(format.info_json(entry.info),
      format.json(entry.reasons))
  end
  return ('{"time":%s,"stats":%s,"running":%s,"next":[%s]}'):format(format.json(snapshot.time),
    format.json(snapshot.stats), format.infos_json(snapshot.running), table.concat(entries, ","))
end

--- The works' own words on how far they are: a percentage if they give one.
local function progress_of(info)
  local percent = info.progress and info.progress.percent
  if type(percent) == "number" then
    return format.percent(percent)
  end
  return info.progress and format.plain(format.json(info.progress)) or ""
end

local function running_rows(snapshot)
  local rows = {}
  for index, info in ipairs(snapshot.running) do
    rows[index] = {
      id = format.integer(info.id), worker = format.plain(info.worker),
      attempt = format.integer(info.attempt), progress = progress_of(info),
      time = info.started_at and format.span(math.max(0, snapshot.time - info.started_at)) or "",
    }
  end
  return rows
end

local function next_rows(snapshot)
  local rows = {}
  for index, entry in ipairs(snapshot.next) do
    local info = entry.info
    rows[index] = {
      id = format.integer(info.id), worker = format.plain(info.worker),
      queue = format.plain(info.queue), when = format.when(info, snapshot.time),
      reasons = format.plain(waiting.words(entry.reasons)),
    }
  end
  return rows
end

--- rate is how many works a second finish; one look alone cannot tell.
local function head_lines(snapshot, rate)
  local stats, words = snapshot.stats, {}
  for index, state in ipairs(STATES) do
    words[index] = ("%d %s"):format(stats[state], state)
  end
  local others = ("other processes: %d"):format(stats.processes - 1)
  return { os.date("%H:%M:%S", snapshot.time) .. "  " .. table.concat(words, ", "),
    rate and ("%s, finishing: %.1f/s"):format(others, rate) or others }
end

local function add_table(lines, columns, rows, width)
  lines[#lines + 1] = ""
  for _, line in ipairs(table_lines(columns, rows, width)) do
    lines[#lines + 1] = line
  end
end

local function lines_of(snapshot, rate, width)
  local lines = head_lines(snapshot, rate)
  if #snapshot.running > 0 then
    add_table(lines, RUNNING, running_rows(snapshot), width)
  end
  if #snapshot.next > 0 then
    add_table(lines, NEXT, next_rows(snapshot), width)
  end
  return lines
end

--- Finished works may be deleted in between, which is no work undone.
local function rate_of(speed, stats)
  local finished = stats.succeeded + stats.failed + stats.cancelled
  return math.max(0, speed:rate(finished, core.steady() / 1000))
end

--- Sleeps in the manager's wait until the moment, whatever changes meanwhile. True after a signal.
local function rest(manager, until_ms)
  while true do
    core.clear(manager)
    local seen = core.changes(manager, "told")
    local left = until_ms - core.steady()
    if core.signals_caught(manager) then
      return true
    elseif left <= 0 then
      return false
    end
    core.wait(manager, seen, math.ceil(left))
  end
end

local function watch(manager)
  local speed = progress.new()
  repeat
    local begun = core.steady()
    local rows, columns = screen.size()
    local snapshot = take(manager, math.max(1, math.floor((rows - OTHER_ROWS) / 2)))
    screen.draw(lines_of(snapshot, rate_of(speed, snapshot.stats), columns), rows, columns)
    local took = core.steady() - begun
  until rest(manager, begun + math.max(REDRAW_MS, took * (1 + REST)))
end

local function show_live(manager)
  fail.check(core.signals_begin(manager))
  screen.enter()
  local ok, raised = pcall(watch, manager)
  screen.leave()
  core.signals_end(manager)
  if not ok then
    error(raised, 0)
  end
end

return function(manager, options)
  if options.json then
    output.line(json_of(take(manager, SHOWN)))
  elseif options.once or not terminal.is_interactive() then
    output.line(table.concat(lines_of(take(manager, SHOWN), nil, terminal.width()), "\n"))
  else
    show_live(manager)
  end
  return 0
end
