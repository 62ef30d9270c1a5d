--- What happens, one line an event: for logs, and for programs as JSON.
local format = require "moonshift.cli.format"

local events = {}

local function took(work)
  return work.started_at and work.finished_at and format.span(work.finished_at - work.started_at)
end

--- What there is to say about an event beside its work.
local DETAILS = {
  started = function(work)
    return ("attempt %d"):format(work.attempt)
  end,
  progress = function(work)
    return work.progress and format.json(work.progress)
  end,
  retried = function(work, time)
    return work.due_at and "again " .. format.from_now(work.due_at, time)
  end,
  stopped = function(work)
    return work.stop_reason
  end,
  succeeded = took,
  failed = function(work)
    return format.first_line(work.error)
  end,
  cancelled = function(work)
    return work.stop_reason
  end,
}

DETAILS.running = DETAILS.started

--- One event as text; a snapshot shows as the state that it found.
function events.line(event)
  local word = event.type == "snapshot" and event.work.state or event.type
  local detail = DETAILS[word]
  local text = ("%s %-9s %d %s"):format(os.date("%H:%M:%S", math.floor(event.time)), word,
    event.work.id, event.work.worker)
  local more = detail and detail(event.work, event.time)
  return format.plain(more and text .. " " .. more or text)
end

--- One event as a JSON object.
function events.json(event)
  return ('{"type":%s,"time":%s,"work":%s}'):format(format.json(event.type),
    format.json(event.time), format.info_json(event.work))
end

return events
