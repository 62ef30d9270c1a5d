--- growth.lua FOLDER WORKS: enqueues and runs so many works through one process, with retention at
--- work, and looks after each tenth what it needs. Fails if memory, descriptors or the store go on
--- growing, or if, of two million works and more, one costs more processor time at the end than at
--- the beginning.
local memory = require "benchmark.memory"
local moonshift = require "moonshift"

local folder, works = arg[1], tonumber(arg[2])
local PARTS, CALL = 10, 1000
-- The log's bound is 32 MB; the rest is written while a slow disk is waited for.
local LOG_MB_MOST = 64

local manager = assert(moonshift.open {
  database = folder .. "/growth.db",
  durability = "normal",
  retention = "1s",
  workers = "benchmark.workers",
  threads = 1,
})

local requests = {}
for index = 1, CALL do
  requests[index] = { worker = "nothing", input = { number = 123456 } }
end

--- Asked of other programs: closing a file of the database in this one would drop its locks.
local function answer_of(command)
  local pipe = assert(io.popen(command))
  local number = pipe:read "*n"
  pipe:close()
  return number or 0
end

local function megabytes(name)
  return answer_of(("stat -c %%s '%s/%s'"):format(folder, name)) / 2 ^ 20
end

local function descriptors()
  return answer_of "ls /proc/$PPID/fd | wc -l"
end

--- A part of the works, some ten thousand at a time.
local function run_part()
  local begun, log = os.clock(), 0
  for index = 1, works / PARTS / CALL do
    assert(manager:enqueue(requests))
    if index % 10 == 0 then
      assert(manager:run "idle")
      log = math.max(log, megabytes "growth.db-wal")
    end
  end
  assert(manager:run "idle")
  collectgarbage()
  return {
    rate = works / PARTS / (os.clock() - begun), memory = memory "VmRSS", log = log,
    descriptors = descriptors(), store = megabytes "growth.db",
    stored = manager:count { all = true },
  }
end

local parts = {}
print "PART  WORKS/CPU-s  MEMORY MB  DESCRIPTORS  STORE MB  LOG MB  WORKS STORED"
for index = 1, PARTS do
  local part = run_part()
  parts[index] = part
  print(("%4d  %11.0f  %9.1f  %11d  %8.1f  %6.1f  %12d"):format(index, part.rate, part.memory,
    part.descriptors, part.store, part.log, part.stored))
end

--- Nothing comes any more, and what is left outlives its retention.
local function comes_to_its_end()
  for _ = 1, 100 do
    if manager:count { all = true } == 0 then
      return true
    end
    os.execute "sleep 0.2"
  end
  return false
end

local emptied = comes_to_its_end()
manager:close()

local function most(key, first, last)
  local value = 0
  for index = first, last do
    value = math.max(value, parts[index][key])
  end
  return value
end

local sound = true
local function expect(holds, what)
  if not holds then
    sound = false
    print("fails: " .. what)
  end
end

expect(emptied, "retention leaves works behind")
-- The first part fills caches and buffers, and begins to delete.
expect(most("memory", 8, 10) <= most("memory", 2, 4) * 1.1 + 1, "memory grows")
expect(most("memory", 1, 10) <= 64, "memory exceeds 64 MB")
expect(parts[PARTS].descriptors <= most("descriptors", 2, 5), "descriptors grow")
expect(most("store", 7, 10) <= most("store", 2, 5) * 2, "the store grows")
expect(most("log", 1, 10) <= LOG_MB_MOST, "the log exceeds its bound")
-- The best of some parts, since other programs take their share of the others. A short part says
-- little: how much of it was deleted in it is chance.
if works >= 2000000 then
  expect(most("rate", 7, 10) >= most("rate", 2, 5) * 0.9, "works cost more than in the beginning")
end
os.exit(sound)
