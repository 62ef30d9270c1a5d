--- Workers that notice when they run beside what they must not run beside: each run holds a file
--- with its process for as long as it lasts.
local held = require "spec.soak.held"
local notes = require "spec.soak.notes"
local process = require "spec.soak.process"
local system = require "system"

-- So many runs may hold a file in these folders at once: one of the narrow queue may be expedited,
-- and then there may be one more.
local NARROW, EXPEDITED = 2, 1

local SELF = process.identity("self"):gsub(" ", "-")
local RATED = { brisk = true, minute = true }

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
local function limits_of(input, work)
  local limits = {}
  if work.queue == "narrow" then
    limits[input.folder .. "/queue"] = NARROW + EXPEDITED
    limits[input.folder .. "/queue-plain"] = not input.expedited and NARROW or nil
  end
  if work.name then
    limits[input.folder .. "/name-" .. work.name] = 1
  end
  return limits
end

local function violate(input, work, what)
  local line = ("work %d in run %d: %s"):format(work.id, work.run, what)
  notes.add(input.folder .. "/violations", line)
end

local function begin(input, work)
  local now = system.gettime()
  if RATED[work.queue] then
    notes.add(input.folder .. "/starts", ("%s %.3f"):format(work.queue, now))
  end
  notes.add(input.folder .. "/runs", ("begin %d %d %d %d %s"):format(work.id, work.run,
    work.attempt, work.period or 0, SELF))
  if input.most and work.generation == 0 and work.attempt > input.most then
    violate(input, work, ("attempt %d of %d"):format(work.attempt, input.most))
  end
end

local function finish(input, work, slept)
  notes.add(input.folder .. "/runs", ("%s %d %d"):format(slept and "end" or "late", work.id,
    work.run))
end

--- Returns what the run holds.
local function hold_all(input, work)
  local by_id = input.folder .. "/held"
  if held.is_held(by_id .. "/" .. work.id) then
    violate(input, work, "ran twice at once")
  end
  local files, limits = { held.hold(by_id, work) }, limits_of(input, work)
  for folder in pairs(limits) do
    files[#files + 1] = held.hold(folder, work)
  end
  for folder, limit in pairs(limits) do
    local list = held.list(folder)
    if #list > limit then
      violate(input, work, ("more than %d ran in %s: %s"):format(limit, folder,
        table.concat(list, ", ")))
    end
  end
  return files
end

function workers.step(input, work)
  begin(input, work)
  local files = hold_all(input, work)
  work:progress { run = work.run }
  local slept, why = work:sleep(input.takes or "1ms")
  finish(input, work, slept)
  for _, path in ipairs(files) do
    os.remove(path)
  end
  return outcome(input, work, slept, why)
end

--- Each stage hears from the one before how many there were.
function workers.sure(input, work)
  begin(input, work)
  local files = hold_all(input, work)
  if (input.stages or 0) ~= input.stage - 1 then
    violate(input, work, ("stage %d heard of %s"):format(input.stage, tostring(input.stages)))
  end
  finish(input, work, true)
  os.remove(files[1])
  return "success", { run = work.run, stages = input.stage }
end

return workers
