--- The store in a folder, as programs open it.
local lfs = require "lfs"
local moonshift = require "moonshift"
local notes = require "spec.soak.notes"

local store = {}

--- From now on programs may delete what has ended in the folder's store, and keep it only shortly.
function store.let_prune(folder)
  notes.add(folder .. "/prunes", "yes")
end

function store.prunes(folder)
  return lfs.attributes(folder .. "/prunes") ~= nil
end

--- A program that stood still finds that what is stuck has had its time.
local function note_trouble(folder, event)
  local message = tostring(event.message)
  if not message:find("its thread is given up", 1, true) then
    notes.add(folder .. "/trouble", event.kind .. ": " .. message)
  end
end

--- Opens a manager that runs the folder's work, or none if its workers are false, and notes what
--- troubles it.
function store.open(folder, options)
  local made = {
    database = folder .. "/work.db",
    workers = "spec.soak.workers",
    threads = 2,
    durability = "normal",
    retention = store.prunes(folder) and "100ms" or "1d",
    -- Longer than a program stands still: what is interrupted cannot give back what it holds.
    stop_grace = "1m",
    queues = {
      narrow = { limit = 2 }, brisk = { rate = "5/s" }, minute = { rate = "30/m" },
    },
    busy_timeout = "30s",
    on_error = function(event)
      note_trouble(folder, event)
    end,
  }
  for key, value in pairs(options or {}) do
    made[key] = value
  end
  made.workers = made.workers or nil
  return assert(moonshift.open(made))
end

--- Opens a manager that runs what is stuck, and interrupts it soon.
function store.open_stern(folder)
  return store.open(folder, { workers = "spec.soak.stuck", threads = 8, stop_grace = "20ms" })
end

--- Lets everything run: killed in between, a program leaves a queue paused; and what has a rate, or
--- the usual backoff after two crashes, would take minutes. From now on nobody opens a manager that
--- sets rates again.
function store.lift(folder, manager)
  notes.add(folder .. "/starts", "lifted")
  for name in pairs(manager:queues()) do
    assert(manager:resume(name))
  end
  assert(manager:set_queue("brisk", {}))
  assert(manager:set_queue("minute", {}))
  assert(manager:run_now { worker = "sure" })
end

return store
