--- A program that runs beside this one and is killed, stopped or continued by it. It is a copy of
--- this process, which has loaded what programs need, so that many can be started.
local child = require "spec.modules.child"
local process = require "spec.soak.process"
local system = require "system"
require "moonshift"

local program = {}
program.__index = program

--- The rest of the life of a copy.
local function become(environment, script, ...)
  for name, value in pairs(environment) do
    child.set(name, value)
  end
  arg = { [0] = script, ... } -- luacheck: ignore 121
  local done, trouble = xpcall(dofile, debug.traceback, "spec/soak/" .. script .. ".lua")
  if not done then
    io.stderr:write(trouble, "\n")
  end
  os.exit(done, true)
end

--- environment: what is set for it, by name.
function program.start(environment, script, ...)
  io.stdout:flush()
  local pid, descriptor = child.fork()
  if pid == 0 then
    become(environment, script, ...)
  end
  local pipe = assert(io.open("/dev/fd/" .. descriptor))
  child.close(descriptor)
  return setmetatable({ pipe = pipe, pid = tostring(pid), said = {} }, program)
end

--- Runs a program to its end, and returns the lines that it said.
function program.ask(script, ...)
  local one = program.start({}, script, ...)
  one:finish()
  return one.said
end

--- Reads at most so many lines; false once the program has ended.
function program:read(lines)
  for _ = 1, lines do
    local line = self.pipe:read "*l"
    if not line then
      return false
    elseif line ~= "step" then
      self.said[#self.said + 1] = line
    end
  end
  return true
end

function program:signal(name)
  child.signal(self.pid, name)
end

--- Reads to the end of the program, which has come or is about to.
function program:finish()
  self:read(math.huge)
  self.pipe:close()
  child.reap(self.pid)
end

--- Kills the program and returns once it is gone.
function program:kill()
  self:signal "KILL"
  self:finish()
end

--- Lets whichever of the programs stops go on at once, for as long as that many seconds.
function program.keep_going(programs, seconds)
  if child.fork() ~= 0 then
    return
  end
  for _ = 1, seconds * 20 do
    for _, one in pairs(programs) do
      one:signal "CONT"
    end
    system.sleep(0.05)
  end
  child.leave(0)
end

function program:is_over()
  return process.is_over(self.pid)
end

function program:is_stopped()
  return process.is_stopped(self.pid)
end

return program
