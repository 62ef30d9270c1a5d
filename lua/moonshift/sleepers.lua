-- Records by the time at which they wake: a binary heap that knows where each record stands, so
-- that one that is stopped leaves it at once.

local Sleepers = {}
Sleepers.__index = Sleepers

function Sleepers.new()
  return setmetatable({ count = 0, pushed = 0 }, Sleepers)
end

-- Records that wake at the same time wake in the order in which they fell asleep.
local function comes_before(a, b)
  if a.wake_at ~= b.wake_at then
    return a.wake_at < b.wake_at
  end
  return a.order < b.order
end

local function put(self, record, position)
  self[position] = record
  record.position = position
end

local function rise(self, record, position)
  while position > 1 do
    local parent = self[math.floor(position / 2)]
    if not comes_before(record, parent) then
      break
    end
    local above = parent.position
    put(self, parent, position)
    position = above
  end
  put(self, record, position)
end

local function sink(self, record, position)
  while position * 2 <= self.count do
    local child = self[position * 2]
    local other = self[position * 2 + 1]
    if other and comes_before(other, child) then
      child = other
    end
    if not comes_before(child, record) then
      break
    end
    local below = child.position
    put(self, child, position)
    position = below
  end
  put(self, record, position)
end

function Sleepers:push(record, wake_at)
  self.pushed = self.pushed + 1
  self.count = self.count + 1
  record.wake_at, record.order = wake_at, self.pushed
  rise(self, record, self.count)
end

-- A record that does not sleep is left alone.
function Sleepers:remove(record)
  local position = record.position
  if not position then
    return
  end
  local last = self[self.count]
  self[self.count] = nil
  self.count = self.count - 1
  record.position = nil
  if last ~= record then
    rise(self, last, position)
    sink(self, last, last.position)
  end
end

-- The record that wakes first, or nil.
function Sleepers:first()
  return self[1]
end

-- The clock they were told by was set; they sleep as long as before.
function Sleepers:shift(milliseconds)
  for position = 1, self.count do
    self[position].wake_at = self[position].wake_at + milliseconds
  end
end

return Sleepers
