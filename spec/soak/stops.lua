--- When which program stood still, and whether it held up the others.
local locks = require "spec.soak.locks"
local system = require "system"

local stops = {}
stops.__index = stops

-- A stop is noticed so long after it happened, at most.
local LATE_S = 0.1
-- Nobody but a program inside of a write may hold up others for longer than that.
local LONGEST_S = 2

function stops.new(folder)
  return setmetatable({ folder = folder, list = {}, longest = 0, inside = 0, inside_s = 0 }, stops)
end

--- The program stands still from now on.
function stops:begin(one)
  local stop = { pid = one.pid, from = system.monotime() - LATE_S, to = math.huge }
  self.list[#self.list + 1] = stop
  self:look(stop)
  return stop
end

--- Is it seen for the first time that the program stands inside of a write? The kernel's list of
--- locks changes while it is read, so a look may miss one; whoever stands still keeps what it has.
function stops:look(stop)
  if stop.inside or not locks.writes(self.folder, stop.pid) then
    return false
  end
  stop.inside, self.inside = true, self.inside + 1
  return true
end

--- It goes on, or is gone.
function stops:finish(stop)
  stop.to = system.monotime()
  if stop.inside then
    self.inside_s = self.inside_s + stop.to - stop.from
  end
end

--- How much of that time the process did not wait for others that could go on.
function stops:excused(pid, from, to)
  local list, sum = {}, 0
  for _, stop in ipairs(self.list) do
    if stop.inside or stop.pid == pid then
      list[#list + 1] = stop
    end
  end
  table.sort(list, function(a, b)
    return a.from < b.from
  end)
  for _, stop in ipairs(list) do
    local first, last = math.max(from, stop.from), math.min(to, stop.to)
    if last > first then
      sum, from = sum + last - first, last
    end
  end
  return sum
end

--- Complains of the slow steps that nothing excuses. excuse: how long the machine may have kept
--- them waiting.
function stops:judge(lines, excuse, complain)
  for _, line in ipairs(lines) do
    local pid, name, from, to = line:match "^(%d+) (%S+) (%S+) (%S+)$"
    from, to = tonumber(from), tonumber(to)
    local waited = to - from - self:excused(pid, from, to)
    self.longest = math.max(self.longest, waited)
    if waited > LONGEST_S + excuse then
      complain(("%s waited for %.1f s while others went on"):format(name, waited))
    end
  end
end

return stops
