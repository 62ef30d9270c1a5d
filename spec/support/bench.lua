--- Managers with a virtual clock, the workers most specs need, and a diary of what ran.
local core = require "moonshift.core"
local testing = require "moonshift.testing"

local bench = {}
-- For each manager that was opened, the drivers of those that live on its store.
local groups = {}
local server

local function enter(diary, input, work)
  local entry = {
    id = work.id, attempt = work.attempt, run = work.run, period = work.period, input = input,
    at = diary.manager:now(),
  }
  diary[#diary + 1] = entry
  return entry
end

local function workers_of(diary)
  local workers = {}

  function workers.succeed(input, work)
    enter(diary, input, work)
    return "success", input.output
  end

  function workers.fail(input, work)
    enter(diary, input, work)
    return "failure", input.output
  end

  function workers.again(input, work)
    enter(diary, input, work)
    return "retry", input.after and { after = input.after } or nil
  end

  function workers.raise(input, work)
    enter(diary, input, work)
    error "the worker is broken"
  end

  --- Sleeps for input.seconds and succeeds; notes why it was stopped.
  function workers.long(input, work)
    local entry = enter(diary, input, work)
    local slept, reason = work:sleep(input.seconds or 60)
    entry.slept, entry.reason, entry.left = slept, reason, diary.manager:now()
    return "success", { late = not slept }
  end

  --- Gives the results of input.results in turn, one for each attempt.
  function workers.script(input, work)
    enter(diary, input, work)
    return input.results[work.attempt]
  end

  return workers
end

--- From now on managers live on that PostgreSQL server; nil: in memory again.
function bench.move(to)
  server = to
end

local function place()
  if os.getenv "MOONSHIFT_SPEC_SERVER" then
    server = assert(require "spec.support.server".shared())
  end
  return server and server:empty("bench" .. #groups)
end

--- Opens a manager on virtual time; options.workers are added to the common ones. Returns it and
--- its diary, the list of runs in the order of their starts.
function bench.open(options)
  local diary = {}
  -- What workers do wrong on purpose is not for the screen.
  local all = { on_error = function() end }
  for key, value in pairs(options or {}) do
    all[key] = value
  end
  local workers = workers_of(diary)
  for name, worker in pairs(all.workers or {}) do
    workers[name] = worker
  end
  all.workers = workers
  all.database = all.database or place()
  local manager = assert(testing.open(all))
  diary.manager = manager
  diary.start = manager:now()
  groups[#groups + 1] = core.state(manager).driver.group
  return manager, diary
end

--- The ids of the diary, in the order of their starts.
function bench.ids(diary)
  local ids = {}
  for index, entry in ipairs(diary) do
    ids[index] = entry.id
  end
  return ids
end

--- The moments of the starts, in seconds since the manager was opened.
function bench.moments(diary)
  local moments = {}
  for index, entry in ipairs(diary) do
    moments[index] = entry.at - diary.start
  end
  return moments
end

--- Observes the selector; the list it returns grows with "TYPE STATE" of each event.
function bench.watch(manager, selector)
  local words = {}
  manager:observe(selector, function(event)
    words[#words + 1] = event.type .. " " .. event.work.state
  end)
  return words
end

--- How far in the future the work is due, in seconds.
function bench.due_in(manager, id)
  local due = manager:find(id).due_at
  return due and due - manager:now()
end

--- The state words of the ids, in their order.
function bench.states(manager, ids)
  local states = {}
  for index, id in ipairs(ids) do
    states[index] = manager:find(id).state
  end
  return states
end

--- Closes them all, their peers and successors too: one that is left to the collector closes in the
--- middle of a later spec, on a server in the store of that spec.
function bench.clear()
  for _, group in ipairs(groups) do
    while group[1] do
      group[1].manager:close(0)
    end
  end
  groups = {}
end

return bench
