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
}
