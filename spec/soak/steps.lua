--- What programs do with the store in a folder, at random. Each step notes what was acknowledged
--- before anything else happens.
local notes = require "spec.soak.notes"

local steps = {}

-- What a program does that knows SQLite alone.
local INSERT = [[
PRAGMA wal_autocheckpoint = 0;
.timeout 10000
INSERT INTO moonshift_inbox (request) VALUES ('{"worker": "step", "trace": "%s",
  "input": {"folder": "%s"}, "max_attempts": 4, "backoff": {"delay": "1ms", "max": "10ms"}}');
]]

function steps.request(self, changes)
  local draw = self.draw
  local made = {
    worker = "step",
    input = {
      folder = self.folder,
      ends = draw.pick { "success", "success", "retry", "failure" },
      takes = draw.pick { "1ms", "1ms", "1ms", self.longest },
    },
    tags = { draw.pick { "a", "b", "c" } },
    queue = draw.pick { "default", "narrow" },
    priority = draw.integer(-2, 2),
    delay = draw.pick { 0, 0, "5ms", "50ms" },
    timeout = draw.pick { "1h", "1h", "1h", "5ms" },
    backoff = { delay = "1ms", max = "10ms" },
    max_attempts = draw.pick { 2, 4, 4 },
  }
  for key, value in pairs(changes or {}) do
    made[key] = value
  end
  return made
end

local function flatten(ids, into)
  if type(ids) ~= "table" then
    into[#into + 1] = ids
    return into
  end
  for _, id in ipairs(ids) do
    flatten(id, into)
  end
  return into
end

local function note(self, line)
  notes.add(self.folder .. "/acknowledged", line)
end

local function acknowledge(self, ids)
  ids = flatten(assert(ids), {})
  note(self, "work " .. table.concat(ids, " "))
  for _, id in ipairs(ids) do
    self.known[#self.known + 1] = id
  end
end

local function choose(self)
  return self.known[self.draw.integer(1, math.max(1, #self.known))] or 1
end

--- Works that run are seldom met by chance.
local function choose_any(self)
  local some = assert(self.manager:query({ state = "running" }, { limit = 1, order = "-id" }))
  return self.draw.integer(1, 2) == 1 and some[1] and some[1].id or choose(self)
end

local function drop(self)
  return ("%s/drop-%d"):format(self.folder, self.draw.integer(1, 3))
end

local all = {}

function all.enqueue(self)
  acknowledge(self, (assert(self.manager:enqueue(self:request()))))
end

function all.list(self)
  local list = { self:request(), self:request(), self:request() }
  acknowledge(self, (assert(self.manager:enqueue(list))))
end

function all.chain(self)
  local stages = { self:request(), { self:request(), self:request() }, self:request() }
  acknowledge(self, (assert(self.manager:chain(stages))))
end

function all.periodic(self)
  acknowledge(self, (assert(self.manager:enqueue(
    self:request { every = "1s", max_attempts = 3 },
    { name = "often", existing = self.draw.pick { "keep", "update", "replace" } }))))
end

function all.named(self)
  acknowledge(self, (assert(self.manager:enqueue(self:request(), {
    name = self.draw.pick { "x", "y" },
    existing = self.draw.pick { "keep", "replace", "append", "append_or_replace" },
  }))))
end

function all.files(self)
  local path = drop(self)
  local id = assert(self.manager:enqueue(self:request {
    constraints = { files = { path, settle = "1ms" } }, delay = 0,
  }))
  note(self, ("files %s %d"):format(path, id))
end

function all.touch(self)
  local path = drop(self)
  notes.add(path, "news")
  note(self, "touch " .. path)
end

function all.row(self)
  self.rows = self.rows + 1
  local trace = ("%s-%d"):format(self.name, self.rows)
  local line = ("sqlite3 -batch -bail %s/work.db >/dev/null 2>&1"):format(self.folder)
  local shell = assert(io.popen(line, "w"))
  shell:write(INSERT:format(trace, self.folder))
  if shell:close() then
    note(self, "row " .. trace)
  end
end

function all.cancel(self)
  assert(self.manager:cancel(choose_any(self)))
end

function all.cancel_tag(self)
  assert(self.manager:cancel { tag = "c" })
end

function all.retry(self)
  assert(self.manager:retry(choose(self)))
end

function all.run_now(self)
  assert(self.manager:run_now(choose(self)))
end

--- What came as a row is known by its trace, which an update would take away.
function all.update(self)
  local id = choose_any(self)
  local info = self.manager:find(id)
  if info and not info.every and not info.trace then
    assert(self.manager:update(id, self:request()))
  end
end

function all.pause(self)
  local queue = self.draw.pick { "default", "narrow" }
  assert(self.manager:pause(queue))
  assert(self.manager:resume(queue))
end

function all.look(self)
  local id = choose_any(self)
  self.manager:find(id)
  self.manager:why(id)
  assert(self.manager:stats())
end

function all.await(self)
  self.manager:await(choose(self), "30ms")
end

function all.reopen(self)
  assert(self.manager:close "1s")
  self:open()
end

local NAMES = { "enqueue", "enqueue", "enqueue", "enqueue", "list", "list", "list", "chain",
  "chain", "periodic", "periodic", "named", "named", "named", "named", "files", "touch", "row",
  "cancel", "cancel", "cancel_tag", "retry", "retry", "run_now", "run_now", "update", "update",
  "pause", "pause", "look", "await", "reopen" }

--- options: folder, draw, name (of the program), longest (how long a work takes), open (self opens
--- its manager).
function steps.new(options)
  local self = { known = {}, rows = 0, request = steps.request, open = options.open }
  for key, value in pairs(options) do
    self[key] = value
  end
  self:open()
  return self
end

--- Does one of them, whose name it returns.
function steps.take(self)
  local name = self.draw.pick(NAMES)
  all[name](self)
  self.manager:dispatch()
  return name
end

return steps
