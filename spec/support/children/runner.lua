--- runner.lua DATABASE: opens the store and serves it until it is killed or all is done.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"
local manager = assert(moonshift.open {
  database = arg[1], workers = "spec.support.workers.crowd", threads = 2,
})
print "open"
manager:run "done"
manager:close()
print "closed"
