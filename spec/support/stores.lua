--- Real managers on files in temporary folders, and waiting for what they do.
local folder = require "spec.support.folder"
local moonshift = require "moonshift"
local system = require "system"

local stores = {}
local opened = {}

-- Far above what any step takes on a busy machine: it only bounds a spec that would hang.
stores.patience = 60

--- A path for a database that does not exist yet.
function stores.path()
  return folder.new() .. "/work.db"
end

--- Opens a manager; without a database, on a new file. `stores.clear` closes it.
function stores.open(options)
  -- What workers do wrong on purpose is not for the screen.
  local all = { durability = "normal", on_error = function() end }
  for key, value in pairs(options or {}) do
    all[key] = value
  end
  all.database = all.database or stores.path()
  local manager = assert(moonshift.open(all))
  opened[#opened + 1] = manager
  return manager, all.database
end

--- A manager with the pool workers of spec/support/workers/NAME.lua.
function stores.pool(name, options)
  local all = { workers = "spec.support.workers." .. name, threads = 2 }
  for key, value in pairs(options or {}) do
    all[key] = value
  end
  return stores.open(all)
end

--- Closes all managers and removes their folders.
function stores.clear()
  for index = #opened, 1, -1 do
    opened[index]:close "2s"
  end
  opened = {}
  folder.clear()
end

--- Serves the manager until the condition gives a true value, and returns that. The id is of a
--- work that does not finish in the meantime; awaiting it is what serves.
function stores.until_true(manager, id, condition)
  local deadline = system.monotime() + stores.patience
  while system.monotime() < deadline do
    local value = condition()
    if value then
      return value
    end
    manager:await(id, "20ms")
  end
  error("the condition did not come true: " .. tostring(condition), 2)
end

--- Serves until the work is in the state, and returns its info.
function stores.until_state(manager, id, state)
  return stores.until_true(manager, id, function()
    local info = manager:find(id)
    return info and info.state == state and info
  end)
end

--- Serves until all of it has finished, and returns the infos.
function stores.finished(manager, selector)
  return assert(manager:await(selector, stores.patience))
end

--- Serves until the one work has finished, and returns its info.
function stores.result(manager, id)
  return stores.finished(manager, id)[1]
end

return stores
