--- What several processes on one store are asked, one entry a row: `{ name, measure }`.
---
--- measure(place) returns a list of figures, each `{ name, value, unit }`. A place has a new
--- `database` and its `durability`, the `interpreter` and the folder of the `programs` in C; how
--- many `works`, how many one by one (`lone`), how many `waiting`, how many `times` something that
--- takes long is repeated, and for how many `seconds` something goes on.
local children = require "benchmark.children"
local measure_floor = require "benchmark.floor"
local moonshift = require "moonshift"
local quantile = require "benchmark.quantile"
local system = require "system"

local CALL = 1000

local function start_runner(place, mode)
  local runner = children.start(place.interpreter, "scripts/benchmark/runner.lua",
    place.database, place.durability, mode)
  runner:expect "open"
  return runner
end

local function open(place)
  return assert(moonshift.open {
    database = place.database, durability = place.durability, busy_timeout = "1m",
  })
end

local function enqueue_all(manager, count, fields)
  local requests = {}
  for index = 1, CALL do
    requests[index] = { worker = "nothing", input = { number = 123456 } }
    for key, value in pairs(fields or {}) do
      requests[index][key] = value
    end
  end
  for _ = 1, count / CALL do
    assert(manager:enqueue(requests))
  end
end

local rows = {}

-- ---- Writers ----

--- Calls of all callers, and those of the one that got the fewest.
local function count_calls(place, processes, threads)
  local started, sum, least = {}, 0, math.huge
  local start = system.gettime() + 1
  for index = 1, processes do
    started[index] = children.start(place.programs .. "/callers", place.database,
      place.durability, threads, ("%.3f"):format(start), place.seconds)
  end
  for _, child in ipairs(started) do
    for _, line in ipairs(child:rest()) do
      sum, least = sum + tonumber(line), math.min(least, tonumber(line))
    end
  end
  return sum / place.seconds, least / place.seconds
end

--- All at once call enqueue for one work, again and again.
for _, shape in ipairs { { 1, 64 }, { 8, 8 } } do
  local processes, threads = shape[1], shape[2]
  rows[#rows + 1] = {
    name = ("64 callers in %d"):format(processes),
    measure = function(place)
      local one = count_calls(place, 1, 1)
      os.execute(("rm -f '%s'*"):format(place.database))
      local all, least = count_calls(place, processes, threads)
      return {
        { name = "all beside one caller", value = all / one, unit = "x" },
        { name = "the slowest of its share", value = least / (all / 64), unit = "x" },
      }
    end,
  }
end

-- ---- Drains ----

--- Works a second of all processes, and how many the one that ran the fewest did.
local function drain(place, processes)
  local manager, runners = open(place), {}
  assert(manager:pause "default")
  enqueue_all(manager, place.works)
  for index = 1, processes do
    runners[index] = start_runner(place, "done")
  end
  local begun, ended, least, wakes = system.gettime(), 0, math.huge, 0
  assert(manager:resume "default")
  manager:close()
  for _, runner in ipairs(runners) do
    local ran, at, woken = runner:expect("ran"):match "(%d+) (%S+) (%d+)"
    least, ended = math.min(least, tonumber(ran)), math.max(ended, tonumber(at))
    wakes = wakes + tonumber(woken)
    runner:rest()
  end
  os.execute(("rm -f '%s'*"):format(place.database))
  return place.works / (ended - begun), least, wakes
end

for _, processes in ipairs { 2, 4, 8 } do
  rows[#rows + 1] = {
    name = ("%d processes drain"):format(processes),
    measure = function(place)
      local one = drain(place, 1)
      local all, least, wakes = drain(place, processes)
      return {
        { name = "all beside one process", value = all / one, unit = "x" },
        { name = "the slowest of its share", value = least / (place.works / processes),
          unit = "x" },
        { name = "wake-ups", value = wakes / place.works * 1000, unit = "/1000 works" },
      }
    end,
  }
end

-- ---- Another process runs the work ----

rows[#rows + 1] = {
  name = "enqueue to first line",
  measure = function(place)
    local manager, runner, took = open(place), start_runner(place), {}
    for index = 1, place.lone do
      system.sleep(0.002)
      local begun = system.gettime()
      local id = assert(manager:enqueue { worker = "clock" })
      took[index] = (assert(manager:await(id, 10))[1].output.at - begun) * 1e6
    end
    runner:signal "KILL"
    manager:close()
    local bare = measure_floor(place.durability, 0, place.lone)
    return {
      { name = "median", value = quantile(took, 0.5), unit = "us" },
      { name = "p99", value = quantile(took, 0.99), unit = "us" },
      { name = "beside a bare loop", value = quantile(took, 0.5) / bare.elsewhere, unit = "x" },
      { name = "p99 beside it", value = quantile(took, 0.99) / bare["elsewhere p99"], unit = "x" },
    }
  end,
}

--- How often the threads of all processes wake up for one work while only one of them gets it.
rows[#rows + 1] = {
  name = "8 idle processes, one work",
  measure = function(place)
    local manager, runners, before, after = open(place), {}, 0, 0
    for index = 1, 8 do
      runners[index] = start_runner(place)
    end
    system.sleep(0.5)
    for _, runner in ipairs(runners) do
      before = before + runner:wakes()
    end
    for _ = 1, place.times do
      assert(manager:enqueue { worker = "nothing" })
      system.sleep(0.005)
    end
    system.sleep(0.1)
    for _, runner in ipairs(runners) do
      after = after + runner:wakes()
      runner:signal "KILL"
    end
    manager:close()
    return { { name = "wake-ups", value = (after - before) / place.times, unit = "/work" } }
  end,
}

--- From the signal to the first line of the work's next run, in another process. Each work is
--- killed once, since the second time it would wait for its backoff.
rows[#rows + 1] = {
  name = "SIGKILL to running elsewhere",
  measure = function(place)
    local manager, took = open(place), {}
    local running = start_runner(place)
    for index = 1, place.times do
      local id = assert(manager:enqueue { worker = "hold" })
      running:expect "begun"
      local heir = start_runner(place)
      local killed = running:signal "KILL"
      took[index] = (tonumber(heir:expect "begun") - killed) * 1e3
      assert(manager:cancel(id) == 1)
      running:rest()
      running = heir
    end
    running:signal "KILL"
    manager:close()
    return {
      { name = "median", value = quantile(took, 0.5), unit = "ms" },
      { name = "p99", value = quantile(took, 0.99), unit = "ms" },
    }
  end,
}

-- ---- Idle ----

rows[#rows + 1] = {
  name = "idle behind waiting works",
  measure = function(place)
    local manager = open(place)
    enqueue_all(manager, place.waiting, { constraints = { custom = { "never" } } })
    local runner = start_runner(place)
    system.sleep(1)
    local before = runner:wakes()
    system.sleep(place.seconds)
    local wakes, resident = runner:wakes() - before, runner:resident()
    runner:signal "KILL"
    manager:close()
    return {
      { name = "wake-ups", value = wakes / place.seconds, unit = "/s" },
      { name = "resident", value = resident, unit = "MB" },
    }
  end,
}

return rows
