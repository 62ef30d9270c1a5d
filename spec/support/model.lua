--- What the contract says, in the plainest Lua: tables, loops and no storage. Specs drive it beside
--- a real manager and compare. This file has states and the graph, model_calls what callers change,
--- model_time time and runs, model_names unique names.
local model = {}
model.__index = model

--- retention in seconds, as the manager has it.
function model.new(now, retention)
  return setmetatable({
    now = now, retention = retention, works = {}, order = {}, starts = {}, queues = {},
    conditions = {},
  }, model)
end

local finished = { succeeded = true, failed = true, cancelled = true }
model.is_finished = finished

--- Calls visit(work) for all works, in id order.
function model:each(visit)
  for _, id in ipairs(self.order) do
    visit(self.works[id])
  end
end

--- The works that this one leads to, however indirectly, in id order. Prerequisites always have the
--- lower ids.
function model:dependents(id)
  local reached, list = { [id] = true }, {}
  self:each(function(work)
    for _, prerequisite in ipairs(work.after) do
      if reached[prerequisite] and not reached[work.id] then
        reached[work.id] = true
        list[#list + 1] = work
      end
    end
  end)
  return list
end

--- "failed", "cancelled", "unfinished" or "succeeded", whichever of these comes first.
function model:standing(work)
  local found = {}
  for _, id in ipairs(work.after) do
    local state = self.works[id].state
    found[finished[state] and state or "unfinished"] = true
  end
  return found.failed and "failed" or found.cancelled and "cancelled"
    or found.unfinished and "unfinished" or "succeeded"
end

--- Enqueued, as if it were new; delay and period count from now.
function model:make_ready(work)
  work.state, work.enqueued_at = "enqueued", self.now
  work.started_at, work.ended_at = nil, nil
  self:schedule(work)
end

--- work has id, after, results, and the fields of its request.
function model:enqueue(work)
  work.attempt, work.run, work.streak, work.generation = 0, 0, 0, 0
  work.period = work.every and 1 or nil
  work.enqueued_at = self.now
  self.works[work.id] = work
  self.order[#self.order + 1] = work.id
  local standing = self:standing(work)
  if standing == "succeeded" then
    self:make_ready(work)
  elseif standing == "unfinished" then
    work.state = "blocked"
  else
    work.state, work.finished_at = standing, self.now
  end
end

--- The work ends in the state; those that depend on it follow.
function model:finish(work, state)
  work.state, work.finished_at, work.wish = state, self.now, nil
  for _, other in ipairs(self:dependents(work.id)) do
    local standing = self:standing(other)
    if state == "failed" and not finished[other.state] then
      other.state, other.finished_at = "failed", self.now
    elseif other.state == "blocked" and standing == "succeeded" then
      self:make_ready(other)
    end
  end
end

return model
