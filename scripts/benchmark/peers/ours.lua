--- ours.lua measure|hold|enqueue FOLDER DURABILITY …: moonshift's side of the comparison with its
--- peers, with the parts and the figures of peer.mjs.
local core = require "moonshift.core"
local memory = require "benchmark.memory"
local moonshift = require "moonshift"
local system = require "system"

local part, folder, durability = arg[1], arg[2], arg[3]
local database = folder .. "/work.db"
local CALL = 1000
local REST_S = 0.002

local function open(options)
  options = options or {}
  options.database, options.durability = database, durability
  return assert(moonshift.open(options))
end

local function open_pool()
  return open { workers = "benchmark.workers", threads = 1 }
end

local function request(worker)
  return { worker = worker, input = { number = 123456 } }
end

local function bytes_of_store()
  local file = assert(io.open(database))
  local size = file:seek "end"
  file:close()
  return size
end

--- The bytes that one work needs are asked for while nobody has the store open.
local function enqueue_all(works)
  open():close()
  local empty, manager, requests = bytes_of_store(), open(), {}
  assert(manager:pause "default")
  for index = 1, CALL do
    requests[index] = request "nothing"
  end
  local begun = system.monotime()
  for _ = 1, works / CALL do
    assert(manager:enqueue(requests))
  end
  local took = system.monotime() - begun
  manager:close()
  return works / took, (bytes_of_store() - empty) / works
end

local function drain(manager, works)
  local begun = system.monotime()
  assert(manager:resume "default")
  assert(manager:run "idle")
  return works / (system.monotime() - begun)
end

--- Microseconds in order.
local function alone(lone, act)
  local took = {}
  for index = 1, lone do
    system.sleep(REST_S)
    took[index] = act() * 1e6
  end
  table.sort(took)
  return took
end

local function part_of(sorted, share)
  return sorted[math.min(#sorted, math.floor(#sorted * share) + 1)]
end

local parts = {}

function parts.measure(works, lone)
  local figures = { settings = "synchronous=" .. durability:upper() }
  figures.enqueue, figures.bytes = enqueue_all(works)
  local manager = open_pool()
  figures.drain = drain(manager, works)
  figures.load = memory "VmHWM"
  local lines = alone(lone, function()
    local begun = system.gettime()
    local id = assert(manager:enqueue(request "clock"))
    return assert(manager:await(id, 10))[1].output.at - begun
  end)
  local hops = alone(lone, function()
    local ids = assert(manager:chain { request "clock", request "clock" })
    local infos = assert(manager:await(ids, 10))
    return infos[2].output.at - infos[1].output.at
  end)
  manager:close()
  figures.first, figures.late = part_of(lines, 0.5), part_of(lines, 0.99)
  figures.hop = part_of(hops, 0.5)
  print(core.encode(figures))
end

function parts.hold()
  local manager = open_pool()
  print "ready"
  io.stdout:flush()
  manager:run()
end

function parts.enqueue(worker)
  local manager = open()
  assert(manager:enqueue(request(worker)))
  manager:close()
end

parts[part](tonumber(arg[4]) or arg[4], tonumber(arg[5]))
