--- Enqueued works in the order in which they come due, and what holds each, as far as a program
--- without workers can tell.
local core = require "moonshift.core"
local fail = require "moonshift.cli.fail"

-- The reasons that are nothing but time.
local TIMES = { delay = true, backoff = true, period = true }

local waiting = {}

--- This program never knows a worker, so that says nothing, unless nobody else is there to know it.
local function worded(reason, is_alone)
  if reason.kind ~= "no_runner" then
    return reason
  elseif is_alone then
    return { kind = reason.kind, detail = "no other process has the store open" }
  end
end

--- Of the reasons that `why` gives here those that hold for the programs that serve the store.
function waiting.seen_from_here(reasons, stats)
  local kept = core.array {}
  for _, reason in ipairs(reasons) do
    kept[#kept + 1] = worded(reason, stats.processes == 1)
  end
  return kept
end

--- A work that is gone by now waits for nothing.
local function reasons_of(manager, id, stats)
  local reasons, message, code = manager:why(id)
  if code == "NOTFOUND" then
    return core.array {}
  end
  return waiting.seen_from_here(fail.check(reasons, message), stats)
end

-- Work whose files have not changed is due at no time yet; while they settle, the moment is known.
local function is_due(info, reasons)
  if not info.due_at then
    return false
  end
  for _, reason in ipairs(reasons) do
    if TIMES[reason.kind] or (reason.kind == "constraint" and reason.clears_at) then
      return false
    end
  end
  return true
end

--- The first works, each `{ info, reasons, is_due }`. stats are the manager's.
function waiting.list(manager, stats, limit)
  local entries = {}
  local infos = fail.check(manager:query({ state = "enqueued" }, { order = "due", limit = limit }))
  for index, info in ipairs(infos) do
    local reasons = reasons_of(manager, info.id, stats)
    entries[index] = { info = info, reasons = reasons, is_due = is_due(info, reasons) }
  end
  return entries
end

--- The reasons in one line. The moment of a mere wait is left to others to tell.
function waiting.words(reasons)
  local words = {}
  for _, reason in ipairs(reasons) do
    words[#words + 1] = not TIMES[reason.kind] and reason.detail or reason.kind
  end
  return table.concat(words, "; ")
end

return waiting
