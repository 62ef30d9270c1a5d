--- chaos.lua SECONDS SEED: lets a crowd of programs use one store while some of them are killed,
--- some stand still for seconds, at named points or anywhere, and some leave; then sees whether
--- those that live still hear of each other, lets all work come to its end, and holds the store
--- against what the programs noted.
local calm = require "spec.soak.calm"
local draw = require "spec.soak.draw"
local notes = require "spec.soak.notes"
local points = require "spec.soak.points"
local program = require "spec.soak.program"
local pulse = require "spec.soak.pulse"
local sound = require "spec.soak.sound"
local stops = require "spec.soak.stops"
local store = require "spec.soak.store"
local system = require "system"

local PROGRAMS = 8
-- Longer than anything that could be a lease.
local STOP_LEAST_S, STOP_MOST_S = 3, 12
-- So many may stand still at once.
local STANDING_MOST = 3
-- What is asked of them afterwards takes no longer.
local CALM_S = 600
-- Whoever stands inside of a write holds up all others, who shall have most of the time.
local INSIDE_SHARE = 0.3

local seconds, seed = tonumber(arg[1]), tonumber(arg[2])
local random = draw.new(seed)
local aims = points.new(random)
local folder = io.popen("mktemp -d"):read "*l"
local begun = system.monotime()
local halts = stops.new(folder)
local crowd = { living = {}, folder = folder, size = PROGRAMS }
local counts = { kills = 0, programs = 0, left = 0 }
local complaints = {}

local function complain(text)
  complaints[#complaints + 1] = text
end

--- Three in four have a point at which they are to die, or to stand still.
local function start(place)
  local environment = { MOONSHIFT_PLACE = place }
  local fate = random.integer(1, 4)
  if fate <= 3 then
    local variable = fate == 1 and "MOONSHIFT_KILL_AT" or "MOONSHIFT_STOP_AT"
    environment[variable] = aims:aim()
  end
  os.remove(folder .. "/heard-" .. place)
  counts.programs = counts.programs + 1
  crowd.living[place] = program.start(environment, "crowd", folder, random.integer(1, 1000000))
end

--- It has ended: as it was to, or by itself.
local function bury(place, one)
  local killed = one.killed
  if one.stop then
    halts:finish(one.stop)
  end
  one:finish()
  for _, line in ipairs(one.said) do
    if line == "left" then
      counts.left, killed = counts.left + 1, true
    elseif not aims:heard(line) then
      complain(("program %d said: %s"):format(place, line))
    elseif line:find "killed" then
      counts.kills, killed = counts.kills + 1, true
    end
  end
  if not killed then
    complain(("program %d ended by itself"):format(place))
  end
  crowd.living[place] = nil
end

local function let_go_on(one)
  halts:finish(one.stop)
  one.stop = nil
  one:signal "CONT"
end

--- How long whoever stands inside of a write may do so.
local function length_inside()
  local share = (halts.inside_s + STOP_LEAST_S) / (system.monotime() - begun + STOP_LEAST_S)
  return share < INSIDE_SHARE and STOP_LEAST_S or 0
end

--- Takes note of what is to be seen of a living program: that it has stopped, and where.
local function watch(one)
  local now, length = system.monotime(), nil
  if one.stop then
    length = halts:look(one.stop) and length_inside()
  elseif one:is_stopped() then
    one.stop = halts:begin(one)
    length = random.integer(STOP_LEAST_S * 10, STOP_MOST_S * 10) / 10
    length = one.stop.inside and length_inside() or length
  end
  one.until_s = length and now + length or one.until_s
end

--- Buries the dead, and lets those go on who have stood long enough, or all once it is over.
function crowd:look()
  for place, one in pairs(self.living) do
    watch(one)
    if one:is_over() then
      bury(place, one)
    elseif one.stop and (self.is_over or system.monotime() > one.until_s) then
      let_go_on(one)
    end
  end
end

local function count_standing()
  local count = 0
  for _, one in pairs(crowd.living) do
    count = count + (one.stop and 1 or 0)
  end
  return count
end

--- Something happens to one of them.
local function strike()
  local one = crowd.living[random.integer(1, PROGRAMS)]
  if one and random.integer(1, 3) == 1 then
    one.killed, counts.kills = true, counts.kills + 1
    one:signal "KILL"
  elseif one and not one.stop and count_standing() < STANDING_MOST then
    one:signal "STOP"
  end
end

local function storm()
  local strike_at = begun
  while system.monotime() < begun + seconds do
    crowd:look()
    for place = 1, PROGRAMS do
      if not crowd.living[place] then
        start(place)
      end
    end
    if system.monotime() > strike_at then
      strike()
      strike_at = system.monotime() + random.integer(5, 60) / 100
    end
    pulse.sleep()
  end
  crowd.is_over = true
  crowd:look()
  program.keep_going(crowd.living, CALM_S)
end

--- What has not heard of the end of the storm is not waited for.
local function end_all()
  for _, one in pairs(crowd.living) do
    one.killed = true
    one:signal "CONT"
    one:signal "KILL"
    one:finish()
  end
end

local function drain()
  local said = program.ask("drain", folder)
  if table.concat(said) ~= "drained" then
    complain("it did not come to its end: " .. table.concat(said, "; "))
  end
end

print(("Seed %d, %d s"):format(seed, seconds))
if seed % 2 == 0 then
  store.let_prune(folder)
end
storm()
local slowest = calm.check(crowd, complain)
end_all()
halts:judge(notes.lines(folder .. "/slow"), pulse.excuse(PROGRAMS), complain)
drain()
local unsound, runs, late = sound.check(folder, { is_over = true, may_stand = true })
for _, line in ipairs(unsound) do
  complain(line)
end
print("At points: " .. (aims:report()))
print(("%d programs, %d killed, %d left, %d stops of seconds, %d of them inside of a write"):format(
  counts.programs, counts.kills, counts.left, #halts.list, halts.inside))
print(("%d steps, %d runs, %d results of stopped runs refused"):format(
  #notes.lines(folder .. "/acknowledged"), runs, late))
print(("Longest wait for others %.1f s, for a work that one program can run %.2f s"):format(
  halts.longest, slowest))
print(("Longest wait of a program for the machine %.2f s"):format(pulse.excuse(1)))
for _, complaint in ipairs(complaints) do
  print("  " .. complaint)
end
if #complaints > 0 then
  print(("%s keeps what is left, seed %d"):format(folder, seed))
  os.exit(1)
end
os.execute("rm -rf " .. folder)
