-- The driver of a manager that lives in real time: the host calls it, from a loop of its own or by
-- run and await, and it delivers what waits and lets the host's runs go on.

local core = require "moonshift.core"
local inbox = require "moonshift.inbox"
local Runs = require "moonshift.runs"

-- run and await look at the clock, at signals and at stop() after so many callbacks and runs.
local SLICE = 64

local Loop = {}
Loop.__index = Loop

-- Gives the manager its driver.
function Loop.attach(manager)
  local state = core.state(manager)
  state.driver = setmetatable({
    manager = manager,
    state = state,
    runs = Runs.new(manager, core.steady),
    is_serving = false,
    is_stopping = false,
  }, Loop)
end

local function begin_runs(self, max)
  local count = 0
  while count < max and self.runs:begin(core.take_run) do
    count = count + 1
  end
  return count
end

local function deliver(self, max)
  local count = 0
  core.clear(self.manager)
  repeat
    local before = count
    count = count + inbox.deliver(self.manager, self.state, max - count)
    count = count + self.runs:heed_stops()
    count = count + self.runs:wake(max - count)
    count = count + begin_runs(self, max - count)
  until count == before or count >= max
  if count >= max then
    core.wake(self.manager)
  end
  return count
end

-- What an error leaves (memory is missing) is looked for again.
function Loop:dispatch(max)
  local ok, count = pcall(deliver, self, max or math.huge)
  if not ok then
    core.wake(self.manager)
    error(count, 0)
  end
  return count
end

-- Milliseconds until a sleeper wakes, or nil.
function Loop:timeout()
  local wake_at = self.runs:next_wake()
  return wake_at and math.max(0, wake_at - core.steady())
end

local function is_over(self, mode)
  if mode == "idle" then
    return core.idle(self.manager)
  elseif mode == "done" then
    return core.done(self.manager)
  end
  return false
end

-- What happened last is delivered before run and await return.
local function has_settled(self)
  return self:dispatch(SLICE) == 0
end

local function serve(self, mode)
  local begun, trouble, word = core.signals_begin(self.manager)
  if not begun then
    return nil, trouble, word
  end
  self.is_serving, self.is_stopping = true, false
  while true do
    local seen, message, code = core.changes(self.manager, mode or "told")
    if not seen then
      return nil, message, code
    end
    local count = self:dispatch(SLICE)
    if self.is_stopping or core.signals_caught(self.manager) then
      return true
    end
    if count == 0 then
      local over
      over, message, code = is_over(self, mode)
      if over == nil then
        return nil, message, code
      elseif over and has_settled(self) then
        return true
      elseif not over then
        core.wait(self.manager, seen, self:timeout())
      end
    end
  end
end

function Loop:run(mode)
  local ok, result, message, code = pcall(serve, self, mode)
  self.is_serving = false
  core.signals_end(self.manager)
  if not ok then
    error(result, 0)
  end
  return result, message, code
end

function Loop:stop()
  self.is_stopping = true
  return core.wake(self.manager)
end

local function shorter(a, b)
  if a and b then
    return math.min(a, b)
  end
  return a or b
end

function Loop:await(target, timeout)
  local deadline = timeout and core.steady() + timeout
  while true do
    self:dispatch(SLICE)
    local seen, message, code = core.unfinished(self.manager, target)
    if seen == nil then
      return nil, message, code
    elseif not seen then
      self:dispatch(SLICE)
      return core.list(self.manager, target)
    end
    local left = deadline and deadline - core.steady()
    if left and left <= 0 then
      return nil, "the work is not finished yet", "TIMEOUT"
    end
    core.wait(self.manager, seen, shorter(left, self:timeout()))
  end
end

-- The runs of this state end first: a stopped worker does not sleep any more, so letting each go on
-- once is enough.
function Loop:close(grace)
  local begun = core.steady()
  -- A store in trouble does not keep a manager open; the end tells of the trouble.
  core.drain(self.manager)
  self.runs:heed_stops()
  if grace then
    grace = math.max(0, grace - (core.steady() - begun))
  end
  local closed, message, code = core.shut(self.manager, grace)
  inbox.deliver(self.manager, self.state, math.huge)
  return closed, message, code
end

return Loop
