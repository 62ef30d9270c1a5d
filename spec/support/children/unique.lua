--- unique.lua DATABASE ROUNDS: enqueues once under each name, and says id and outcome.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"
local manager = assert(moonshift.open(arg[1]))
print "open"
for round = 1, tonumber(arg[2]) do
  local id, outcome = manager:enqueue({ worker = "later" },
    { name = "round " .. round, existing = "keep" })
  print(string.format("%d %s", assert(id, outcome), outcome))
end
manager:close()
print "closed"
