--- What must be true of a store while nothing serves it, whatever was killed before: against the
--- notes of those who lived.
local moonshift = require "moonshift"
local notes = require "spec.soak.notes"
local ran = require "spec.soak.ran"
local rates = require "spec.soak.rates"
local store = require "spec.soak.store"

local FINISHED = { succeeded = true, failed = true, cancelled = true }
local sound = {}

--- What is gone was deleted, and has ended before: of the sure ones the runs tell.
local function check_acknowledged(folder, infos, runs, complain)
  local prunes = store.prunes(folder)
  for _, line in ipairs(notes.lines(folder .. "/acknowledged")) do
    local word, ids = line:match "^(%a+) (.*)$"
    ids = (word == "work" or word == "sure") and ids or line:match "^files %S+ (%d+)$" or ""
    for id in ids:gmatch "%d+" do
      if not infos[tonumber(id)] and not (prunes and (word ~= "sure" or runs.ended[id])) then
        complain(("work %s was acknowledged and is not stored"):format(id))
      end
    end
  end
end

--- A row that a program left has become one work.
local function check_rows(folder, infos, complain)
  local found, least = {}, store.prunes(folder) and 0 or 1
  for _, info in pairs(infos) do
    if info.trace then
      found[info.trace] = (found[info.trace] or 0) + 1
    end
  end
  for _, line in ipairs(notes.lines(folder .. "/acknowledged")) do
    local trace = line:match "^row (%S+)$"
    local count = found[trace] or 0
    if trace and (count < least or count > 1) then
      complain(("row %s became %d works"):format(trace, count))
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

--- Returns a list of complaints, and how many runs there were and how many results came too late.
--- options: is_over, everything has had time to finish; may_stand, programs may have stood still.
function sound.check(folder, options)
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
  local runs = ran.read(folder, infos, complain)
  check_acknowledged(folder, infos, runs, complain)
  check_rows(folder, infos, complain)
  for _, info in pairs(infos) do
    check_state(info, infos, complain)
    ran.check(info, runs, options.may_stand, complain)
    if options.is_over and not FINISHED[info.state] then
      complain(("work %d is still %s"):format(info.id, info.state))
    end
  end
  rates.check(folder, options.may_stand, complain)
  return complaints, runs.count, runs.late
end

return sound
