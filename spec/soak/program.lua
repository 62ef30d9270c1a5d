--- A program that runs beside this one and is killed, stopped or continued by it.
local process = require "spec.soak.process"

local program = {}
program.__index = program

-- One shell sends all signals; it is told, and not waited for.
local shell = assert(io.popen("sh 2>/dev/null", "w"))

--- environment: what is set for it, as in "A=1 B=2".
function program.start(environment, script, ...)
  local line = table.concat({ environment, "exec", os.getenv "MOONSHIFT_INTERPRETER",
    "spec/soak/" .. script .. ".lua", ... }, " ")
  local pipe = assert(io.popen("echo $$; " .. line .. " 2>&1"))
  return setmetatable({ pipe = pipe, pid = pipe:read "*l", said = {} }, program)
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
  shell:write(("kill -%s %s\n"):format(name, self.pid))
  shell:flush()
end

--- Reads to the end of the program, which has come or is about to.
function program:finish()
  self:read(math.huge)
  self.pipe:close()
end

--- Kills the program and returns once it is gone.
function program:kill()
  self:signal "KILL"
  self:finish()
end

--- Lets whichever of the programs stops go on at once, for as long as that many seconds.
function program.keep_going(programs, seconds)
  local pids = {}
  for _, one in pairs(programs) do
    pids[#pids + 1] = one.pid
  end
  shell:write(("for i in $(seq %d); do kill -CONT %s; sleep 0.05; done &\n"):format(seconds * 20,
    table.concat(pids, " ")))
  shell:flush()
end

function program:is_over()
  return process.is_over(self.pid)
end

function program:is_stopped()
  return process.is_stopped(self.pid)
end

return program
