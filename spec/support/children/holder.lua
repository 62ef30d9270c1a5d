--- holder.lua DATABASE [progress]: opens the store, runs for ever, says when a run starts.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"
local manager = assert(moonshift.open {
  database = arg[1],
  workers = {
    pass = function()
      print "passed"
      return "success"
    end,
    hold = function(_, work)
      print(string.format("begin %d attempt %d run %d", work.id, work.attempt, work.run))
      if arg[2] == "progress" then
        work:progress { at = "half" }
      end
      work:sleep "1h"
      return "success"
    end,
  },
})
print "open"
manager:run()
manager:close()
print "closed"
