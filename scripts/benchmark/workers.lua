--- The workers of the benchmark.
local system = require "system"

return {
  nothing = function()
    return "success"
  end,

  --- The moment of its first line.
  clock = function()
    return "success", { at = system.gettime() }
  end,

  --- Says that it runs, and never ends by itself.
  hang = function(_, work)
    io.stdout:write "hang\n"
    io.stdout:flush()
    work:sleep "1d"
  end,

  --- Says when it begins, and does not end.
  hold = function(_, work)
    io.stdout:write(("begun %.6f\n"):format(system.gettime()))
    io.stdout:flush()
    work:sleep "1h"
    return "retry"
  end,
}
