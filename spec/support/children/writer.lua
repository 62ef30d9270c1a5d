--- writer.lua DATABASE GATE COUNT SIZE TRACE: once the file GATE is there, enqueues so many works
--- at a time, as often as COUNT or until it is killed.
io.stdout:setvbuf "line"
local folder = require "spec.support.folder"
local moonshift = require "moonshift"
local system = require "system"

local manager = assert(moonshift.open {
  database = arg[1], durability = "normal", busy_timeout = "1m",
})
local requests = {}
for index = 1, tonumber(arg[4]) do
  requests[index] = { worker = "later", trace = arg[5] }
end
print "open"
while not folder.exists(arg[2]) do
  system.sleep(0.002)
end
for _ = 1, tonumber(arg[3]) do
  assert(manager:enqueue(requests))
end
manager:close()
print "closed"
