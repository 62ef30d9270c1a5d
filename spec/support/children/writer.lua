--- writer.lua DATABASE GATE COUNT TRACE: once the file GATE is there, enqueues one work after the
--- other, as often as that or until it is killed.
io.stdout:setvbuf "line"
local folder = require "spec.support.folder"
local moonshift = require "moonshift"
local system = require "system"

local manager = assert(moonshift.open {
  database = arg[1], durability = "normal", busy_timeout = "1m",
})
print "open"
while not folder.exists(arg[2]) do
  system.sleep(0.002)
end
for _ = 1, tonumber(arg[3]) do
  assert(manager:enqueue { worker = "later", trace = arg[4] })
end
manager:close()
print "closed"
