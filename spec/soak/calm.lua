--- What is asked of each program that lived through a storm: does it still hear?
local moonshift = require "moonshift"
local notes = require "spec.soak.notes"
local system = require "system"

local calm = {}

local REST_S, RUN_S, HEAR_S, LEAVE_S = 20, 5, 5, 20

--- Waits until the condition holds for each living program; complains of those for which it never
--- does.
local function wait(crowd, seconds, condition, complain, what)
  local deadline = system.monotime() + seconds
  local late
  repeat
    system.sleep(0.02)
    late = nil
    crowd:look()
    for place, one in pairs(crowd.living) do
      late = not condition(place, one) and place or late
    end
  until not late or system.monotime() > deadline
  if late then
    complain(("program %d %s within %d s"):format(late, what, seconds))
  end
end

local function has_heard(folder, place, word)
  for _, line in ipairs(notes.lines(folder .. "/heard-" .. place)) do
    if line == tostring(word) then
      return true
    end
  end
  return false
end

--- Has each program run a work that no other could run. Returns their ids, and how long the slowest
--- took.
local function call_each(manager, crowd, complain)
  local ids, longest = {}, 0
  for place in pairs(crowd.living) do
    local from = system.monotime()
    local id = assert(manager:enqueue {
      worker = "own-" .. place, tags = { "calm" }, expedited = true,
    })
    local infos
    repeat
      infos = manager:await(id, "50ms")
      crowd:look()
    until infos or system.monotime() > from + RUN_S
    longest = math.max(longest, system.monotime() - from)
    if infos then
      ids[#ids + 1] = id
    elseif crowd.living[place] then
      complain(("program %d did not run its own work within %d s"):format(place, RUN_S))
    end
  end
  return ids, longest
end

local function open(folder)
  local manager = assert(moonshift.open { database = folder .. "/work.db", durability = "normal" })
  for name in pairs(manager:queues()) do
    assert(manager:resume(name))
  end
  return manager
end

--- crowd: the programs by their place in crowd.living, and crowd:look(), which lets go of the dead.
--- Returns how long the slowest program took to run a work of its own.
function calm.check(folder, crowd, complain)
  local manager = open(folder)
  local last = assert(manager:enqueue { worker = "nobody" })
  notes.add(folder .. "/calm-", last)
  assert(os.rename(folder .. "/calm-", folder .. "/calm"))
  wait(crowd, REST_S, function(place)
    return has_heard(folder, place, "calm")
  end, complain, "did not come to rest")
  local ids, longest = call_each(manager, crowd, complain)
  for _, id in ipairs(ids) do
    wait(crowd, HEAR_S, function(place)
      return has_heard(folder, place, id)
    end, complain, ("did not observe work %d"):format(id))
  end
  assert(manager:cancel(last))
  wait(crowd, HEAR_S, function(place)
    return has_heard(folder, place, "cancelled")
  end, complain, "still awaited what was cancelled")
  wait(crowd, LEAVE_S, function(_, one)
    return one:is_over()
  end, complain, "did not close")
  manager:close()
  return longest
end

return calm
