-- What waits for the host's callbacks: events for observers, trouble for on_error.

local core = require "moonshift.core"

local inbox = {}

-- Calls back with an event, once drop has taken it from where it waits. Where memory is missing
-- before that, it raises and the event waits on.
local function call(callback, event, drop, manager)
  local is_dropped = false
  local ok, message = xpcall(function()
    drop(manager)
    is_dropped = true
    callback(event)
  end, core.traceback)
  if not (ok or is_dropped) then
    error(message, 0)
  end
  return ok, message
end

-- Tells on_error, or stderr where there is none; an error in on_error goes there as well.
local function report(state, event, drop, manager)
  local ok, message = call(state.on_error or core.report, event, drop, manager)
  if not ok then
    core.report { kind = "on_error", message = message }
  end
end

local function drop_nothing() end

local function deliver_event(manager, state)
  local callback, event = core.next_event(manager)
  if not callback then
    return false
  end
  local ok, message = call(callback, event, core.drop_event, manager)
  if not ok then
    report(state, {
      kind = "observer",
      message = message,
      id = event.work.id,
      worker = event.work.worker,
    }, drop_nothing)
  end
  return true
end

local function deliver_trouble(manager, state)
  local event = core.next_trouble(manager)
  if not event then
    return false
  end
  report(state, event, core.drop_trouble, manager)
  return true
end

-- Calls back for whatever waits, at most max times; returns how often.
function inbox.deliver(manager, state, max)
  local count = 0
  while count < max and deliver_event(manager, state) do
    count = count + 1
  end
  while count < max and deliver_trouble(manager, state) do
    count = count + 1
  end
  return count
end

return inbox
