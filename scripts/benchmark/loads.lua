--- What works are drained beside, one entry a load: `{ name, size, quick, fill, works, quick_works,
--- calls }`. An entry has what differs from the plain case, an empty store and works of one lane.
---
--- size and quick are how many works fill(manager, count) puts into the store beforehand. works and
--- quick_works are how many are measured, if not as many as elsewhere. calls(works) is how they are
--- enqueued: a list of pairs, a method of the manager and its argument.
local CALL = 1000

local loads = { GO = "go" }

--- Nothing starts before the condition GO holds.
local function request(fields)
  local result = {
    worker = "nothing", input = { number = 123456 }, constraints = { custom = { loads.GO } },
  }
  for key, value in pairs(fields or {}) do
    result[key] = value
  end
  return result
end

--- Calls that enqueue so many works, CALL at once. change(request, index, requests) may change
--- each.
local function in_bulk(works, change)
  local calls, requests = {}, nil
  for index = 1, works do
    if (index - 1) % CALL == 0 then
      requests = {}
      calls[#calls + 1] = { "enqueue", requests }
    end
    requests[#requests + 1] = request()
    if change then
      change(requests[#requests], index, requests)
    end
  end
  return calls
end

function loads.plain(works)
  return in_bulk(works)
end

--- The same requests again and again, so that a large store needs little memory here.
local function fill(manager, count, fields_of)
  local requests = {}
  for index = 1, CALL do
    requests[index] = request(fields_of(index))
  end
  for _ = 1, count / CALL do
    assert(manager:enqueue(requests))
  end
end

local function add(load)
  loads[#loads + 1] = load
end

--- Delayed works are of the same lane as those that are drained, and become due in random order.
add {
  name = "behind delayed works", size = 1000000, quick = 100000,
  fill = function(manager, count)
    fill(manager, count, function()
      return { delay = 86400 + math.random(86400) }
    end)
  end,
}

add {
  name = "behind constrained works", size = 1000000, quick = 100000,
  fill = function(manager, count)
    fill(manager, count, function()
      return { priority = 1, constraints = { network = "connected" } }
    end)
  end,
}

local function add_lanes(name, change)
  add { name = name, calls = function(works)
    return in_bulk(works, change)
  end }
end

add_lanes("100 priorities", function(each)
  each.priority = math.random(100)
end)
add_lanes("1,000 queues", function(each)
  each.queue = "queue" .. math.random(1000)
end)
add_lanes("100 constraint sets", function(each)
  each.constraints.custom[2] = "set" .. math.random(100)
end)

add {
  name = "chains of 5", works = 5000, quick_works = 5000,
  calls = function(works)
    return in_bulk(works, function(each, index, requests)
      each.after = (index - 1) % 5 > 0 and { requests[#requests - 1] } or nil
    end)
  end,
}

add {
  name = "one chain", works = 10000, quick_works = 3000,
  calls = function(works)
    local stages = {}
    for index = 1, works do
      stages[index] = request()
    end
    return { { "chain", stages } }
  end,
}

--- What the loads need, except GO.
function loads.prepare(manager)
  for index = 1, 100 do
    assert(manager:set_condition("set" .. index, true))
  end
end

return loads
