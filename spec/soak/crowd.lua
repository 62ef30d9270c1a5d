--- crowd.lua FOLDER SEED: one of many programs on the store in the folder: does at random what
--- programs do and runs work, until it has done enough and leaves, or until the file `calm` names a
--- work, for which it waits then, or for the file `over`. Notes how long steps took and what it
--- hears of works of others.
local draw = require "spec.soak.draw"
local lfs = require "lfs"
local notes = require "spec.soak.notes"
local process = require "spec.soak.process"
local roles = require "spec.soak.roles"
local steps = require "spec.soak.steps"
local store = require "spec.soak.store"
local system = require "system"

local folder, seed = arg[1], tonumber(arg[2])
local random = draw.new(seed)
local place = tonumber(os.getenv "MOONSHIFT_PLACE")
local heard = folder .. "/heard-" .. place
local identity = process.identity "self"

-- A step that takes longer is noted. Those that begin with a wait of their own are not judged: of
-- SQLite's shell, which stands in no line, or for runs to end.
local SLOW_S = 0.1
local UNJUDGED = { row = true, reopen = true, other = true, stuck = true }

local function judge(name, from)
  local now = system.monotime()
  if now - from > SLOW_S and not UNJUDGED[name] then
    notes.add(folder .. "/slow", ("%s %s %.3f %.3f"):format(identity:match "%d+", name, from, now))
  end
end

local function open()
  local from = system.monotime()
  local manager = store.open(folder, {
    workers = roles.runs(place) and { "spec.soak.workers", "spec.soak.own" },
    durability = seed % 2 == 0 and "full" or "normal",
  })
  judge("open", from)
  if roles.watches(place) then
    manager:observe({ tag = "calm" }, function(event)
      if event.type == "succeeded" then
        notes.add(heard, event.work.id)
      end
    end)
  end
  return manager
end

--- The work is cancelled once all is over.
local function watch(manager)
  local id = tonumber(notes.lines(folder .. "/calm")[1])
  local infos = assert(manager:await(id, "10m"))
  notes.add(heard, infos[1].state)
end

--- Asks the store nothing, so that nothing wakes it but work.
local function rest()
  while not lfs.attributes(folder .. "/over") do
    system.sleep(0.02)
  end
end

local crowd = steps.new {
  folder = folder, draw = random, name = identity:gsub(" ", "-"), longest = "40ms", open = open,
  place = place, prunes = store.prunes(folder),
}

local left = random.integer(20, 2000)
while left > 0 and not lfs.attributes(folder .. "/calm") do
  local from = system.monotime()
  judge(crowd:take(), from)
  left = left - 1
  system.sleep(random.pick { 0, 0, 0.001, 0.01 })
end
if left > 0 then
  notes.add(heard, "calm")
  if roles.watches(place) then
    watch(crowd.manager)
  else
    rest()
  end
end
crowd:close "20s"
print "left"
