--- What callers change in the model.
local model = require "spec.support.model"

local finished = model.is_finished
local dead = { failed = true, cancelled = true }

--- Cancels the works and all their unfinished dependents; returns how many that are.
function model:cancel_works(list, reason)
  local count = 0
  local function cancel(work)
    if finished[work.state] then
      return
    end
    if work.state == "running" then
      work.stop_reason, work.execution = reason, nil
    end
    work.state, work.finished_at, work.wish = "cancelled", self.now, nil
    count = count + 1
  end
  for _, first in ipairs(list) do
    cancel(first)
    for _, work in ipairs(self:dependents(first.id)) do
      cancel(work)
    end
  end
  return count
end

function model:cancel(id)
  return self:cancel_works({ self.works[id] }, "cancelled")
end

function model:cancel_tag(tag)
  local list = {}
  self:each(function(work)
    if work.tag == tag and not finished[work.state] then
      list[#list + 1] = work
    end
  end)
  return self:cancel_works(list, "cancelled")
end

local function revive(self, work)
  work.attempt, work.streak = 0, 0
  work.finished_at, work.stop_reason, work.outcome = nil, nil, nil
  self:make_ready(work)
  if self:standing(work) == "unfinished" then
    work.state = "blocked"
  end
end

function model:retry(id)
  local work = self.works[id]
  if not dead[work.state] or dead[self:standing(work)] then
    return 0
  end
  local revived = { [id] = true }
  revive(self, work)
  for _, other in ipairs(self:dependents(id)) do
    local leads = false
    for _, prerequisite in ipairs(other.after) do
      leads = leads or revived[prerequisite]
    end
    if leads and dead[other.state] and not dead[self:standing(other)] then
      revived[other.id] = true
      revive(self, other)
    end
  end
  return 1
end

function model:run_now(id)
  local work = self.works[id]
  if work.state ~= "enqueued" then
    return 0
  end
  work.wish = self.now
  self:schedule(work)
  return 1
end

--- fields are those of the request that may change; the others of the request are as before.
function model:update(id, fields)
  local work = self.works[id]
  if finished[work.state] then
    return "not_applied"
  end
  for _, name in ipairs { "delay", "priority", "tag", "constraint", "every", "deadline" } do
    work[name] = fields[name]
  end
  work.generation = work.generation + 1
  if work.state == "running" then
    return "applied_for_next_run"
  end
  self:schedule(work)
  return "applied_immediately"
end

--- Deletes finished works that finished by then and that no unfinished work depends on.
function model:prune(before)
  local kept, gone = {}, {}
  self:each(function(work)
    local needed = not finished[work.state] or work.finished_at > before
    self:each(function(other)
      for _, prerequisite in ipairs(other.after) do
        needed = needed or prerequisite == work.id and not finished[other.state]
      end
    end)
    table.insert(needed and kept or gone, work.id)
  end)
  for _, id in ipairs(gone) do
    self.works[id] = nil
  end
  self.order = kept
  self:each(function(work)
    for index = #work.after, 1, -1 do
      if not self.works[work.after[index]] then
        table.remove(work.after, index)
      end
    end
  end)
  return #gone
end

return model
