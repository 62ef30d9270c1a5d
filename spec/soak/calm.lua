--- What is asked of each program that lived through a storm: does it still hear?
local notes = require "spec.soak.notes"
local pulse = require "spec.soak.pulse"
local roles = require "spec.soak.roles"
local store = require "spec.soak.store"
local system = require "system"

local calm = {}

local REST_S, RUN_S, HEAR_S, LEAVE_S = 20, 5, 5, 20
-- Each program is called so often: one word that gets lost is to be noticed.
local CALLS = 3
-- Of what is deleted before they look, those that watch hear only that.
local KEPT = "1h"

--- Is it longer ago than that, and than what the machine may have kept all programs waiting?
local function is_longer_ago(from, seconds, crowd)
  return system.monotime() > from + seconds + pulse.excuse(crowd.size)
end

--- Waits until the condition holds for each living program; complains of those for which it never
--- does.
local function wait(crowd, seconds, condition, complain, what)
  local from = system.monotime()
  local late
  repeat
    pulse.sleep()
    late = nil
    crowd:look()
    for place, one in pairs(crowd.living) do
      late = not condition(place, one) and place or late
    end
  until not late or is_longer_ago(from, seconds, crowd)
  if late then
    complain(("program %d %s within %d s"):format(late, what, seconds))
  end
end

local function file_of(crowd, place)
  return ("%s/heard-%d"):format(crowd.folder, place)
end

local function has_heard(crowd, place, word)
  for _, line in ipairs(notes.lines(file_of(crowd, place))) do
    if line == tostring(word) then
      return true
    end
  end
  return false
end

--- Tells all programs a word, by a file that has it whole.
local function tell(folder, name, word)
  notes.add(folder .. "/telling", word)
  assert(os.rename(folder .. "/telling", ("%s/%s"):format(folder, name)))
end

--- Perhaps nobody knows what is stuck any more.
local function goes_on(info)
  local waits = info.worker ~= "nobody" and info.worker ~= "stuck" and info.due_at ~= nil
  return info.state == "running" or waits
end

--- Lets all work end that can, and what repeats: whoever missed a word would be woken by the next
--- run of anything, and nobody would notice.
local function hush(manager, crowd, complain)
  local from = system.monotime()
  local loud
  repeat
    pulse.sleep()
    loud = nil
    for _, info in ipairs(assert(manager:query { state = { "enqueued", "running" } })) do
      loud = goes_on(info) and info or loud
      if info.every then
        assert(manager:cancel(info.id))
      end
    end
  until not loud or is_longer_ago(from, REST_S, crowd)
  if loud then
    complain(("work %d is still %s after %d s"):format(loud.id, loud.state, REST_S))
  end
end

--- Has the program run a work that no other could run. Returns its id, and how long it took; or
--- nothing, if it died meanwhile or was late.
local function call(manager, crowd, place, complain)
  local from = system.monotime()
  local id = assert(manager:enqueue {
    worker = "own-" .. place, tags = { "calm" }, expedited = true, keep_results_for = KEPT,
  })
  local infos
  repeat
    infos = manager:await(id, "50ms")
    crowd:look()
  until infos or not crowd.living[place] or is_longer_ago(from, RUN_S, crowd)
  if infos then
    return id, system.monotime() - from
  elseif crowd.living[place] then
    complain(("program %d did not run its own work within %d s"):format(place, RUN_S))
  end
  -- Nobody else could ever run it.
  assert(manager:cancel(id))
end

--- Returns how long the slowest program took. All must have heard of a call before the next one,
--- which would make up for a word that got lost.
local function call_each(manager, crowd, complain)
  local longest = 0
  for place in pairs(crowd.living) do
    local id, took
    if roles.runs(place) then
      id, took = call(manager, crowd, place, complain)
    end
    longest = math.max(longest, took or 0)
    wait(crowd, HEAR_S, function(other)
      return not id or not roles.watches(other) or has_heard(crowd, other, id)
    end, complain, ("did not observe work %d"):format(id or 0))
  end
  return longest
end

--- Whoever has no thread left for work, and watches nothing, must hear still that what it runs is
--- to stop.
local function stop_each(manager, crowd, complain)
  local kept = {}
  local function wait_for(word)
    wait(crowd, HEAR_S, function(place)
      for _, id in ipairs(kept[place] or {}) do
        if not has_heard(crowd, place, ("%s %d"):format(word, id)) then
          return false
        end
      end
      return true
    end, complain, ("had not heard \"%s\""):format(word))
  end
  for place in pairs(crowd.living) do
    local request = { worker = "kept-" .. place, input = { heard = file_of(crowd, place) } }
    kept[place] = roles.runs(place) and assert(manager:enqueue { request, request }) or nil
  end
  wait_for "kept"
  for _, ids in pairs(kept) do
    assert(manager:cancel(ids))
  end
  wait_for "cancelled"
end

--- crowd: the programs by their place in crowd.living, how many there were, their folder, and
--- crowd:look(), which lets go of the dead. Returns how long the slowest program took to run a work
--- of its own.
function calm.check(crowd, complain)
  local folder, longest = crowd.folder, 0
  local manager = store.open(folder, { workers = false })
  local last = assert(manager:enqueue { worker = "nobody", keep_results_for = KEPT })
  tell(folder, "calm", last)
  wait(crowd, REST_S, function(place)
    return has_heard(crowd, place, "calm")
  end, complain, "did not come to rest")
  store.lift(folder, manager)
  hush(manager, crowd, complain)
  for _ = 1, CALLS do
    longest = math.max(longest, call_each(manager, crowd, complain))
    stop_each(manager, crowd, complain)
  end
  assert(manager:cancel(last))
  wait(crowd, HEAR_S, function(place)
    return not roles.watches(place) or has_heard(crowd, place, "cancelled")
  end, complain, "still awaited what was cancelled")
  tell(folder, "over", last)
  wait(crowd, LEAVE_S, function(_, one)
    return one:is_over()
  end, complain, "did not close")
  manager:close()
  return longest
end

return calm
