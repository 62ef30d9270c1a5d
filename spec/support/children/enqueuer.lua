--- enqueuer.lua DATABASE COUNT: enqueues, and says each id once it is acknowledged.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"
local manager = assert(moonshift.open(arg[1]))
print "open"
for number = 1, tonumber(arg[2]) do
  local input = { number = number, from = arg[3] }
  local id = assert(manager:enqueue { worker = "later", input = input })
  print(string.format("%d", id))
end
manager:close()
print "closed"
