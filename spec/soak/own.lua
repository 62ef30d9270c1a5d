--- Workers that one program of a crowd knows and no other.
local notes = require "spec.soak.notes"

local place = os.getenv "MOONSHIFT_PLACE" or "nowhere"

return {
  ["own-" .. place] = function(_, work)
    return "success", { run = work.run }
  end,
  --- Takes so long that nothing is claimed behind it.
  ["slow-" .. place] = function(_, work)
    work:sleep "6ms"
    return "success"
  end,
  --- Keeps a thread until it is told to stop.
  ["kept-" .. place] = function(input, work)
    notes.add(input.heard, "kept " .. work.id)
    local _, why = work:sleep "1h"
    notes.add(input.heard, ("%s %d"):format(why, work.id))
    return "success"
  end,
}
