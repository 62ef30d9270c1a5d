--- forker.lua DATABASE: runs work that forks, says the number of the fork's child, which lives on.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"
local child = require "spec.modules.child"

local manager = assert(moonshift.open {
  database = arg[1],
  workers = {
    fork = function(_, work)
      local pid = child.split()
      if pid == 0 then
        -- Later than anybody who waits for something else has given up.
        child.leave(100)
      end
      print(pid)
      work:sleep "1h"
      return "success"
    end,
  },
})
manager:run()
