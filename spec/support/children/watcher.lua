--- watcher.lua DATABASE: opens the store and runs for ever what waits for files.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"
local manager = assert(moonshift.open {
  database = arg[1],
  on_error = function(event)
    print(event.kind .. ": " .. event.message)
  end,
  workers = {
    take = function(_, work)
      print(("run %d of %d: %s"):format(work.run, work.id, table.concat(work.files, " ")))
      return "success"
    end,
  },
})
print "open"
manager:run()
