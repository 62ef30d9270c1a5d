--- What must be true of a store while nothing serves it, whatever was killed before: against the
--- notes of those who lived.
local moonshift = require "moonshift"
local notes = require "spec.soak.notes"

local FINISHED = { succeeded = true, failed = true, cancelled = true }
local sound = {}

local function check_acknowledged(folder, infos, complain)
  for _, line in ipairs(notes.lines(folder .. "/acknowledged")) do
    for id in line:gmatch "%d+" do
      if not infos[tonumber(id)] then
        complain(("work %s was acknowledged and is not stored"):format(id))
      end
    end
  end
end

--- Each run began once, and what succeeded has come to its end at least once.
local function check_runs(folder, infos, complain)
  local begun, ended = {}, {}
  for _, line in ipairs(notes.lines(folder .. "/runs")) do
    local word, id, run = line:match "^(%a+) (%d+) (%d+)$"
    if word == "begin" and begun[id .. "/" .. run] then
      complain(("run %s of work %s began twice"):format(run, id))
    elseif word == "begin" then
      begun[id .. "/" .. run] = true
    elseif word == "end" then
      ended[tonumber(id)] = true
    end
  end
  for id, info in pairs(infos) do
    if info.state == "succeeded" and not ended[id] then
      complain(("work %d succeeded without having run"):format(id))
    end
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

--- Returns a list of complaints. is_over: everything has had time to finish.
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
  check_runs(folder, infos, complain)
  for _, info in pairs(infos) do
    check_state(info, infos, complain)
    if is_over and not FINISHED[info.state] then
      complain(("work %d is still %s"):format(info.id, info.state))
    end
  end
  return complaints
end

return sound
