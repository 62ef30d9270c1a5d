--- drain.lua FOLDER: lets everything in the folder's store come to its end.
local notes = require "spec.soak.notes"
local store = require "spec.soak.store"

local folder = arg[1]
local manager = store.open(folder)

-- Killed between the two, a program leaves a queue paused. Periodic work never ends, nor does what
-- waits for a change that nobody made.
for name in pairs(manager:queues()) do
  assert(manager:resume(name))
end
for _, info in ipairs(manager:query { state = { "enqueued", "running" } }) do
  if info.every then
    assert(manager:cancel(info.id))
  end
end
for id, touched in pairs(notes.waiting_for_files(folder)) do
  if not touched then
    assert(manager:cancel(id))
  end
end
assert(manager:await({ all = true }, "2m"))
manager:close()
print "drained"
