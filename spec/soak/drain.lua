--- drain.lua FOLDER: lets everything in the folder's store come to its end.
local moonshift = require "moonshift"

local manager = assert(moonshift.open {
  database = arg[1] .. "/work.db",
  workers = "spec.soak.workers",
  threads = 2,
  durability = "normal",
  on_error = function() end,
})

-- Killed between the two, a program leaves a queue paused; and periodic work never ends.
for name in pairs(manager:queues()) do
  assert(manager:resume(name))
end
for _, info in ipairs(manager:query { state = { "enqueued", "running" } }) do
  if info.every then
    assert(manager:cancel(info.id))
  end
end
assert(manager:run "done")
manager:close()
print "drained"
