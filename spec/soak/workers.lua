--- Workers that notice when they run beside what they must not run beside: each run holds a file
--- with its process for as long as it lasts.
local lfs = require "lfs"
local notes = require "spec.soak.notes"

-- A killed process gives its work free a moment before it is a zombie.
local DYING_S = 0.2

local function read(path)
  local file = io.open(path, "r")
  local text = file and file:read "*a"
  if file then
    file:close()
  end
  return text
end

--- Number and start time of a process; nil if it is gone or only waits to be reaped.
local function identity(pid)
  local stat = read("/proc/" .. pid .. "/stat")
  local number, state, rest = (stat or ""):match "^(%d+) %(.*%) (%S) (.*)$"
  if not number or state == "Z" or state == "X" then
    return nil
  end
  local fields = {}
  for field in rest:gmatch "%S+" do
    fields[#fields + 1] = field
  end
  return number .. " " .. fields[19]
end

local function lives(holder)
  local pid = holder:match "^%d+"
  return pid and identity(pid) == holder
end

local function still_lives(path)
  local holder = read(path)
  if not holder or not lives(holder) then
    return false
  end
  os.execute("sleep " .. DYING_S)
  holder = read(path)
  return holder and lives(holder)
end

local function count_living(folder)
  local count = 0
  for name in lfs.dir(folder) do
    local holder = name:match "^%d+$" and read(folder .. "/" .. name)
    if holder and lives(holder) then
      count = count + 1
    end
  end
  return count
end

local function too_many(folder, limit)
  if count_living(folder) <= limit then
    return false
  end
  os.execute("sleep " .. DYING_S)
  return count_living(folder) > limit
end

--- Puts this process into a file of the folder, which it returns.
local function hold(folder, id)
  local path = folder .. "/" .. id
  lfs.mkdir(folder)
  local file = assert(io.open(path, "w"))
  file:write(identity "self")
  file:close()
  return path
end

local workers = {}

local function outcome(input, work)
  if input.ends == "retry" then
    return work.attempt < 3 and "retry" or "success"
  end
  return input.ends, { run = work.run }
end

function workers.step(input, work)
  local name = work.id .. " " .. work.run
  local by_id, by_queue = input.folder .. "/held", input.folder .. "/queue-" .. work.queue
  if still_lives(by_id .. "/" .. work.id) then
    notes.add(input.folder .. "/violations", "work " .. name .. " ran twice at once")
  end
  local held = { hold(by_id, work.id), hold(by_queue, work.id) }
  notes.add(input.folder .. "/runs", "begin " .. name)
  if work.queue == "narrow" and too_many(by_queue, 2) then
    notes.add(input.folder .. "/violations", "more than the limit ran beside " .. name)
  end
  work:progress { run = work.run }
  work:sleep "1ms"
  notes.add(input.folder .. "/runs", "end " .. name)
  os.remove(held[1])
  os.remove(held[2])
  return outcome(input, work)
end

return workers
