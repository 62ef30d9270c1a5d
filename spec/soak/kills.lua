--- kills.lua KILLS SEED: kills programs that work on one store, at every named point in turn and at
--- random moments, each while others go on, and checks after each few that nothing is lost, stuck,
--- or run twice.
local draw = require "spec.soak.draw"
local points = require "spec.soak.points"
local program = require "spec.soak.program"
local store = require "spec.soak.store"

local PROGRAMS = 4
-- A store lives through so many rounds.
local ROUNDS_A_STORE = 8

local kills, seed = tonumber(arg[1]), tonumber(arg[2])
local random = draw.new(seed)
local aims = points.new(random)

local folder
local killed, round, total, stores = 0, 0, 0, 0

--- Works may be deleted in every second one.
local function make_folder()
  local pipe = assert(io.popen "mktemp -d")
  folder = pipe:read "*l"
  pipe:close()
  stores = stores + 1
  if stores % 2 == 0 then
    store.let_prune(folder)
  end
end

local function fail(place, complaints)
  print(("%s, seed %d:"):format(place, seed))
  for _, complaint in ipairs(complaints) do
    print("  " .. complaint)
  end
  os.exit(1)
end

--- What a program says of itself is an error of its own.
local function complain_of(one, complaints)
  for _, line in ipairs(one.said) do
    if not aims:heard(line) then
      complaints[#complaints + 1] = "said: " .. line
    end
  end
end

--- Has the store judged. Returns complaints, and how many runs there were.
local function judge(...)
  local said = program.ask("judge", folder, ...)
  local runs = (said[#said] or ""):match "^(%d+) runs, %d+ late$"
  said[runs and #said or #said + 1] = not runs and "it could not be judged" or nil
  return said, tonumber(runs)
end

--- All but one have a point at which they are to die, the last is killed anywhere.
local function start()
  local programs = {}
  for index = 1, PROGRAMS do
    local environment, steps = { MOONSHIFT_PLACE = index }, random.integer(1, 40)
    if index < PROGRAMS then
      environment.MOONSHIFT_KILL_AT, steps = aims:aim()
    end
    programs[index] = program.start(environment, "storm", folder, random.integer(1, 1000000))
    programs[index].steps = steps
  end
  -- Whoever is killed soon is waited for first, so that nobody works in vain.
  table.sort(programs, function(a, b)
    return a.steps < b.steps
  end)
  return programs
end

local function live_round()
  local programs = start()
  for _, one in ipairs(programs) do
    one:read(one.steps)
    one:kill()
  end
  local complaints = judge()
  for _, one in ipairs(programs) do
    complain_of(one, complaints)
  end
  return complaints
end

local function drain()
  local said = program.ask("drain", folder)
  local complaints, runs = judge("over")
  if table.concat(said) ~= "drained" then
    complaints[#complaints + 1] = "it did not come to its end: " .. table.concat(said, "; ")
  end
  return complaints, runs
end

--- Returns what else there is.
local function check(complaints, ...)
  if #complaints > 0 then
    fail(("round %d on %s"):format(round, folder), complaints)
  end
  return ...
end

while killed < kills do
  if not folder then
    make_folder()
  end
  check(live_round())
  killed, round = killed + PROGRAMS, round + 1
  if round % ROUNDS_A_STORE == 0 or killed >= kills then
    total = total + check(drain())
    os.execute("rm -rf " .. folder)
    folder = nil
  end
end
local report, missed = aims:report()
print("At points: " .. report)
if #missed > 0 then
  fail("points", { "nobody came to " .. table.concat(missed, ", ") })
end
print(("%d kills, %d runs: nothing lost, stuck or run twice"):format(killed, total))
