--- forker.lua DATABASE: runs work that forks, says the number of the fork's child, which lives on.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"
local unistd = require "posix.unistd"

local function live_on()
  for descriptor = 0, 2 do
    unistd.close(descriptor)
  end
  unistd.sleep(30)
  unistd._exit(0)
end

local manager = assert(moonshift.open {
  database = arg[1],
  workers = {
    fork = function(_, work)
      local pid = unistd.fork()
      if pid == 0 then
        live_on()
      end
      print(pid)
      work:sleep "1h"
      return "success"
    end,
  },
})
manager:run()
