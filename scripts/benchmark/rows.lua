--- What is measured, one entry a row: `{ name, unit, floor, measure }`.
---
--- unit is "works/s" (more is better) or "us" (less is better). floor names the phases of floor.c
--- whose sum is the bare loop's figure. measure(place) returns ours; place has `database`,
--- `durability`, `works` (how many in bulk) and `lone` (how many one by one), and the folder of the
--- database is new in each round.
local median = require "benchmark.median"
local moonshift = require "moonshift"
local quantile = require "benchmark.quantile"
local system = require "system"

local CALL = 1000

local function open(place, options)
  options = options or {}
  options.database, options.durability = place.database, place.durability
  return assert(moonshift.open(options))
end

local function open_pool(place)
  return open(place, { workers = "benchmark.workers", threads = 1 })
end

local function enqueue_all(manager, works)
  local requests = {}
  for index = 1, CALL do
    requests[index] = { worker = "nothing", input = { number = 123456 } }
  end
  for _ = 1, works / CALL do
    assert(manager:enqueue(requests))
  end
end

local function per_second(works, begun)
  return works / (system.monotime() - begun)
end

local rows = {}

rows[#rows + 1] = {
  name = "enqueue in bulk", unit = "works/s", floor = { "enqueue" },
  measure = function(place)
    local manager = open(place)
    local begun = system.monotime()
    enqueue_all(manager, place.works)
    local result = per_second(place.works, begun)
    manager:close()
    return result
  end,
}

rows[#rows + 1] = {
  name = "drain", unit = "works/s", floor = { "drain" },
  measure = function(place)
    local manager = open_pool(place)
    assert(manager:pause "default")
    enqueue_all(manager, place.works)
    local begun = system.monotime()
    assert(manager:resume "default")
    manager:run "idle"
    local result = per_second(place.works, begun)
    manager:close()
    return result
  end,
}

rows[#rows + 1] = {
  name = "whole life", unit = "works/s", floor = { "life" },
  measure = function(place)
    local manager = open_pool(place)
    local begun = system.monotime()
    enqueue_all(manager, place.works)
    manager:run "idle"
    local result = per_second(place.works, begun)
    manager:close()
    return result
  end,
}

rows[#rows + 1] = {
  name = "enqueue one by one", unit = "us", floor = { "commit" },
  measure = function(place)
    local manager = open(place)
    local took = {}
    for index = 1, place.lone do
      local begun = system.monotime()
      assert(manager:enqueue { worker = "nothing", input = { number = 123456 } })
      took[index] = (system.monotime() - begun) * 1e6
    end
    manager:close()
    return median(took)
  end,
}

--- From each call of enqueue to the worker's first line, when nothing else goes on.
local function first_lines(place)
  local manager = open_pool(place)
  local took = {}
  for index = 1, place.lone do
    system.sleep(0.001)
    local begun = system.gettime()
    local id = assert(manager:enqueue { worker = "clock" })
    local info = assert(manager:await(id, 10))[1]
    took[index] = (info.output.at - begun) * 1e6
  end
  manager:close()
  return took
end

rows[#rows + 1] = {
  name = "enqueue to first line", unit = "us", floor = { "rested", "wake" },
  measure = function(place)
    return median(first_lines(place))
  end,
}

rows[#rows + 1] = {
  name = "enqueue to first line, p99", unit = "us", floor = { "rested p99", "wake p99" },
  measure = function(place)
    return quantile(first_lines(place), 0.99)
  end,
}

--- From the last line of one work to the first of the next in its chain, when nothing else goes on.
rows[#rows + 1] = {
  name = "chain hop", unit = "us", floor = { "commit", "wake" },
  measure = function(place)
    local manager = open_pool(place)
    local took = {}
    for index = 1, place.lone do
      system.sleep(0.001)
      local ids = assert(manager:chain { { worker = "clock" }, { worker = "clock" } })
      local infos = assert(manager:await(ids, 10))
      took[index] = (infos[2].output.at - infos[1].output.at) * 1e6
    end
    manager:close()
    return median(took)
  end,
}

return rows
