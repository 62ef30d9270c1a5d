--- Drains very many works while a caller goes on enqueueing, and a tenth of them, and prints what
--- both needed at most. Then enqueues and drains on behind them and in an empty store.
local asked = require "benchmark.asked"
local median = require "benchmark.median"
local memory = require "benchmark.memory"
local moonshift = require "moonshift"
local report = require "benchmark.report"
local system = require "system"

local LARGE = asked.size(10000000, 200000)
local SMALL = math.floor(LARGE / 10)
local CALL = 1000
-- The caller that goes on enqueueing rests so long between calls, and looks about so often.
local PAUSE_S, LOOK_S = 0.005, 0.1
-- So many works are drained behind those finished, and so often.
local BEHIND = asked.size(50000, 20000)
local ROUNDS = asked.size(5, 3)

local COLUMNS = {
  { key = "name", title = "" }, { key = "small", title = ("AT %d"):format(SMALL), right = true },
  { key = "large", title = ("AT %d"):format(LARGE), right = true }, { key = "unit", title = "" },
  { key = "ratio", title = "RATIO", right = true },
}

local function path(name)
  return asked.folder .. "/" .. name
end

local function open(name, durability)
  return assert(moonshift.open {
    database = path(name), durability = durability, workers = "benchmark.workers", threads = 1,
  })
end

local function enqueue_all(manager, works)
  local requests, last = {}, nil
  for index = 1, CALL do
    requests[index] = { worker = "nothing", input = { number = 123456 } }
  end
  for _ = 1, works / CALL do
    last = assert(manager:enqueue(requests))
  end
  return last[CALL]
end

local function forget_peak_memory()
  local file = assert(io.open("/proc/self/clear_refs", "w"))
  file:write "5"
  file:close()
end

--- Asked of another program: closing a database file in this one would drop its locks.
local function size_of(name)
  local pipe = assert(io.popen(("stat -c %%s '%s'"):format(path(name))))
  local size = pipe:read "*n"
  pipe:close()
  return (size or 0) / 2 ^ 20
end

local function timed_ms(act)
  local begun = system.monotime()
  assert(act())
  return (system.monotime() - begun) * 1000
end

--- Enqueues one work after the other, of a higher priority, until the one of this id has run.
--- Returns how long the calls took, the longest that the log became, and how much longer than asked
--- for a pause took: so long this machine holds up a thread that waits for nobody.
local function enqueue_until(manager, last, wal)
  local took, log, late, looked_at = {}, 0, 0, system.monotime()
  repeat
    took[#took + 1] = timed_ms(function()
      return manager:enqueue { worker = "nothing", priority = 1 }
    end)
    late = math.max(late, timed_ms(function()
      system.sleep(PAUSE_S)
      return true
    end) - PAUSE_S * 1000)
    local looks = system.monotime() - looked_at > LOOK_S
    if looks then
      looked_at, log = system.monotime(), math.max(log, size_of(wal))
    end
  until looks and manager:find(last).state == "succeeded"
  return took, log, late
end

local function drain_watched(name, works)
  local manager = open(name, "normal")
  assert(manager:pause "default")
  local begun = system.monotime()
  local last = enqueue_all(manager, works)
  local enqueued = system.monotime()
  collectgarbage()
  forget_peak_memory()
  assert(manager:resume "default")
  local took, log, late = enqueue_until(manager, last, name .. "-wal")
  local drained = system.monotime()
  local peak = memory "VmHWM"
  assert(manager:run "idle")
  local stats = assert(manager:stats())
  assert(manager:close())
  table.sort(took)
  return {
    enqueue = works / (enqueued - begun), drain = works / (drained - enqueued), memory = peak,
    log = log, file = size_of(name), call = median(took), longest = took[#took],
    slow = took[math.ceil(#took * 0.99)], turn = stats.longest_turn_ms,
    checkpoint = stats.longest_checkpoint_ms, late = late,
  }
end

--- Works per second, enqueued and then drained.
local function drain_some(name, durability, rates)
  local manager = open(name, durability)
  assert(manager:pause "default")
  local begun = system.monotime()
  enqueue_all(manager, BEHIND)
  local enqueued = system.monotime()
  assert(manager:resume "default")
  assert(manager:run "idle")
  table.insert(rates.enqueue, BEHIND / (enqueued - begun))
  table.insert(rates.drain, BEHIND / (system.monotime() - enqueued))
  assert(manager:close())
end

local function row(name, unit, small, large)
  local ratio = small > 0 and large / small or nil
  return { name = name, unit = unit, small = small, large = large, ratio = ratio }
end

local function watched_rows()
  asked.note("%d works", SMALL)
  local small = drain_watched("small.db", SMALL)
  asked.note("%d works", LARGE)
  local large = drain_watched("large.db", LARGE)
  local rows = {}
  for index, each in ipairs {
    { "enqueue in bulk", "works/s", "enqueue" }, { "drain", "works/s", "drain" },
    { "memory at most", "MB", "memory" }, { "log at most", "MB", "log" },
    { "database", "MB", "file" }, { "one call meanwhile, median", "ms", "call" },
    { "99 of 100 calls", "ms", "slow" }, { "the longest call", "ms", "longest" },
    { "the longest turn", "ms", "turn" }, { "the longest checkpoint", "ms", "checkpoint" },
    { "a pause too long, at most", "ms", "late" },
  } do
    rows[index] = row(each[1], each[2], small[each[3]], large[each[3]])
  end
  return rows
end

local function add_behind(rows, durability)
  asked.note("behind finished works, %s", durability)
  local empty, behind = { enqueue = {}, drain = {} }, { enqueue = {}, drain = {} }
  for _ = 1, ROUNDS do
    drain_some("empty.db", durability, empty)
    os.execute(("rm -f '%s'*"):format(path "empty.db"))
    drain_some("large.db", durability, behind)
  end
  for _, part in ipairs { "enqueue", "drain" } do
    local each = row(("%s, empty and behind, %s"):format(part, durability), "works/s",
      median(empty[part]), median(behind[part]))
    each.rounds = { small = empty[part], large = behind[part] }
    rows[#rows + 1] = each
  end
end

local function cells_of(each)
  return {
    name = each.name, unit = each.unit, small = ("%.2f"):format(each.small),
    large = ("%.2f"):format(each.large), ratio = each.ratio and ("%.2f"):format(each.ratio) or "",
  }
end

local rows = watched_rows()
for _, durability in ipairs(asked.durabilities) do
  add_behind(rows, durability)
end
report({
  title = "normal where not said, one worker thread",
  small = SMALL, large = LARGE, rows = rows,
}, COLUMNS, cells_of)
