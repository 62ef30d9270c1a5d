--- clocked.lua DATABASE: moves its own clocks (spec.modules.clock is preloaded) while it works, and
--- says of each kind of moment how long it took. Time is what the kernel says, which nobody moved.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"

local HOUR, YEAR = 3600, 365 * 86400
local path = os.getenv "SPEC_CLOCK"
local wall, suspended = 0, 0

local function uptime()
  local file = assert(io.open "/proc/uptime")
  local seconds = tonumber(file:read "*a":match "%S+")
  file:close()
  return seconds
end

local function write(name, mode, text)
  local file = assert(io.open(name, mode))
  file:write(text)
  file:close()
end

local function move(set, slept)
  wall, suspended = wall + set, suspended + slept
  write(path .. ".next", "w", ("%.0f %.0f\n"):format(wall * 1000, suspended * 1000))
  assert(os.rename(path .. ".next", path))
  write(path .. ".news", "w", "!")
end

local manager = assert(moonshift.open {
  database = arg[1], workers = { "spec.support.workers.clocked", {
    rest = function(input, work)
      return work:sleep(input.seconds) and "success" or "failure"
    end,
  } },
  threads = 4,
})

--- Says how long it takes until the request's work has ended, when the clocks move 100 ms after.
local function tell(name, request, set, slept)
  local begun = uptime()
  local id = assert(manager:enqueue(request))
  manager:await(id, 0.1)
  move(set, slept or 0)
  local works, message = manager:await(id, 30)
  print(("%s %.2f %s"):format(name, uptime() - begun, works and works[1].state or message))
end

for _, set in ipairs { 1, -1, HOUR, -HOUR, 10 * YEAR, -10 * YEAR } do
  tell("delay", { worker = "nap", input = { seconds = 0 }, delay = 0.3 }, set)
  tell("sleep", { worker = "nap", input = { seconds = 0.3 } }, set)
  tell("sleep", { worker = "rest", input = { seconds = 0.3 } }, set)
  tell("backoff", { worker = "twice", backoff = { delay = 0.3 } }, set)
  tell("timeout", { worker = "nap", input = { seconds = 20 }, timeout = 0.3, max_attempts = 1 },
    set)
  tell("deadline", { worker = "nobody", deadline = 0.3 }, set)
end
move(-wall, 0)

-- What the calendar tells comes with the wall clock.
tell("calendar", { worker = "nap", input = { seconds = 0 }, at = os.time() + HOUR }, HOUR)
local id = assert(manager:enqueue { worker = "nap", input = { seconds = 0 }, cron = "0 3 * * *" })
local begun = uptime()
move(86400, 0)
while manager:find(id).period == 1 and uptime() - begun < 30 do
  manager:await(id, 0.05)
end
print(("calendar %.2f %s"):format(uptime() - begun, manager:find(id).outcome))
manager:cancel(id)

-- Whoever was to wait for an hour has waited when the system was suspended for it.
tell("suspended", { worker = "nap", input = { seconds = 0 }, delay = HOUR }, 0, HOUR)
tell("suspended", { worker = "nap", input = { seconds = HOUR } }, 0, HOUR)
tell("suspended", { worker = "rest", input = { seconds = HOUR } }, 0, HOUR)
tell("suspended", { worker = "nobody", deadline = HOUR }, 0, HOUR)

-- Ten years are no reason to run more than once.
id = assert(manager:enqueue { worker = "nap", input = { seconds = 0 }, every = 1 })
begun = uptime()
move(10 * YEAR, 0)
manager:await(id, 1)
move(-10 * YEAR, 0)
manager:await(id, 1.5)
print(("periods %.2f %d"):format(uptime() - begun, manager:find(id).run))
manager:close()
print "closed"
