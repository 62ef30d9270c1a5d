-- The manager's methods that serve the host: they check their arguments here and leave the rest to
-- the manager's driver, which lives in real time (loop.lua) or in a test's (stepper.lua). All other
-- methods are in C.

local core = require "moonshift.core"
local misuse = require "moonshift.misuse"

local manager = {}

local modes = { idle = true, done = true }

local function check_count(max)
  if max ~= nil and not (type(max) == "number" and max >= 1 and max % 1 == 0) then
    error("max: expected an integer of at least 1, got " .. tostring(max), 0)
  end
end

local function check_mode(mode)
  if mode ~= nil and not modes[mode] then
    error('mode: expected "idle" or "done", got ' .. tostring(mode), 0)
  end
end

-- Milliseconds, or nil.
local function optional_duration(value, path)
  return value ~= nil and core.duration(value, path, true) or nil
end

-- Whether the manager is usable; else nil, message, code.
local function usable(self)
  return core.methods.events(self)
end

function manager:dispatch(max)
  local state = misuse.check(core.state, self)
  misuse.check(check_count, max)
  local ok, message, code = usable(self)
  if not ok then
    return nil, message, code
  end
  return state.driver:dispatch(max)
end

function manager:run(mode)
  local state = misuse.check(core.state, self)
  misuse.check(check_mode, mode)
  local ok, message, code = usable(self)
  if not ok then
    return nil, message, code
  elseif state.driver.is_serving then
    misuse.fail("run: the manager is already running")
  elseif state.driver.group and not mode then
    misuse.fail("run: the manager of a test does not run by itself (use run_due or advance)")
  end
  return state.driver:run(mode)
end

function manager:stop()
  local state = misuse.check(core.state, self)
  return state.driver:stop()
end

function manager:timeout()
  local state = misuse.check(core.state, self)
  local ok, message, code = usable(self)
  if not ok then
    return nil, message, code
  end
  local timeout = state.driver:timeout()
  return timeout and timeout / 1000
end

function manager:await(selector, timeout)
  local state = misuse.check(core.state, self)
  local target, message, code = misuse.check(core.target, self, selector)
  local limit = misuse.check(optional_duration, timeout, "timeout")
  if not target then
    return nil, message, code
  end
  return state.driver:await(target, limit)
end

function manager:close(grace)
  local state = misuse.check(core.state, self)
  local limit = misuse.check(optional_duration, grace, "grace")
  if state.is_closed then
    return true
  elseif state.driver.runs:is_inside() then
    misuse.fail("close: a manager cannot be closed by a worker that it runs itself")
  end
  local closed, message, code = state.driver:close(limit)
  state.is_closed = closed
  return closed, message, code
end

-- Adds these methods to those in C.
function manager.install()
  for name, method in pairs(manager) do
    if name ~= "install" then
      core.methods[name] = method
    end
  end
end

return manager
