-- Records by the time at which they wake: a binary heap that knows where each record stands, so
-- that one that is stopped leaves it at once.
--
-- Memory may be missing at any call, so what moves records calls nothing: no error can leave the
-- heap half changed.

local Sleepers = {}
Sleepers.__index = Sleepers

function Sleepers.new()
  return setmetatable({ count = 0, pushed = 0 }, Sleepers)
end

-- A table gets what it needs as a record, so that sleeping takes no memory of its own.
function Sleepers.record(table)
  table.wake_at, table.order, table.position = 0, 0, false
  return table
end

-- Records that wake at the same time wake in the order in which they fell asleep. The first line
-- makes room, and is the only one that can raise.
function Sleepers:push(record, wake_at)
  local position = self.count + 1
  self[position] = record
  self.count, self.pushed = position, self.pushed + 1
  record.wake_at, record.order = wake_at, self.pushed
  while position > 1 do
    local above = (position - position % 2) / 2
    local parent = self[above]
    if parent.wake_at <= wake_at then
      break
    end
    self[position], parent.position = parent, position
    position = above
  end
  self[position], record.position = record, position
end

-- A record that does not sleep is left alone. The last one takes its place, and rises or sinks.
function Sleepers:remove(record)
  local position, last = record.position, self[self.count]
  if not position then
    return
  end
  self[self.count] = nil
  self.count = self.count - 1
  record.position = false
  if last == record then
    return
  end
  local wake_at, order = last.wake_at, last.order
  while position > 1 do
    local above = (position - position % 2) / 2
    local parent = self[above]
    if parent.wake_at < wake_at or parent.wake_at == wake_at and parent.order < order then
      break
    end
    self[position], parent.position = parent, position
    position = above
  end
  while position * 2 <= self.count do
    local below = position * 2
    local child, other = self[below], self[below + 1]
    if other and (other.wake_at < child.wake_at
      or other.wake_at == child.wake_at and other.order < child.order) then
      child, below = other, below + 1
    end
    if wake_at < child.wake_at or wake_at == child.wake_at and order < child.order then
      break
    end
    self[position], child.position = child, position
    position = below
  end
  self[position], last.position = last, position
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
