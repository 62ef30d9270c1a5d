--- The named points of the core (core/base/point.h), as its source has them, and how often programs
--- have come to each.
local points = {}
points.__index = points

-- Programs pass these so often; all others a few times in their lives.
local OFTEN = {
  write = 1200, line = 100, begun = 100, commit = 120, committed = 120, collected = 100,
  publish = 100, handover = 100, events = 100, nudge = 100, answer = 80, begin = 60,
  ["end"] = 60, result = 60, sync = 5,
}
local SELDOM = 2
-- A program that has taken so many steps without coming to its point is killed where it is.
local STEPS, STEPS_SELDOM = 30, 80
-- So often a point must have been aimed at before it counts as one that nobody comes to.
local TRIES = 8

local function find()
  local names, seen = {}, {}
  local pipe = assert(io.popen [[grep -rhoE 'MS_POINT\("[a-z]+"\)' core]])
  for name in pipe:read("*a"):gmatch '"(%a+)"' do
    names[#names + 1] = not seen[name] and name or nil
    seen[name] = true
  end
  pipe:close()
  assert(#names > 0, "no points found")
  table.sort(names)
  return names
end

function points.new(draw)
  return setmetatable({ draw = draw, names = find(), next = 0, aimed = {}, hit = {} }, points)
end

--- Each in turn, at a passing that is early more often than late; and after how many steps it is to
--- be given up.
function points:aim()
  local name = self.names[self.next % #self.names + 1]
  self.next = self.next + 1
  self.aimed[name] = (self.aimed[name] or 0) + 1
  local most = self.draw.integer(1, OFTEN[name] or SELDOM)
  return ("%s:%d"):format(name, self.draw.integer(1, most)), OFTEN[name] and STEPS or STEPS_SELDOM
end

--- Takes note of a line that a program said, if it tells of a point.
function points:heard(line)
  local name = line:match "^killed at (%a+)$" or line:match "^stopped at (%a+)$"
  if name then
    self.hit[name] = (self.hit[name] or 0) + 1
  end
  return name
end

--- One line, and the points that nobody came to.
function points:report()
  local parts, missed = {}, {}
  for _, name in ipairs(self.names) do
    parts[#parts + 1] = ("%s %d"):format(name, self.hit[name] or 0)
    if not self.hit[name] and (self.aimed[name] or 0) >= TRIES then
      missed[#missed + 1] = name
    end
  end
  return table.concat(parts, ", "), missed
end

return points
