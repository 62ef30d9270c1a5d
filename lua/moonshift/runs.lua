-- The host's runs of one manager: each is a coroutine, between being claimed and being given back.
--
-- A record is { work, thread, is_running, wake_at, … }. It stands in `active`, under its
-- work object, as long as its run has not ended, and in `sleepers` while work:sleep waits. Whoever
-- drives says what time it is: the steady clock, or a test's.

local core = require "moonshift.core"
local Sleepers = require "moonshift.sleepers"

local Runs = {}
Runs.__index = Runs

-- now() → milliseconds.
function Runs.new(manager, now)
  local state = core.state(manager)
  state.active = {}
  return setmetatable({
    manager = manager,
    entries = state.entries,
    active = state.active,
    sleepers = Sleepers.new(),
    now = now,
  }, Runs)
end

local function give_back(self, work)
  self.active[work] = nil
  core.give_back(self.manager, work)
end

-- Lets the worker go on, until it ends or sleeps.
local function resume(self, record, ...)
  record.is_running = true
  local sleep = core.step(record.work, record.thread, ...)
  record.is_running = false
  if sleep then
    self.sleepers:push(record, self.now() + sleep)
  else
    give_back(self, record.work)
  end
end

function Runs:begin(work)
  local record = { work = work, is_running = true }
  self.active[work] = record
  record.thread = core.start(work, self.entries)
  if record.thread then
    resume(self, record)
  else
    give_back(self, work)
  end
end

-- Wakes those whose time has come, at most max of them; returns how many.
function Runs:wake(max)
  local count = 0
  while count < max do
    local record = self.sleepers:first()
    if not record or record.wake_at > self.now() then
      break
    end
    self.sleepers:remove(record)
    resume(self, record, true)
    count = count + 1
  end
  return count
end

-- Carries out stops: on_stop is called and the sleeper wakes. Returns how many woke.
function Runs:heed_stops()
  local count = 0
  for _, work in ipairs(core.stopped(self.active) or {}) do
    local record = self.active[work]
    if record and record.position then
      self.sleepers:remove(record)
      record.is_running = true
      resume(self, record, nil, core.heed(work))
      count = count + 1
    end
  end
  return count
end

-- When the next sleeper wakes, or nil.
function Runs:next_wake()
  local record = self.sleepers:first()
  return record and record.wake_at
end

-- Whether the caller is, directly or not, one of these runs.
function Runs:is_inside()
  for _, record in pairs(self.active) do
    if record.is_running then
      return true
    end
  end
  return false
end

return Runs
