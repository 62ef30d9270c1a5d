-- The host's runs of one manager: each is a coroutine, between being claimed and being given back.
--
-- A record is { work, thread, is_running, … }. It stands in `active`, under its work object, as
-- long as its run has not ended, and in `sleepers` while work:sleep waits. Whoever drives says what
-- time it is: the steady clock, or a test's.
--
-- Memory may be missing at any call. So whatever a run needs is made before it is taken, and a run
-- that an error left in between, neither asleep nor ended, is found later and has failed.

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
    spare = false,
    has_strays = false,
    now = now,
  }, Runs)
end

local function give_back(self, work)
  self.active[work] = nil
  core.give_back(self.manager, work)
end

-- A record for the next run, which has none yet; nil if a callback has closed the manager.
local function take_spare(self)
  if not self.spare then
    local work = core.blank(self.manager)
    if not work then
      return nil
    end
    local record = Sleepers.record { work = work }
    record.is_running, record.thread = false, false
    self.active[record.work] = record
    self.spare = record
  end
  return self.spare
end

-- Calls body(self, record, …).
local function attempt(self, record, body, ...)
  local ok, result = pcall(body, self, record, ...)
  if not ok then
    record.is_running = false
    self.spare = false
    self.has_strays = true
    error(result, 0)
  end
  return result
end

local function give_back_strays(self)
  for work, record in pairs(self.active) do
    if not record.is_running and not record.position then
      give_back(self, work)
    end
  end
  self.has_strays = false
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

local function begin(self, record, take)
  if not take(self.manager, record.work) then
    return false
  end
  self.spare = false
  record.is_running = true
  record.thread = core.start(record.work, self.entries)
  if record.thread then
    resume(self, record)
  else
    give_back(self, record.work)
  end
  return true
end

-- Begins the run that take(manager, work) gives to a work, if there is one; returns whether.
function Runs:begin(take)
  local record = take_spare(self)
  return record ~= nil and attempt(self, record, begin, take)
end

local function wake(self, record)
  self.sleepers:remove(record)
  resume(self, record, true)
end

-- Wakes those whose time has come, at most max of them; returns how many.
function Runs:wake(max)
  local count = 0
  while count < max do
    local record = self.sleepers:first()
    if not record or record.wake_at > self.now() then
      break
    end
    attempt(self, record, wake)
    count = count + 1
  end
  return count
end

local function heed(self, record)
  self.sleepers:remove(record)
  record.is_running = true
  resume(self, record, nil, core.heed(record.work))
end

-- Carries out stops: on_stop is called and the sleeper wakes. Returns how many woke.
function Runs:heed_stops()
  local count = 0
  if self.has_strays then
    give_back_strays(self)
  end
  for _, work in ipairs(core.stopped(self.active) or {}) do
    local record = self.active[work]
    if record and record.position then
      attempt(self, record, heed)
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
