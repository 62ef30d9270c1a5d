--- A story is a manager and the model, side by side: each step does one random thing to both and
--- compares all that can be seen.
local assert = require "luassert"
local bench = require "spec.support.bench"
local model = require "spec.support.model"
local random_requests = require "spec.support.random_requests"
require "spec.support.model_calls"
require "spec.support.model_names"
require "spec.support.model_time"

-- Short enough for works to be deleted within a story.
local RETENTION = 200

local Story = {}
Story.__index = Story

function Story.new(seed)
  local self = setmetatable({ starts = {}, seen_starts = 0, ahead = 0 }, Story)
  self.draw, self.pick = random_requests.numbers(seed)
  self.manager = bench.open {
    retention = RETENTION,
    workers = {
      play = function(input, work)
        self.starts[#self.starts + 1] = work.id
        if input.seconds == 0 or work:sleep(input.seconds) then
          return input.results[(work.run - 1) % #input.results + 1]
        end
        return "success"
      end,
    },
  }
  self.model = model.new(self.manager:now(), RETENTION)
  return self
end

--- A work of the model, or nil; fits(work) limits the choice.
function Story:choose(fits)
  local list = {}
  self.model:each(function(work)
    if not fits or fits(work) then
      list[#list + 1] = work
    end
  end)
  return #list > 0 and list[self.draw(1, #list)] or nil
end

function Story:request()
  local works = {}
  self.model:each(function(work)
    if not work.every then
      works[#works + 1] = work.id
    end
  end)
  return random_requests.new(self.draw, self.pick, works)
end

local function constraint_of(request)
  return request.constraints and request.constraints.custom[1]
end

--- The model learns of a new work. after are the prerequisites that its name adds.
function Story:learn(id, request, name, after)
  local work = {
    id = id, request = request, name = name, after = {}, results = request.input.results,
    seconds = request.input.seconds, delay = request.delay, priority = request.priority,
    tag = request.tags[1], constraint = constraint_of(request), backoff = 10,
    max_attempts = request.max_attempts, timeout = request.timeout, every = request.every,
    flex = request.flex, repeats = request.repeats, expedited = request.expedited or false,
    queue = request.queue or "default",
    deadline = request.deadline and self.model.now + request.deadline,
  }
  local seen = {}
  for _, list in ipairs { after or {}, request.after or {} } do
    for _, prerequisite in ipairs(list) do
      if not seen[prerequisite] then
        seen[prerequisite] = true
        table.insert(work.after, prerequisite)
      end
    end
  end
  self.model:enqueue(work)
end

--- Like the work's own request, with some of it replaced.
function Story:variation(work)
  local request = {}
  for key, value in pairs(work.request) do
    request[key] = value
  end
  request.after, request.deadline = nil, nil
  random_requests.vary(request, self.pick)
  if request.every then
    request.every = self.pick { 20, 45 }
  elseif not request.expedited then
    request.delay = self.pick { false, 5, 20 }
  end
  return request
end

--- The model learns what an update changes.
function Story:relearn(id, request)
  self.model.works[id].request = request
  return self.model:update(id, {
    delay = request.delay, priority = request.priority, tag = request.tags[1],
    constraint = constraint_of(request), every = request.every,
  })
end

local FIELDS = { "state", "attempt", "run", "period", "generation", "name", "tag", "stop_reason",
  "outcome", "enqueued_at", "finished_at", "due_at" }

local MOMENTS = { "enqueued_at", "finished_at", "due_at" }

--- The model's clock is never set: by the manager's it is `ahead` seconds later.
local function compare_work(work, info, ahead)
  work.due_at = work.state == "enqueued" and work.due or nil
  info.tag = info.tags[1]
  for _, name in ipairs(MOMENTS) do
    info[name] = info[name] and info[name] - ahead
  end
  for _, name in ipairs(FIELDS) do
    if work[name] ~= info[name] then
      assert.are.equal(work[name], info[name], name .. " of work " .. work.id)
    end
  end
  local after = info.prerequisites
  if #after > 0 or #work.after > 0 then
    assert.are.same(work.after, after, "prerequisites of work " .. work.id)
  end
end

function Story:compare()
  for index = self.seen_starts + 1, math.max(#self.starts, #self.model.starts) do
    assert.are.equal(self.model.starts[index], self.starts[index], "start " .. index)
  end
  self.seen_starts = #self.starts
  local infos = assert(self.manager:query { all = true })
  assert.are.equal(#self.model.order, #infos, "number of works")
  for _, info in ipairs(infos) do
    compare_work(self.model.works[info.id], info, self.ahead)
  end
end

return Story
