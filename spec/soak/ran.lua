--- What must be true of runs: what their workers noted, against what the store says of them.
local notes = require "spec.soak.notes"

local ran = {}

-- What is claimed may begin so much later, on a machine with much to do, and where its program
-- stands still meanwhile.
local LATE_S, STANDING_S = 5, 14
-- The engine's clock follows the system's within some milliseconds.
local CLOCK_S = 0.01

--- How one run of a work may follow another: attempts are given back, but never skipped, and a
--- period comes after the end of the one before. Runs between them were claimed and did not begin.
local function follows(run, before)
  local passed = run.run - before.run
  if run.period == before.period then
    return run.attempt <= before.attempt + passed
  end
  return run.period > before.period and run.period <= before.period + passed and
    run.attempt <= passed
end

local function check_order(id, list, complain)
  table.sort(list, function(a, b)
    return a.run < b.run
  end)
  for index = 2, #list do
    local run, before = list[index], list[index - 1]
    if not follows(run, before) then
      local text = "work %s: run %d is attempt %d of period %d, run %d attempt %d of period %d"
      complain(text:format(id, before.run, before.attempt, before.period, run.run, run.attempt,
        run.period))
    end
  end
end

local function add_begin(runs, id, line, infos, complain)
  local run, attempt, period, by = line:match "^begin %d+ (%d+) (%d+) (%d+) (%S+)$"
  run = { run = tonumber(run), attempt = tonumber(attempt), period = tonumber(period), by = by }
  local name, info = id .. "/" .. run.run, infos[tonumber(id)]
  if runs.begun[name] then
    complain(("run %d of work %s began twice"):format(run.run, id))
  elseif info and info.run < run.run then
    complain(("work %s began its run %d and has %d"):format(id, run.run, info.run))
  end
  runs.begun[name] = run
  runs.count = runs.count + 1
  runs.of[id] = runs.of[id] or {}
  table.insert(runs.of[id], run)
end

--- Between which moments which program held which queue.
local function read_holds(folder)
  local holds = {}
  for _, line in ipairs(notes.lines(folder .. "/acknowledged")) do
    local queue, by, from, to = line:match "^held (%S+) (%S+) (%S+) (%S+)$"
    if queue then
      holds[#holds + 1] = { queue = queue, by = by, from = tonumber(from), to = tonumber(to) }
    end
  end
  return holds
end

--- Each run that began has a number of its own, which its work has reached. infos: the works by id.
function ran.read(folder, infos, complain)
  local runs = {
    begun = {}, done = {}, ended = {}, of = {}, late = 0, count = 0, holds = read_holds(folder),
  }
  for _, line in ipairs(notes.lines(folder .. "/runs")) do
    local word, id, run = line:match "^(%a+) (%d+) (%d+)"
    if word == "begin" then
      add_begin(runs, id, line, infos, complain)
    elseif word == "end" then
      runs.done[id .. "/" .. run], runs.ended[id] = true, true
    else
      runs.late = runs.late + 1
    end
  end
  for id, list in pairs(runs.of) do
    check_order(id, list, complain)
  end
  return runs
end

--- What succeeded has the result of its last run, which came to its end and was not told to stop.
local function check_result(info, runs, complain)
  local output = info.output or {}
  if output.late then
    complain(("work %d has the result of a run that was told to stop"):format(info.id))
  end
  if info.state ~= "succeeded" then
    return
  elseif not runs.done[info.id .. "/" .. info.run] then
    complain(("work %d succeeded in run %d, which did not end"):format(info.id, info.run))
  elseif output.run ~= info.run then
    complain(("work %d succeeded in run %d with the result of run %s"):format(info.id, info.run,
      tostring(output.run)))
  end
end

--- Progress is of a run that there was, and ends with a result.
local function check_progress(info, complain)
  local run = info.progress and info.progress.run
  if run and (run > info.run or info.state == "succeeded") then
    complain(("work %d is %s in run %d with the progress of run %d"):format(info.id, info.state,
      info.run, run))
  end
end

--- What has begun after its deadline, or in a queue while that was paused.
local function check_moment(info, runs, late_s, complain)
  local latest = info.input.latest
  if latest and info.started_at and info.started_at > latest + late_s then
    complain(("work %d began %.1f s after its deadline"):format(info.id,
      info.started_at - latest))
  end
  local run = runs.begun[info.id .. "/" .. info.run]
  for _, hold in ipairs(run and runs.holds or {}) do
    if hold.queue == info.queue and hold.by == run.by and
      info.started_at > hold.from + CLOCK_S and info.started_at < hold.to - CLOCK_S then
      complain(("work %d began %.3f s after its queue was paused"):format(info.id,
        info.started_at - hold.from))
    end
  end
end

--- info: a work as it is stored. may_stand: programs may have stood still.
function ran.check(info, runs, may_stand, complain)
  if info.worker == "step" or info.worker == "sure" then
    check_result(info, runs, complain)
    check_progress(info, complain)
    check_moment(info, runs, may_stand and STANDING_S or LATE_S, complain)
  end
  if info.worker == "sure" and (info.state == "failed" or info.state == "cancelled") then
    complain(("work %d %s, although it could not"):format(info.id, info.state))
  elseif info.worker == "stuck" and (info.state == "succeeded" or info.attempt > 2) then
    complain(("work %d, which is stuck, %s in attempt %d"):format(info.id, info.state,
      info.attempt))
  end
end

return ran
