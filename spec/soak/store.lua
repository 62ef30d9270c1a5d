--- The store in a folder, as programs open it.
local moonshift = require "moonshift"
local notes = require "spec.soak.notes"

local store = {}

--- Opens a manager that runs the folder's work, and notes what troubles it.
function store.open(folder, options)
  local made = {
    database = folder .. "/work.db",
    workers = "spec.soak.workers",
    threads = 2,
    durability = "normal",
    queues = { narrow = { limit = 2 } },
    busy_timeout = "30s",
    on_error = function(event)
      notes.add(folder .. "/trouble", event.kind .. ": " .. tostring(event.message))
    end,
  }
  for key, value in pairs(options or {}) do
    made[key] = value
  end
  return assert(moonshift.open(made))
end

return store
