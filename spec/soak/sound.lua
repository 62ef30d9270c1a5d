--- What must be true of a store while nothing serves it, whatever was killed before: against the
--- notes of those who lived.
local moonshift = require "moonshift"
local notes = require "spec.soak.notes"

local FINISHED = { succeeded = true, failed = true, cancelled = true }
local sound = {}

local function check_acknowledged(folder, infos, complain)
  for _, line in ipairs(notes.lines(folder .. "/acknowledged")) do
    local ids = line:match "^work (.*)$" or line:match "^files %S+ (%d+)$" or ""
    for id in ids:gmatch "%d+" do
      if not infos[tonumber(id)] then
        complain(("work %s was acknowledged and is not stored"):format(id))
      end
    end
  end
end

--- A row that a program left has become one work, or is a row still.
local function check_rows(folder, infos, complain)
  local found = {}
  for _, info in pairs(infos) do
    if info.trace then
      found[info.trace] = (found[info.trace] or 0) + 1
    end
  end
  for _, line in ipairs(notes.lines(folder .. "/acknowledged")) do
    local trace = line:match "^row (%S+)$"
    if trace and found[trace] ~= 1 then
      complain(("row %s became %d works"):format(trace, found[trace] or 0))
    end
  end
end

--- Each run that began has a number of its own, and each number below the highest is recorded.
local function read_runs(folder, infos, complain)
  local runs = { begun = {}, ended = {}, late = 0, count = 0 }
  for _, line in ipairs(notes.lines(folder .. "/runs")) do
    local word, id, run = line:match "^(%a+) (%d+) (%d+)$"
    local info = infos[tonumber(id)]
    if word == "begin" then
      if runs.begun[id .. "/" .. run] then
        complain(("run %s of work %s began twice"):format(run, id))
      elseif info and info.run < tonumber(run) then
        complain(("work %s began its run %s and has %d"):format(id, run, info.run))
      end
      runs.begun[id .. "/" .. run] = true
      runs.count = runs.count + 1
    elseif word == "end" then
      runs.ended[id .. "/" .. run] = true
    else
      runs.late = runs.late + 1
    end
  end
  return runs
end

--- What succeeded has the result of its last run, which came to its end and was not told to stop.
local function check_result(info, runs, complain)
  local output = info.output or {}
  if output.late then
    complain(("work %d has the result of a run that was told to stop"):format(info.id))
  end
  if info.state == "succeeded" and not runs.ended[info.id .. "/" .. info.run] then
    complain(("work %d succeeded in run %d, which did not end"):format(info.id, info.run))
  elseif info.state == "succeeded" and output.run ~= info.run then
    complain(("work %d succeeded in run %d with the result of run %s"):format(info.id, info.run,
      tostring(output.run)))
  end
end

local function check_state(info, infos, complain)
  if info.state == "running" then
    complain(("work %d runs although nobody serves the store"):format(info.id))
  elseif info.state == "succeeded" then
    for _, prerequisite in ipairs(info.prerequisites) do
      local before = infos[prerequisite]
      if before and before.state ~= "succeeded" then
        complain(("work %d succeeded, its prerequisite %d is %s"):format(info.id, prerequisite,
          before.state))
      end
    end
  elseif info.state == "blocked" then
    local is_waiting = false
    for _, prerequisite in ipairs(info.prerequisites) do
      local before = infos[prerequisite]
      is_waiting = is_waiting or before ~= nil and not FINISHED[before.state]
    end
    if not is_waiting then
      complain(("work %d is blocked by nothing unfinished"):format(info.id))
    end
  end
end

local function read_all(manager)
  local infos = {}
  for _, info in ipairs(assert(manager:query { all = true })) do
    infos[info.id] = info
  end
  return infos
end

--- Returns a list of complaints, and how many runs there were and how many results came too late.
--- is_over: everything has had time to finish.
function sound.check(folder, is_over)
  local complaints = notes.lines(folder .. "/violations")
  local function complain(text)
    complaints[#complaints + 1] = text
  end
  for _, line in ipairs(notes.lines(folder .. "/trouble")) do
    complain("trouble: " .. line)
  end
  local manager = assert(moonshift.open { database = folder .. "/work.db", durability = "normal" })
  local infos = read_all(manager)
  manager:close()
  check_acknowledged(folder, infos, complain)
  check_rows(folder, infos, complain)
  local runs = read_runs(folder, infos, complain)
  for _, info in pairs(infos) do
    check_state(info, infos, complain)
    if info.worker == "step" then
      check_result(info, runs, complain)
    end
    if is_over and not FINISHED[info.state] then
      complain(("work %d is still %s"):format(info.id, info.state))
    end
  end
  return complaints, runs.count, runs.late
end

return sound
