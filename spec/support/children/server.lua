--- server.lua DATABASE MODE: serves the store without workers, until a signal or, with a mode,
--- until that holds. Says "open", and at the end how many turns there were since.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"

local manager = assert(moonshift.open { database = arg[1], durability = "normal" })
local before = manager:stats().turns
print "open"
assert(manager:run(arg[2]))
print(("turns %d"):format(manager:stats().turns - before))
manager:close()
