--- The steps with which programs change what is there: works, queues, and their own managers.
local system = require "system"

local ordering = {}

-- Runs end at once when they are told to, but a program may stand still meanwhile.
local GRACE = "20s"

local function add(name, weight, take)
  ordering[#ordering + 1] = { name = name, weight = weight, take = take }
end

add("cancel", 1, function(self)
  assert(self.manager:cancel(self:choose_any()))
end)

add("cancel_tag", 1, function(self)
  assert(self.manager:cancel { tag = "c" })
end)

add("retry", 2, function(self)
  assert(self.manager:retry(self:choose()))
end)

add("run_now", 2, function(self)
  assert(self.manager:run_now(self:choose()))
end)

--- What came as a row is known by its trace, which an update would take away.
add("update", 2, function(self)
  local id = self:choose_any()
  local info = self.manager:find(id)
  if info and not info.every and not info.trace then
    local done, message, code = self.manager:update(id, self:request())
    assert(done or self.prunes and code == "NOTFOUND", message)
  end
end)

add("pause", 1, function(self)
  local queue = self.draw.pick { "default", "narrow" }
  assert(self.manager:pause(queue))
  assert(self.manager:resume(queue))
end)

--- Nobody else pauses and resumes this queue: between the two moments that are noted it was paused,
--- and this process knew it. A second manager is like another process.
add("hold", 1, function(self)
  local queue, list = "held-" .. self.place, {}
  for index = 1, 3 do
    list[index] = self:request { queue = queue }
  end
  self:know(self:acknowledge(assert(self.manager:enqueue(list)), "work"))
  assert(self.manager:pause(queue))
  local from = system.gettime()
  system.sleep(self.draw.pick { 0, 0.05 })
  local to = system.gettime()
  assert(self.manager:resume(queue))
  if not self.other then
    self:note(("held %s %s %.3f %.3f"):format(queue, self.name, from, to))
  end
end)

add("queue", 1, function(self)
  assert(self.manager:set_queue("narrow", { limit = self.draw.integer(1, 2) }))
end)

add("prune", 1, function(self)
  if self.prunes then
    assert(self.manager:prune(self.draw.pick { "1ms", "100ms" }))
  end
end)

add("look", 1, function(self)
  local id = self:choose_any()
  self.manager:find(id)
  self.manager:why(id)
  assert(self.manager:stats())
end)

add("await", 1, function(self)
  self.manager:await(self:choose(), "30ms")
end)

add("reopen", 1, function(self)
  assert(self.manager:close(GRACE))
  self.manager = self:open()
end)

--- A further manager of this process on the same store comes, or goes.
local function exchange(self, name, open, grace)
  if self[name] then
    assert(self[name]:close(grace))
  end
  self[name] = not self[name] and open(self) or nil
end

add("other", 1, function(self)
  exchange(self, "other", self.open, GRACE)
end)

add("stuck", 1, function(self)
  self:acknowledge(assert(self.manager:enqueue {
    worker = "stuck", input = { folder = self.folder }, timeout = "20ms", max_attempts = 2,
    backoff = { delay = "1ms" },
  }), "work")
  exchange(self, "stern", self.open_stern, "20ms")
end)

return ordering
