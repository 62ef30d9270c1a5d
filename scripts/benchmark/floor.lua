--- floor(durability, works, lone): what the bare loop of scripts/floor.c comes to, by phase.
local asked = require "benchmark.asked"
local core = require "moonshift.core"

return function(durability, works, lone)
  local command = ("'%s/floor' '%s' %s %d %d"):format(
    asked.programs, asked.folder, durability, works, lone)
  local pipe = assert(io.popen(command))
  local phases = {}
  for line in pipe:lines() do
    local figure = assert(core.decode(line))
    phases[figure.phase] = figure.value
  end
  pipe:close()
  assert(phases.elsewhere, "floor did not finish")
  return phases
end
