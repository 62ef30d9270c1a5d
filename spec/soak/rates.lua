--- No stretch of time sees more works of a rated queue begin than the rate says.
local notes = require "spec.soak.notes"

local rates = {}

local RATES = { brisk = { count = 5, window_s = 1 }, minute = { count = 30, window_s = 60 } }
-- A work begins some time after its start was counted: on a machine with much to do, and where its
-- program stands still meanwhile.
local LATE_S, STANDING_S = 5, 14

--- What began within a stretch was counted in it, or shortly before.
local function check_queue(name, moments, late_s, complain)
  local rate = RATES[name]
  table.sort(moments)
  for first = 1, #moments do
    for last = first + rate.count, #moments do
      local span = moments[last] - moments[first]
      local most = rate.count * (math.floor((span + late_s) / rate.window_s) + 1)
      if last - first + 1 > most then
        complain(("%d works of the queue %s began within %.1f s"):format(last - first + 1, name,
          span))
        return
      end
    end
  end
end

function rates.check(folder, may_stand, complain)
  local moments = { brisk = {}, minute = {} }
  for _, line in ipairs(notes.lines(folder .. "/starts")) do
    local name, moment = line:match "^(%a+) (%S+)$"
    if line == "lifted" then
      break
    end
    table.insert(moments[name], tonumber(moment))
  end
  for name in pairs(RATES) do
    check_queue(name, moments[name], may_stand and STANDING_S or LATE_S, complain)
  end
end

return rates
