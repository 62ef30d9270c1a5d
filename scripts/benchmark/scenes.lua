--- What is measured at two sizes. A scene is one story on one new store, told in parts; each part
--- is a line of the result: `{ name, large, quick, prepare, parts = { { name, act }, … } }`.
---
--- large and quick are the sizes that stand beside 1,000, quick the one of --quick. prepare(stage)
--- may do what is not measured. A stage has `manager` (one worker thread, the queue paused) and
--- `size`; what parts leave for later ones they put there as well. act(stage) is measured and
--- returns by how many works the time is divided.
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

local function enqueue_all(stage, count, fields)
  for first = 1, count, CALL do
    local ids = assert(stage.manager:enqueue(repeated(math.min(CALL, count - first + 1), fields)))
    stage.last = ids[#ids]
  end
end

local function drain(stage)
  assert(stage.manager:resume "default")
  assert(stage.manager:run "idle")
  assert(stage.manager:pause "default")
end

local scenes = {}

--- One shape of graph, enqueued by one call; cancelled and revived by what its first stage holds.
local function add_graph(name, large, quick, stages_of)
  local scene = { name = name, large = large, quick = quick }

  function scene.prepare(stage)
    stage.stages = stages_of(stage.size)
  end

  scene.parts = {
    { name = "enqueue", act = function(stage)
      stage.first = assert(stage.manager:chain(stage.stages))[1]
      return stage.size
    end },
    { name = "cancel the first", act = function(stage)
      assert(stage.manager:cancel(stage.first) >= stage.size)
      return stage.size
    end },
    { name = "retry", act = function(stage)
      assert(stage.manager:retry(stage.first) > 0)
      return stage.size
    end },
    { name = "run", act = function(stage)
      drain(stage)
      return stage.size
    end },
    { name = "prune", act = function(stage)
      assert(stage.manager:prune() >= stage.size)
      return stage.size
    end },
  }
  scenes[#scenes + 1] = scene
end

add_graph("chain", 10000, 5000, function(size)
  return repeated(size)
end)
add_graph("fan-out", 100000, 20000, function(size)
  return { request(), repeated(size) }
end)
add_graph("join", 100000, 20000, function(size)
  return { repeated(size), request() }
end)

local function enqueue_named(stage, existing)
  assert(stage.manager:enqueue(request(), { name = "name", existing = existing }))
end

scenes[#scenes + 1] = {
  name = "one name", large = 10000, quick = 3000,
  prepare = function() end,
  parts = {
    { name = "append one by one", act = function(stage)
      for _ = 1, stage.size do
        enqueue_named(stage, "append")
      end
      return stage.size
    end },
    { name = "keep", act = function(stage)
      enqueue_named(stage, "keep")
      return stage.size
    end },
    { name = "replace", act = function(stage)
      enqueue_named(stage, "replace")
      return stage.size
    end },
  },
}

--- Calls ask(id) for 1,000 of the works that wait, all over the store.
local function ask_about(ask)
  return function(stage)
    for index = 1, CALL do
      assert(ask(stage.manager, math.floor(index * stage.size / CALL)))
    end
    return CALL
  end
end

--- Half of what waits has a delay, half a higher priority and no network.
scenes[#scenes + 1] = {
  name = "behind waiting works", large = 1000000, quick = 100000,
  prepare = function(stage)
    assert(stage.manager:set_condition("network", "none"))
    enqueue_all(stage, stage.size / 2, { delay = "1d" })
    enqueue_all(stage, stage.size / 2, {
      priority = 1, constraints = { network = "connected" },
    })
  end,
  parts = {
    { name = "enqueue 1,000", act = function(stage)
      enqueue_all(stage, CALL)
      return CALL
    end },
    { name = "run 1,000", act = function(stage)
      drain(stage)
      assert(stage.manager:find(stage.last).state == "succeeded")
      return CALL
    end },
    { name = "find", act = ask_about(function(manager, id)
      return manager:find(id)
    end) },
    { name = "why", act = ask_about(function(manager, id)
      return manager:why(id)
    end) },
    { name = "cancel one by one", act = ask_about(function(manager, id)
      return manager:cancel(id) == 1
    end) },
    { name = "count", act = function(stage)
      assert(stage.manager:count { state = "enqueued" } == stage.size - CALL)
      return stage.size
    end },
  },
}

return scenes
