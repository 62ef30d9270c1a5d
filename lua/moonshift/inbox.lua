-- What waits for the host's callbacks: events for observers, trouble for on_error.

local core = require "moonshift.core"

local inbox = {}

-- Tells on_error, or stderr where there is none; an error in on_error goes there as well.
function inbox.report(state, event)
  if not state.on_error then
    core.report(event)
    return
  end
  local ok, message = xpcall(function()
    state.on_error(event)
  end, core.traceback)
  if not ok then
    core.report { kind = "on_error", message = message }
  end
end

local function deliver_event(manager, state)
  local callback, event = core.take_event(manager)
  if not callback then
    return false
  end
  local ok, message = xpcall(function()
    callback(event)
  end, core.traceback)
  if not ok then
    inbox.report(state, {
      kind = "observer",
      message = message,
      id = event.work.id,
      worker = event.work.worker,
    })
  end
  return true
end

local function deliver_trouble(manager, state)
  local event = core.take_trouble(manager)
  if not event then
    return false
  end
  inbox.report(state, event)
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
