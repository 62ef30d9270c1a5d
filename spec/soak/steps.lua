--- What programs do with the store in a folder, at random. Each step notes what was acknowledged
--- before anything else happens.
local notes = require "spec.soak.notes"
local store = require "spec.soak.store"
local system = require "system"

local steps = {}
steps.__index = steps

-- Each step is as frequent as its weight says, which stands before it.
local all = {}
for _, kind in ipairs { require "spec.soak.enqueuing", require "spec.soak.ordering" } do
  for _, step in ipairs(kind) do
    for _ = 1, step.weight do
      all[#all + 1] = step
    end
  end
end

-- No work has this id.
local NOBODY = 1000000000

--- What a work may wait for besides its queue; expedited work waits for none of it.
local function add_moments(draw, made)
  if draw.integer(1, 6) == 1 then
    made.expedited, made.input.expedited = true, true
    return
  end
  made.delay = draw.pick { 0, 0, "5ms", "50ms" }
  if draw.integer(1, 8) == 1 then
    made.input.latest = system.gettime() + draw.pick { 0.03, 0.3 }
    made.deadline = ("%s.%03dZ"):format(os.date("!%Y-%m-%dT%H:%M:%S",
      math.floor(made.input.latest)), math.floor(made.input.latest % 1 * 1000))
  end
end

--- The queues `minute` and `brisk` have rates, and `narrow` has a limit.
function steps:request(changes)
  local draw = self.draw
  local made = {
    worker = "step",
    input = {
      folder = self.folder,
      ends = draw.pick { "success", "success", "retry", "failure" },
      takes = draw.pick { "1ms", "1ms", "1ms", self.longest },
    },
    tags = { draw.pick { "a", "b", "c" } },
    queue = draw.pick { "default", "default", "default", "narrow", "narrow", "narrow", "brisk",
      "minute" },
    priority = draw.integer(-2, 2),
    timeout = draw.pick { "1h", "1h", "1h", "5ms" },
    backoff = { delay = "1ms", max = "10ms" },
    max_attempts = draw.pick { 2, 4, 4 },
  }
  if not changes or not changes.every then
    add_moments(draw, made)
  end
  for key, value in pairs(changes or {}) do
    made[key] = value
  end
  made.input.most = made.max_attempts
  return made
end

function steps:note(line)
  notes.add(self.folder .. "/acknowledged", line)
end

--- word: what the ids are noted as. Returns them as a flat list.
function steps:acknowledge(ids, word)
  local list = {}
  local function gather(value)
    if type(value) ~= "table" then
      list[#list + 1] = value
      return
    end
    for _, each in ipairs(value) do
      gather(each)
    end
  end
  gather(assert(ids))
  self:note(word .. " " .. table.concat(list, " "))
  return list
end

--- Works that this program may cancel, change and so on.
function steps:know(ids)
  for _, id in ipairs(ids) do
    self.known[#self.known + 1] = id
  end
end

function steps:choose()
  return self.known[self.draw.integer(1, math.max(1, #self.known))] or NOBODY
end

--- Works that run are seldom met by chance.
function steps:choose_any()
  local selector = { state = "running", worker = "step" }
  local some = assert(self.manager:query(selector, { limit = 1, order = "-id" }))
  return self.draw.integer(1, 2) == 1 and some[1] and some[1].id or self:choose()
end

--- A file that others wait for or change.
function steps:drop()
  return ("%s/drop-%d"):format(self.folder, self.draw.integer(1, 3))
end

--- Closes all managers of the program.
function steps:close(grace)
  for _, name in ipairs { "stern", "other", "manager" } do
    if self[name] then
      assert(self[name]:close(grace))
    end
  end
end

function steps:open_stern()
  return store.open_stern(self.folder)
end

--- options: folder, draw, name (of the program), place (among those that live), longest (how long a
--- work takes), open (returns a manager of the store), prunes (whether works may be deleted).
function steps.new(options)
  local self = setmetatable({ known = {}, rows = 0 }, steps)
  for key, value in pairs(options) do
    self[key] = value
  end
  self.manager = self:open()
  return self
end

--- Does one of them, whose name it returns, with either of the managers.
function steps:take()
  local step = self.draw.pick(all)
  if self.other and self.draw.integer(1, 2) == 1 then
    self.manager, self.other = self.other, self.manager
  end
  step.take(self)
  self.manager:dispatch()
  if self.other then
    self.other:dispatch()
  end
  return step.name
end

return steps
