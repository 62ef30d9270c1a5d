--- Workers that notice when they run beside what they must not run beside: each run holds a file
--- with its process for as long as it lasts.
local lfs = require "lfs"
local notes = require "spec.soak.notes"
local process = require "spec.soak.process"

-- A killed process gives its work free a moment before it is a zombie.
local DYING_S = 0.2

local SELF = process.identity "self"

local function holder_of(path)
  local file = io.open(path, "r")
  local text = file and file:read "*a"
  if file then
    file:close()
  end
  return text
end

local function is_held(path)
  local holder = holder_of(path)
  return holder ~= nil and process.lives(holder)
end

local function stays_held(path)
  if not is_held(path) then
    return false
  end
  os.execute("sleep " .. DYING_S)
  return is_held(path)
end

local function count_held(folder)
  local count = 0
  for name in lfs.dir(folder) do
    if name:match "^%d+$" and is_held(folder .. "/" .. name) then
      count = count + 1
    end
  end
  return count
end

local function stay_too_many(folder, limit)
  if count_held(folder) <= limit then
    return false
  end
  os.execute("sleep " .. DYING_S)
  return count_held(folder) > limit
end

--- Puts this process into a file of the folder, which it returns.
local function hold(folder, id)
  local path = folder .. "/" .. id
  lfs.mkdir(folder)
  local file = assert(io.open(path, "w"))
  file:write(SELF)
  file:close()
  return path
end

local workers = {}

--- The result of a run that was told to stop must not count.
local function outcome(input, work, slept, why)
  if not slept then
    return "success", { run = work.run, late = why }
  elseif input.ends == "retry" and work.attempt < 3 then
    return "retry"
  end
  return input.ends == "failure" and "failure" or "success", { run = work.run }
end

--- In which folders a run holds a file, and how many may do so at once: the runs of a narrow queue,
--- and those of a name, whose works follow each other here.
local function limits_of(folder, work)
  local limits = {}
  if work.queue == "narrow" then
    limits[folder .. "/queue"] = 2
  end
  if work.name then
    limits[folder .. "/name-" .. work.name] = 1
  end
  return limits
end

function workers.step(input, work)
  local name = work.id .. " " .. work.run
  local by_id, limits = input.folder .. "/held", limits_of(input.folder, work)
  if stays_held(by_id .. "/" .. work.id) then
    notes.add(input.folder .. "/violations", "work " .. name .. " ran twice at once")
  end
  local held = { hold(by_id, work.id) }
  for folder in pairs(limits) do
    held[#held + 1] = hold(folder, work.id)
  end
  notes.add(input.folder .. "/runs", "begin " .. name)
  for folder, limit in pairs(limits) do
    if stay_too_many(folder, limit) then
      notes.add(input.folder .. "/violations", ("more than %d ran in %s beside work %s"):format(
        limit, folder, name))
    end
  end
  work:progress { run = work.run }
  local slept, why = work:sleep(input.takes or "1ms")
  notes.add(input.folder .. "/runs", (slept and "end " or "late ") .. name)
  for _, path in ipairs(held) do
    os.remove(path)
  end
  return outcome(input, work, slept, why)
end

return workers
