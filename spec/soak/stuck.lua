--- A worker that never looks whether it is to stop, so that it is interrupted.
local held = require "spec.soak.held"
local notes = require "spec.soak.notes"
local system = require "system"

-- It shows that it lives so often, and comes to an end that nobody waits for.
local BEAT_S, STUCK_S = 0.005, 20

return {
  --- It cannot give back what it holds, but as long as it goes on it shows that.
  stuck = function(input, work)
    local path, from = ("%s/beat-%d"):format(input.folder, work.id), system.monotime()
    if held.has_beaten(path, from) then
      notes.add(input.folder .. "/violations", ("work %d began while it was stuck"):format(work.id))
    end
    repeat
      held.beat(path, work.run)
      system.sleep(BEAT_S)
    until system.monotime() > from + STUCK_S
    return "success"
  end,
}
