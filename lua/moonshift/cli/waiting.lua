--- Enqueued works in the order in which they come due, and what holds each, as far as a program
--- without workers can tell.
local core = require "moonshift.core"
local fail = require "moonshift.cli.fail"

local waiting = {}

--- This program never knows a worker, so that says nothing, unless nobody else is there to know it.
local function worded(reason, is_alone)
  if reason.kind ~= "no_runner" then
    return reason
  elseif is_alone then
    return { kind = reason.kind, detail = "no other process has the store open" }
  end
end

--- A work that is gone by now waits for nothing.
local function reasons_of(manager, id, is_alone)
  local kept = core.array {}
  local reasons, message, code = manager:why(id)
  if code ~= "NOTFOUND" then
    for _, reason in ipairs(fail.check(reasons, message)) do
      kept[#kept + 1] = worded(reason, is_alone)
    end
  end
  return kept
end

--- The first works, each `{ info, reasons }`. stats are the manager's.
function waiting.list(manager, stats, limit)
  local entries = {}
  local infos = fail.check(manager:query({ state = "enqueued" }, { order = "due", limit = limit }))
  for index, info in ipairs(infos) do
    local reasons = reasons_of(manager, info.id, stats.processes == 1)
    entries[index] = { info = info, reasons = reasons }
  end
  return entries
end

--- The reasons in one line. The moment of a mere wait is left to others to tell.
function waiting.words(reasons)
  local words = {}
  for _, reason in ipairs(reasons) do
    local is_time = reason.kind == "delay" or reason.kind == "backoff" or reason.kind == "period"
    words[#words + 1] = is_time and reason.kind or reason.detail or reason.kind
  end
  return table.concat(words, "; ")
end

return waiting
