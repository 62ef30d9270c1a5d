--- What may happen in a story: each step does one thing to the manager and to the model, compares
--- what the two answer, and returns what it did, in words.
local assert = require "luassert"

local steps = {}

function steps.enqueue(self)
  local request = self:request()
  self:learn(assert(self.manager:enqueue(request)), request)
end

local POLICIES = { "keep", "replace", "append", "append", "append_or_replace", "update" }

function steps.enqueue_named(self)
  local name, existing, request = self.pick { "left", "right" }, self.pick(POLICIES), self:request()
  local stands = existing == "update" and self:choose(function(work)
    return work.name == name and not self.model.is_finished[work.state]
  end)
  request = stands and self:variation(stands) or request
  local judged = self.model:judge(name, existing, request.every ~= nil)
  local ok, ids, outcome = pcall(self.manager.enqueue, self.manager, request,
    { name = name, existing = existing })
  assert.are.equal(not judged.raises, ok, existing .. " raises: " .. tostring(ids))
  if judged.raises then
    return existing
  end
  assert.are.equal(judged.outcome, outcome, existing)
  if judged.updated then
    self:relearn(judged.updated, request)
  end
  if judged.kept then
    assert.are.equal(judged.kept[1], ids, existing)
  else
    self:learn(ids, request, name, judged.after)
  end
  return existing .. " " .. judged.outcome
end

function steps.advance(self)
  local seconds = self.draw(1, 30)
  assert.are.equal(self.model:advance(seconds), self.manager:advance(seconds), "starts")
  return seconds
end

--- What is due now is done before, so that nothing but the clock can bring anything about.
function steps.jump(self)
  assert.are.equal(self.model:run_due(), self.manager:run_due(), "starts")
  local seconds = self.pick { 1, -1, 3600, -3600, 315360000, -315360000 }
  self.ahead = self.ahead + seconds
  assert(self.manager:jump(seconds))
  return seconds
end

function steps.run_due(self)
  assert.are.equal(self.model:run_due(), self.manager:run_due(), "starts")
end

for _, name in ipairs { "cancel", "retry", "run_now" } do
  steps[name] = function(self)
    local work = self:choose()
    if work then
      local wanted = self.model[name](self.model, work.id)
      assert.are.equal(wanted, self.manager[name](self.manager, work.id), name)
      return work.id
    end
  end
end


function steps.cancel_tag(self)
  local tag = self.pick { "red", "blue" }
  assert.are.equal(self.model:cancel_tag(tag), self.manager:cancel { tag = tag }, "cancelled")
  return tag
end

function steps.update(self)
  local work = self:choose()
  if work then
    local request = self:variation(work)
    assert.are.equal(self:relearn(work.id, request), self.manager:update(work.id, request), "how")
    return work.id
  end
end

function steps.stop_work(self)
  local work = self:choose(function(work)
    return work.state == "running"
  end)
  if work then
    self.model:stop(work, "preempted")
    self.manager:stop_work(work.id, "preempted")
    return work.id
  end
end

function steps.set_queue(self)
  local limit = self.pick { false, 1, 2 }
  local queue = self.model.queues.narrow or {}
  self.model.queues.narrow = { limit = limit, paused = queue.paused }
  assert(self.manager:set_queue("narrow", { limit = limit }))
  return limit or "no limit"
end

function steps.pause(self)
  local name, paused = self.pick { "narrow", "default" }, self.pick { false, true } or false
  local queue = self.model.queues[name] or {}
  self.model.queues[name] = { limit = queue.limit, paused = paused }
  assert(self.manager[paused and "pause" or "resume"](self.manager, name))
  return name .. " " .. tostring(paused)
end

function steps.set_condition(self)
  local name, value = self.pick { "dry", "warm" }, self.draw(0, 2)
  local wanted = value > 0 and value == 1 or nil
  self.model:set_condition(name, wanted)
  assert(self.manager:set_condition(name, wanted))
  return name .. " " .. tostring(wanted)
end

function steps.prune(self)
  local age = self.pick { false, 50 }
  assert.are.equal(self.model:prune(self.model.now - (age or 0)), self.manager:prune(age or nil))
  return age or "all"
end

function steps.crash(self)
  self.model:crash()
  self.manager = assert(self.manager:crash())
end

return steps
