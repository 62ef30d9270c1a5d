local bench = require "spec.support.bench"
local model = require "spec.support.model"

--- Numbers that are the same on every Lua for the same seed.
local function numbers(seed)
  local state = seed
  return function(low, high)
    state = (state * 16807) % 2147483647
    return low + state % (high - low + 1)
  end
end

local results = { "success", "success", "failure", "retry" }

local function random_request(random, ids)
  local request = { worker = "script", delay = ({ 0, 0, 5, 20 })[random(1, 4)],
    priority = random(-2, 2), backoff = { policy = "linear", delay = 10 }, after = {},
    max_attempts = ({ nil, 1, 2, 3 })[random(1, 4)] }
  request.input = { results = {} }
  for attempt = 1, 4 do
    request.input.results[attempt] = results[random(1, 4)]
  end
  request.input.results[5] = "success"
  for _ = 1, math.min(#ids, random(0, 2)) do
    request.after[#request.after + 1] = ids[random(math.max(1, #ids - 8), #ids)]
  end
  return request
end

local steps = {
  enqueue = function(random, manager, expected, ids)
    local request = random_request(random, ids)
    local id = manager:enqueue(request)
    ids[#ids + 1] = id
    expected:enqueue(id, { delay = request.delay, priority = request.priority,
      after = request.after, results = request.input.results,
      max_attempts = request.max_attempts })
    return "enqueue", 0, 0
  end,
  advance = function(random, manager, expected)
    local seconds = random(1, 15)
    return "advance " .. seconds, expected:advance(seconds), manager:advance(seconds)
  end,
  run_due = function(_, manager, expected)
    return "run_due", expected:run_due(), manager:run_due()
  end,
}
for _, name in ipairs { "cancel", "retry", "run_now" } do
  steps[name] = function(random, manager, expected, ids)
    if #ids == 0 then
      return name, 0, 0
    end
    local id = ids[random(1, #ids)]
    return name .. " " .. id, expected[name](expected, id), manager[name](manager, id)
  end
end

local names = { "enqueue", "enqueue", "enqueue", "enqueue", "advance", "advance", "run_due",
  "cancel", "retry", "retry", "run_now" }

local function compare(manager, expected, ids, story)
  for _, id in ipairs(ids) do
    local info, work = manager:find(id), expected.works[id]
    assert.are.equal(work.state, info.state, story .. ": state of " .. id)
    assert.are.equal(work.attempt, info.attempt, story .. ": attempt of " .. id)
    if work.state == "enqueued" then
      assert.are.equal(work.due, info.due_at, story .. ": due time of " .. id)
    end
  end
end

describe("random operations", function()
  after_each(bench.clear)

  for seed = 1, 20 do
    it("lead where the model says, with seed " .. seed, function()
      local random = numbers(seed * 7919)
      local manager, diary = bench.open { retention = "52w" }
      local expected = model.new(manager:now())
      local ids = {}
      for step = 1, 60 do
        local what, wanted, got = steps[names[random(1, #names)]](random, manager, expected, ids)
        local story = ("seed %d, step %d, %s"):format(seed, step, what)
        assert.are.equal(wanted, got, story .. ": count")
        compare(manager, expected, ids, story)
        assert.are.same(expected.starts, bench.ids(diary), story .. ": starts")
        if random(1, 15) == 1 then
          manager = manager:crash()
          diary.manager = manager
        end
      end
    end)
  end
end)
