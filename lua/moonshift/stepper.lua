-- The driver of a test's manager: nothing moves unless the test says so.
--
-- Managers on one store form a group, with one clock. What a call causes (a stop) is carried out in
-- the whole group before the call returns; starts and callbacks are the called manager's alone.

local core = require "moonshift.core"
local inbox = require "moonshift.inbox"
local Runs = require "moonshift.runs"

local Stepper = {}
Stepper.__index = Stepper

-- What one manager has changed, the others notice in a turn of theirs.
local function settle(group)
  local count
  for _, member in ipairs(group) do
    if #group > 1 then
      core.step_to(member.manager, core.step_now(member.manager))
    end
  end
  repeat
    count = 0
    for _, member in ipairs(group) do
      count = count + member.runs:heed_stops()
    end
  until count == 0
end

-- Gives the manager its driver; group is a list of drivers that it joins.
function Stepper.attach(manager, options, group)
  local state = core.state(manager)
  local driver = setmetatable({
    manager = manager,
    state = state,
    options = options,
    group = group,
    runs = Runs.new(manager, function()
      return core.step_now(manager)
    end),
  }, Stepper)
  state.driver = driver
  state.after_change = function()
    settle(group)
  end
  group[#group + 1] = driver
end

local function leave(self)
  for position, member in ipairs(self.group) do
    if member == self then
      table.remove(self.group, position)
      return
    end
  end
end

function Stepper:dispatch(max)
  settle(self.group)
  return inbox.deliver(self.manager, self.state, max or math.huge)
end

-- Runs what is due, one work after the other; returns how many started.
local function start_due(self)
  local count = 0
  while true do
    if not self.runs:begin(core.step_claim) then
      return count
    end
    count = count + 1
    self:dispatch()
  end
end

-- The earlier of two times, of which either may be nil.
local function earlier(a, b)
  if a and b then
    return math.min(a, b)
  end
  return a or b
end

local function next_moment(self)
  local moment
  for _, member in ipairs(self.group) do
    moment = earlier(moment, core.step_next(member.manager))
    moment = earlier(moment, member.runs:next_wake())
  end
  return moment
end

local function wake_sleepers(self)
  for _, member in ipairs(self.group) do
    member.runs:wake(math.huge)
  end
  settle(self.group)
end

-- What time brings: sleepers wake before timeouts, so that a run which ends exactly at its timeout
-- has finished.
local function pass_time(self, now)
  core.step_clock(self.manager, now)
  wake_sleepers(self)
  for _, member in ipairs(self.group) do
    core.step_to(member.manager, now)
  end
  self:dispatch()
end

-- Everything that happens at one moment; returns how many works started, and the next moment. Old
-- work is deleted last, by asking for that moment, in small batches, each in a turn of its own.
local function live_through(self, now)
  pass_time(self, now)
  local count = start_due(self)
  local moment
  repeat
    wake_sleepers(self)
    moment = next_moment(self)
    self:dispatch()
  until not moment or moment > now
  return count, moment
end

function Stepper:run_due()
  return (live_through(self, core.step_now(self.manager)))
end

function Stepper:advance(duration)
  local now = core.step_now(self.manager)
  local last = now + duration
  local count, moment = live_through(self, now)
  while moment and moment <= last do
    local started
    started, moment = live_through(self, moment)
    count = count + started
  end
  return count + live_through(self, last)
end

-- Sets the wall clock; no time passes.
function Stepper:jump(milliseconds)
  core.step_jump(self.manager, milliseconds)
  for _, member in ipairs(self.group) do
    core.step_to(member.manager, core.step_now(member.manager))
    member.runs.sleepers:shift(milliseconds)
  end
  settle(self.group)
end

-- A mode is given: without one this would wait for a clock that does not move.
function Stepper:run(mode)
  self:run_due()
  if mode == "idle" or core.done(self.manager) then
    return true
  end
  return nil, "unfinished work waits for the clock or for a condition", "TIMEOUT"
end

function Stepper:stop()
  return core.wake(self.manager)
end

-- A test's manager never asks to be called again.
function Stepper.timeout()
  return nil
end

function Stepper:await(target)
  self:run_due()
  local unfinished, message, code = core.unfinished(self.manager, target)
  if unfinished == nil then
    return nil, message, code
  elseif unfinished then
    return nil, "the work is not finished, and the clock of a test does not move", "TIMEOUT"
  end
  return core.list(self.manager, target)
end

function Stepper:close()
  core.drain(self.manager)
  settle(self.group)
  leave(self)
  local closed, message, code = core.shut(self.manager, 0)
  inbox.deliver(self.manager, self.state, math.huge)
  return closed, message, code
end

function Stepper:crash()
  leave(self)
  core.crash(self.manager)
  self.state.is_closed = true
end

return Stepper
