--- The steps with which programs bring work.
local notes = require "spec.soak.notes"

local enqueuing = {}

local function add(name, weight, take)
  enqueuing[#enqueuing + 1] = { name = name, weight = weight, take = take }
end

-- What a program does that knows SQLite alone.
local INSERT = [[
PRAGMA wal_autocheckpoint = 0;
.timeout 10000
INSERT INTO moonshift_inbox (request) VALUES ('{"worker": "step", "trace": "%s",
  "input": {"folder": "%s"}, "max_attempts": 4, "backoff": {"delay": "1ms", "max": "10ms"}}');
]]

add("enqueue", 6, function(self)
  self:know(self:acknowledge(assert(self.manager:enqueue(self:request())), "work"))
end)

add("list", 3, function(self)
  local list = { self:request(), self:request(), self:request() }
  self:know(self:acknowledge(assert(self.manager:enqueue(list)), "work"))
end)

add("chain", 2, function(self)
  local stages = { self:request(), { self:request(), self:request() }, self:request() }
  self:know(self:acknowledge(assert(self.manager:chain(stages)), "work"))
end)

--- Nobody cancels, changes or limits it, and it succeeds when it is let: once it is gone, it has.
--- plain: it has nothing that a claim must look up, so it may run in the turn that frees it.
local function sure(self, stage, plain)
  return {
    worker = "sure",
    input = { folder = self.folder, stage = stage },
    priority = self.draw.integer(-2, 2),
    backoff = not plain and { delay = "1ms", max = "10ms" } or nil,
  }
end

add("sure", 2, function(self)
  local plain = self.draw.integer(1, 2) == 1
  local stages = {
    sure(self, 1, plain), { sure(self, 2, plain), sure(self, 2, plain) }, sure(self, 3, plain),
  }
  self:acknowledge(assert(self.manager:chain(stages)), "sure")
end)

add("periodic", 2, function(self)
  self:know(self:acknowledge(assert(self.manager:enqueue(
    self:request { every = "1s", max_attempts = 3 },
    { name = "often", existing = self.draw.pick { "keep", "update", "replace" } })), "work"))
end)

add("named", 4, function(self)
  local request = self:request { queue = self.draw.pick { "default", "narrow" } }
  self:know(self:acknowledge(assert(self.manager:enqueue(request, {
    name = self.draw.pick { "x", "y" },
    existing = self.draw.pick { "keep", "replace", "append", "append_or_replace" },
  })), "work"))
end)

add("files", 1, function(self)
  local path = self:drop()
  local request = self:request { constraints = { files = { path, settle = "1ms" } } }
  request.delay, request.deadline, request.input.latest = nil, nil, nil
  self:acknowledge(assert(self.manager:enqueue(request)), "files " .. path)
end)

add("touch", 1, function(self)
  local path = self:drop()
  notes.add(path, "news")
  self:note("touch " .. path)
end)

add("row", 1, function(self)
  self.rows = self.rows + 1
  local trace = ("%s-%d"):format(self.name, self.rows)
  local line = ("sqlite3 -batch -bail %s/work.db >/dev/null 2>&1"):format(self.folder)
  local shell = assert(io.popen(line, "w"))
  shell:write(INSERT:format(trace, self.folder))
  if shell:close() then
    self:note("row " .. trace)
  end
end)

return enqueuing
