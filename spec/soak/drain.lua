--- drain.lua FOLDER: lets everything in the folder's store come to its end.
local notes = require "spec.soak.notes"
local store = require "spec.soak.store"

local folder = arg[1]
local manager, other = store.open(folder), store.open_stern(folder)

-- Periodic work never ends, nor does what waits for a change that nobody made.
store.lift(folder, manager)
local touched = notes.waiting_for_files(folder)
for _, info in ipairs(manager:query { state = { "enqueued", "running" } }) do
  local waits = info.constraints and info.constraints.files
  if info.every or waits and not touched[info.id] then
    assert(manager:cancel(info.id))
  end
end
assert(manager:await({ all = true }, "2m"))
other:close()
manager:close()
print "drained"
