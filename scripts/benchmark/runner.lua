--- runner.lua DATABASE DURABILITY [done]: serves the store by one worker thread until it is killed,
--- or until all is done. Says "open"; at the end how many works it ran, when that was, and how
--- often its threads woke up meanwhile.
io.stdout:setvbuf "line"
local children = require "benchmark.children"
local moonshift = require "moonshift"
local system = require "system"

local manager = assert(moonshift.open {
  database = arg[1], durability = arg[2], workers = "benchmark.workers", threads = 1,
  busy_timeout = "1m",
})
local stat = assert(io.open "/proc/self/stat")
local pid = stat:read "*n"
stat:close()
print "open"
local woken = children.wakes_of(pid)
if arg[3] == "done" then
  assert(manager:run "done")
else
  assert(manager:run())
end
local ended = system.gettime()
print(("ran %d %.6f %d"):format(manager:stats().results, ended, children.wakes_of(pid) - woken))
manager:close()
