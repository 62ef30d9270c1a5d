--- The model's unique names: which works stand under one, and what the policies make of them.
local model = require "spec.support.model"

--- What stands under the name: unfinished works, leaves, and whether a leaf is broken or periodic.
local function look(self, name)
  local found = { unfinished = {}, leaves = {}, all = {} }
  local is_trunk = {}
  self:each(function(work)
    if work.name == name then
      found.all[#found.all + 1] = work
      for _, id in ipairs(work.after) do
        is_trunk[id] = true
      end
      if not self.is_finished[work.state] then
        found.unfinished[#found.unfinished + 1] = work
      end
    end
  end)
  for _, work in ipairs(found.all) do
    if not is_trunk[work.id] then
      found.leaves[#found.leaves + 1] = work.id
      found.is_periodic = found.is_periodic or work.every ~= nil
      found.is_broken = found.is_broken or work.state == "failed" or work.state == "cancelled"
    end
  end
  return found
end

local function start_fresh(self, found)
  self:cancel_works(found.unfinished, "replaced")
  for _, work in ipairs(found.all) do
    work.name = nil
  end
  return { after = {}, outcome = #found.unfinished > 0 and "replaced" or "enqueued" }
end

local function append(self, found, is_periodic)
  if #found.leaves == 0 then
    return start_fresh(self, found)
  elseif is_periodic or found.is_periodic then
    return { raises = true }
  end
  return { after = found.leaves, outcome = #found.unfinished > 0 and "appended" or "enqueued" }
end

local policies = {}

function policies.keep(self, found)
  if #found.unfinished == 0 then
    return start_fresh(self, found)
  end
  local ids = {}
  for index, work in ipairs(found.unfinished) do
    ids[index] = work.id
  end
  return { kept = ids, outcome = "kept" }
end

policies.replace = start_fresh
policies.append = append

function policies.append_or_replace(self, found, is_periodic)
  if found.is_broken then
    return start_fresh(self, found)
  end
  return append(self, found, is_periodic)
end

function policies.update(self, found, is_periodic)
  if #found.unfinished == 0 then
    return start_fresh(self, found)
  end
  local work = found.unfinished[1]
  if #found.unfinished > 1 or is_periodic ~= (work.every ~= nil) then
    return { raises = true }
  end
  return { updated = work.id, kept = { work.id }, outcome = "updated" }
end

--- What becomes of a call that enqueues one request under the name: `after` (the new work's
--- prerequisites), `kept` (ids of works that stay instead), `updated` (the work to update) or
--- `raises`; and the `outcome`. Works that have to go are gone afterwards.
function model:judge(name, existing, is_periodic)
  return policies[existing](self, look(self, name), is_periodic)
end

return model
