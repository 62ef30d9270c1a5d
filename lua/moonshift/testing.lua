-- moonshift.testing: managers with a virtual clock, and trials of single workers.

local core = require "moonshift.core"
local manager = require "moonshift.manager"
local misuse = require "moonshift.misuse"
local Stepper = require "moonshift.stepper"
local trial = require "moonshift.trial"

manager.install()

local testing = { run = trial }

function testing.open(options)
  local opened, message, code = misuse.check(core.open, options, true)
  if not opened then
    return nil, message, code
  end
  Stepper.attach(opened, options, {})
  return opened
end

-- The driver of a test's manager that is open; else nil, message, code.
local function driver_of(self)
  local driver = core.state(self).driver
  if not driver.group then
    error("only a manager of moonshift.testing can be stepped", 0)
  end
  local ok, message, code = core.methods.events(self)
  if not ok then
    return nil, message, code
  end
  return driver
end

local methods = core.methods

-- The clock, in seconds since the epoch.
function methods:now()
  local driver, message, code = misuse.check(driver_of, self)
  if not driver then
    return nil, message, code
  end
  return core.step_now(self) / 1000
end

function methods:run_due()
  local driver, message, code = misuse.check(driver_of, self)
  if not driver then
    return nil, message, code
  end
  return driver:run_due()
end

function methods:advance(duration)
  local driver, message, code = misuse.check(driver_of, self)
  local length = misuse.check(core.duration, duration, "duration", true)
  if not driver then
    return nil, message, code
  end
  return driver:advance(length)
end

local function milliseconds_of(seconds)
  if type(seconds) ~= "number" or seconds ~= seconds or math.abs(seconds) > 1e11 then
    error(("seconds: expected a number of seconds, got %s"):format(tostring(seconds)), 0)
  end
  return math.floor(seconds * 1000 + 0.5)
end

-- Sets the wall clock by so many seconds, forward or back, as a user or a time server would.
function methods:jump(seconds)
  local driver, message, code = misuse.check(driver_of, self)
  local jump = misuse.check(milliseconds_of, seconds)
  if not driver then
    return nil, message, code
  end
  driver:jump(jump)
  return true
end

function methods:meet(id, kind)
  local driver, message, code = misuse.check(driver_of, self)
  if not driver then
    return nil, message, code
  end
  local met
  met, message, code = misuse.check(core.step_meet, self, id, kind)
  if not met then
    return nil, message, code
  end
  return driver:run_due()
end

-- Reports a path, or a list of them, as changed now; nobody looks at the files themselves.
function methods:change_files(paths)
  local driver, message, code = misuse.check(driver_of, self)
  if not driver then
    return nil, message, code
  end
  local list = type(paths) == "string" and { paths } or paths
  return misuse.check(core.step_files, self, list)
end

function methods:stop_work(id, reason)
  local driver, message, code = misuse.check(driver_of, self)
  if not driver then
    return nil, message, code
  end
  local stopped
  stopped, message, code = misuse.check(core.step_stop, self, id, reason)
  core.state(self).after_change()
  return stopped, message, code
end

-- Another manager on the store of this one.
local function open_beside(self, driver)
  local opened, message, code = core.open(driver.options, true, self)
  if not opened then
    return nil, message, code
  end
  Stepper.attach(opened, driver.options, driver.group)
  return opened
end

function methods:peer()
  local driver, message, code = misuse.check(driver_of, self)
  if not driver then
    return nil, message, code
  end
  local peer
  peer, message, code = misuse.check(open_beside, self, driver)
  return peer, message, code
end

local function check_outside(driver, call)
  if driver.runs:is_inside() then
    error(call .. ": a manager cannot crash inside a worker that it runs itself", 0)
  end
end

function methods:crash()
  local driver, message, code = misuse.check(driver_of, self)
  if not driver then
    return nil, message, code
  end
  misuse.check(check_outside, driver, "crash")
  driver:crash()
  local successor
  successor, message, code = misuse.check(open_beside, self, driver)
  return successor, message, code
end

-- The system goes down and starts again, with its clock set by so many seconds: whoever had the
-- store open is dropped, and nobody knows how long it took.
function methods:restart(seconds)
  local driver, message, code = misuse.check(driver_of, self)
  local jump = misuse.check(milliseconds_of, seconds)
  if not driver then
    return nil, message, code
  end
  for _, member in ipairs(driver.group) do
    misuse.check(check_outside, member, "restart")
  end
  core.step_restart(self, jump)
  for position = #driver.group, 1, -1 do
    local member = driver.group[position]
    if member ~= driver then
      member:crash()
    end
  end
  return self:crash()
end

return testing
