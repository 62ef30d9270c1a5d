--- What is measured at two sizes, one entry a row: `{ name, large, quick, per, measure }`.
---
--- measure(manager, size) prepares, then returns the seconds that the measured part took and how
--- many works (or calls) it is divided by. large and quick are the sizes beside 1,000, quick the
--- one for --quick. The manager is new, with one worker thread and its queues paused.
local moonshift = require "moonshift"
local system = require "system"

local CALL = 1000

local function request(fields)
  local result = { worker = "nothing" }
  for key, value in pairs(fields or {}) do
    result[key] = value
  end
  return result
end

local function repeated(count, fields)
  local list = {}
  for index = 1, count do
    list[index] = request(fields)
  end
  return list
end

--- Enqueues size works in calls of 1,000.
local function enqueue_all(manager, size, fields)
  for _ = 1, size / CALL do
    assert(manager:enqueue(repeated(CALL, fields)))
  end
end

local function seconds(action)
  collectgarbage()
  local begun = system.monotime()
  action()
  return system.monotime() - begun
end

local function drain(manager)
  assert(manager:resume "default")
  assert(manager:run "idle")
end

local function chain_of(size)
  return repeated(size)
end

local function fan_out_of(size)
  return { request(), repeated(size) }
end

local function join_of(size)
  return { repeated(size), request() }
end

local rows = {}

local function add(name, large, quick, measure)
  rows[#rows + 1] = { name = name, large = large, quick = quick, measure = measure }
end

--- Three rows for one shape of graph: to enqueue it in one call, to run it, and to cancel it by its
--- first stage.
local function add_graph(name, large, quick, stages_of)
  add(name .. ": enqueue", large, quick, function(manager, size)
    local stages = stages_of(size)
    return seconds(function()
      assert(manager:chain(stages))
    end), size
  end)
  add(name .. ": run", large, quick, function(manager, size)
    assert(manager:chain(stages_of(size)))
    return seconds(function()
      drain(manager)
    end), size
  end)
  add(name .. ": cancel", large, quick, function(manager, size)
    local first = assert(manager:chain(stages_of(size)))[1]
    return seconds(function()
      assert(manager:cancel(first) >= size)
    end), size
  end)
  add(name .. ": retry", large, quick, function(manager, size)
    local first = assert(manager:chain(stages_of(size)))[1]
    assert(manager:cancel(first))
    return seconds(function()
      assert(manager:retry(first) > 0)
    end), size
  end)
  add(name .. ": prune", large, quick, function(manager, size)
    assert(manager:chain(stages_of(size)))
    assert(manager:cancel { all = true })
    return seconds(function()
      assert(manager:prune() >= size)
    end), size
  end)
end

add_graph("chain", 10000, 5000, chain_of)
add_graph("fan-out", 100000, 10000, fan_out_of)
add_graph("join", 100000, 10000, join_of)

local function append_all(manager, size)
  for _ = 1, size do
    assert(manager:enqueue(request(), { name = "name", existing = "append" }))
  end
end

add("name: append one by one", 10000, 5000, function(manager, size)
  return seconds(function()
    append_all(manager, size)
  end), size
end)

for _, existing in ipairs { "keep", "replace" } do
  add("name: " .. existing, 10000, 5000, function(manager, size)
    assert(manager:chain(chain_of(size), { name = "name", existing = "keep" }))
    return seconds(function()
      assert(manager:enqueue(request(), { name = "name", existing = existing }))
    end), size
  end)
end

return rows
