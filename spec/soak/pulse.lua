--- How long the machine keeps programs waiting that only want to go on, for which no other program
--- is to blame.
local system = require "system"

local pulse = {}

local TICK_S = 0.02
local latest = 0

--- Sleeps for a moment, and sees how late it wakes up.
function pulse.sleep()
  local from = system.monotime()
  system.sleep(TICK_S)
  latest = math.max(latest, system.monotime() - from - TICK_S)
end

--- How long so many programs that wait for each other may have been kept waiting.
function pulse.excuse(programs)
  return programs * latest
end

return pulse
