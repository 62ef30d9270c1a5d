--- What semantics.md says about one-time work, in the plainest Lua: tables, loops and no storage.
--- Specs drive it beside a real manager and compare.
local model = {}
model.__index = model

function model.new(now)
  return setmetatable({ now = now, works = {}, order = {}, starts = {} }, model)
end

local finished = { succeeded = true, failed = true, cancelled = true }
local dead = { failed = true, cancelled = true }

--- Calls visit with each work that depends on this one, however indirectly, in id order.
function model:each_dependent(id, visit)
  local reached = { [id] = true }
  for _, other in ipairs(self.order) do
    local work = self.works[other]
    for _, prerequisite in ipairs(work.after) do
      if reached[prerequisite] and not reached[other] then
        reached[other] = true
        visit(work)
      end
    end
  end
end

local function worst(self, work)
  local found = "succeeded"
  for _, id in ipairs(work.after) do
    local state = self.works[id].state
    if state == "failed" then
      return "failed"
    elseif state == "cancelled" then
      found = "cancelled"
    elseif state ~= "succeeded" and found ~= "cancelled" then
      found = "unfinished"
    end
  end
  return found
end

local function make_ready(self, work)
  work.state = "enqueued"
  work.due = self.now + work.delay
end

function model:enqueue(id, work)
  work.id, work.attempt = id, 0
  self.works[id] = work
  self.order[#self.order + 1] = id
  local judged = worst(self, work)
  if judged == "succeeded" then
    make_ready(self, work)
  elseif judged == "unfinished" then
    work.state = "blocked"
  else
    work.state = judged
  end
end

local function finish(self, work, state)
  work.state = state
  self:each_dependent(work.id, function(other)
    if state == "failed" and not finished[other.state] then
      other.state = "failed"
    elseif state == "succeeded" and other.state == "blocked"
      and worst(self, other) == "succeeded" then
      make_ready(self, other)
    end
  end)
end

local function run(self, work)
  work.attempt = work.attempt + 1
  self.starts[#self.starts + 1] = work.id
  local result = work.results[work.attempt] or "success"
  if result == "success" then
    finish(self, work, "succeeded")
  elseif result == "failure" or work.attempt == work.max_attempts then
    finish(self, work, "failed")
  else
    work.due = self.now + 10 * work.attempt
  end
end

local function comes_before(a, b)
  if a.priority ~= b.priority then
    return a.priority > b.priority
  elseif a.due ~= b.due then
    return a.due < b.due
  end
  return a.id < b.id
end

function model:run_due()
  local before = #self.starts
  repeat
    local first
    for _, id in ipairs(self.order) do
      local work = self.works[id]
      if work.state == "enqueued" and work.due <= self.now
        and (not first or comes_before(work, first)) then
        first = work
      end
    end
    if first then
      run(self, first)
    end
  until not first
  return #self.starts - before
end

function model:advance(seconds)
  local target = self.now + seconds
  local count = self:run_due()
  while true do
    local at = target
    for _, id in ipairs(self.order) do
      local work = self.works[id]
      if work.state == "enqueued" and work.due < at then
        at = work.due
      end
    end
    self.now = at
    count = count + self:run_due()
    if at == target then
      return count
    end
  end
end

function model:cancel(id)
  local count = 0
  local function cancel(work)
    if not finished[work.state] then
      work.state = "cancelled"
      count = count + 1
    end
  end
  cancel(self.works[id])
  self:each_dependent(id, cancel)
  return count
end

function model:retry(id)
  local work = self.works[id]
  local judged = worst(self, work)
  if not dead[work.state] or dead[judged] then
    return 0
  end
  work.attempt = 0
  if judged == "succeeded" then
    make_ready(self, work)
  else
    work.state = "blocked"
  end
  self:each_dependent(id, function(other)
    if dead[other.state] and not dead[worst(self, other)] then
      other.state, other.attempt = "blocked", 0
    end
  end)
  return 1
end

function model:run_now(id)
  local work = self.works[id]
  if work.state ~= "enqueued" then
    return 0
  end
  work.due = math.min(work.due, self.now)
  return 1
end

return model
