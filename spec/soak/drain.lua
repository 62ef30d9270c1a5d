--- drain.lua FOLDER: lets everything in the folder's store come to its end.
local moonshift = require "moonshift"

local manager = assert(moonshift.open {
  database = arg[1] .. "/work.db",
  workers = "spec.soak.workers",
  threads = 2,
  durability = "normal",
  on_error = function() end,
})
manager:cancel { name = "often" }
assert(manager:run "done")
manager:close()
print "drained"
