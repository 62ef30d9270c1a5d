--- storage.lua DATABASE FILLER: says what its manager makes of a disk of 4 MB, half of which is
--- filled. It looks when it is asked.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"
local manager = assert(moonshift.open {
  database = arg[1],
  durability = "normal",
  sensors = { storage = { percent = 20, bytes = 100000 }, poll = "1h", bus = false },
  workers = {
    hold = function(_, work)
      work:sleep "1h"
      return "success"
    end,
  },
})

local function fill(size)
  local file = assert(io.open(arg[2], "wb"))
  assert(file:write(("x"):rep(size)))
  file:close()
end

local function await_state(id, state)
  repeat
    manager:await(id, "5ms")
  until manager:find(id).state == state
  return manager:find(id)
end

local id = manager:enqueue { worker = "hold", constraints = { storage_not_low = true } }
await_state(id, "running")
print(manager:conditions().storage_not_low)
fill(3300000)
print(manager:conditions().storage_not_low)
print(await_state(id, "enqueued").stop_reason)
print((manager:why(id)[1].detail:match "^(.-), since "))
-- A little more room than the limit is not enough to come back.
fill(3050000)
print(manager:conditions().storage_not_low)
fill(1000000)
manager:conditions()
await_state(id, "running")
print(manager:conditions().storage_not_low)
manager:close()
print "closed"
