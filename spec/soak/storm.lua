--- storm.lua FOLDER SEED: does at random what programs do with the store in the folder, and runs
--- work. Notes what was acknowledged. One line on stdout for each step; it goes on until it is
--- killed.
local moonshift = require "moonshift"
local notes = require "spec.soak.notes"

local folder, seed = arg[1], tonumber(arg[2])
local draw = require("spec.soak.draw").new(seed)
local manager = assert(moonshift.open {
  database = folder .. "/work.db",
  workers = "spec.soak.workers",
  threads = 2,
  durability = "normal",
  queues = { narrow = { limit = 2 } },
  busy_timeout = "30s",
  on_error = function(event)
    if event.kind ~= "worker" then
      notes.add(folder .. "/trouble", event.kind .. ": " .. tostring(event.message))
    end
  end,
})
local known = {}

local function request(changes)
  local made = {
    worker = "step",
    input = { folder = folder, ends = draw.pick { "success", "success", "retry", "failure" } },
    tags = { draw.pick { "a", "b", "c" } },
    queue = draw.pick { "default", "narrow" },
    priority = draw.integer(-2, 2),
    delay = draw.pick { 0, 0, "5ms", "50ms" },
    backoff = { delay = "1ms", max = "10ms" },
    max_attempts = draw.pick { nil, 2, 4 },
  }
  made.max_attempts = made.max_attempts or 4
  for key, value in pairs(changes or {}) do
    made[key] = value
  end
  return made
end

local function flatten(ids, into)
  into = into or {}
  for _, id in ipairs(type(ids) == "table" and ids or { ids }) do
    if type(id) == "table" then
      flatten(id, into)
    else
      into[#into + 1] = id
    end
  end
  return into
end

--- What was answered is noted before anything else happens.
local function acknowledge(word, ids)
  ids = flatten(assert(ids))
  notes.add(folder .. "/acknowledged", word .. " " .. table.concat(ids, " "))
  for _, id in ipairs(ids) do
    known[#known + 1] = id
  end
end

local function choose()
  return known[draw.integer(1, math.max(1, #known))] or 1
end

local steps = {}

function steps.enqueue()
  acknowledge("work", (assert(manager:enqueue(request()))))
end

function steps.list()
  acknowledge("work", (assert(manager:enqueue { request(), request(), request() })))
end

function steps.chain()
  acknowledge("chain", (assert(manager:chain { request(), { request(), request() }, request() })))
end

function steps.periodic()
  acknowledge("work", (assert(manager:enqueue(request { every = "1s", max_attempts = 3 },
    { name = "often", existing = draw.pick { "keep", "update", "replace" } }))))
end

function steps.named()
  acknowledge("work", (assert(manager:enqueue(request(), { name = draw.pick { "x", "y" },
    existing = draw.pick { "keep", "replace", "append", "append_or_replace" } }))))
end

function steps.cancel()
  assert(manager:cancel(choose()))
end

function steps.cancel_tag()
  assert(manager:cancel { tag = "c" })
end

function steps.retry()
  assert(manager:retry(choose()))
end

function steps.run_now()
  assert(manager:run_now(choose()))
end

function steps.update()
  local id = choose()
  local info = manager:find(id)
  if info and not info.every then
    assert(manager:update(id, request()))
  end
end

function steps.pause()
  local queue = draw.pick { "default", "narrow" }
  assert(manager:pause(queue))
  assert(manager:resume(queue))
end

local names = { "enqueue", "enqueue", "list", "list", "chain", "periodic", "named", "named",
  "cancel", "cancel_tag", "retry", "run_now", "update", "pause" }

print "ready"
io.stdout:flush()
while true do
  steps[draw.pick(names)]()
  manager:dispatch()
  print "step"
  io.stdout:flush()
end
