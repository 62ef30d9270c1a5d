--- kills.lua KILLS SEED: kills programs that work on one store, at every named point in turn and at
--- random moments, and checks after each that nothing is lost, stuck, or run twice. Two programs
--- share the store; when one is killed the other goes on a little before it is killed as well.
local draw = require "spec.soak.draw"
local notes = require "spec.soak.notes"
local sound = require "spec.soak.sound"

local POINTS = { "collected", "write", "commit", "committed", "publish", "handover", "events",
  "nudge", "answer", "begin", "end", "result" }
-- A store lives through so many rounds.
local ROUNDS_A_STORE = 12
-- A program that has not come to its point by then is killed where it is.
local LINES_MOST = 150

local kills, seed = tonumber(arg[1]), tonumber(arg[2])
local random = draw.new(seed)
local interpreter = os.getenv "MOONSHIFT_INTERPRETER"

local function shell(line)
  local pipe = assert(io.popen(line))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local function start(folder, kill_at)
  local script = ("echo $$; %s exec %s spec/soak/storm.lua %s %d 2>&1"):format(
    kill_at and "MOONSHIFT_KILL_AT=" .. kill_at or "", interpreter, folder,
    random.integer(1, 1000000))
  local pipe = assert(io.popen(script))
  return { pipe = pipe, pid = pipe:read "*l", said = {} }
end

--- Reads at most so many lines; false once the program has ended.
local function read(program, lines)
  for _ = 1, lines do
    local line = program.pipe:read "*l"
    if not line then
      return false
    elseif line ~= "step" and line ~= "ready" then
      program.said[#program.said + 1] = line
    end
  end
  return true
end

--- Kills the program and returns once it is gone.
local function kill(program)
  os.execute("kill -9 " .. program.pid .. " 2>/dev/null")
  read(program, math.huge)
  program.pipe:close()
end

local function fail(folder, round, complaints)
  print(("round %d on %s, seed %d:"):format(round, folder, seed))
  for _, complaint in ipairs(complaints) do
    print("  " .. complaint)
  end
  os.exit(1)
end

--- What a program says of itself is an error of its own.
local function complain_of(program, complaints)
  for _, line in ipairs(program.said) do
    complaints[#complaints + 1] = "said: " .. line
  end
end

--- Every other round has a point: each in turn at its first passing, then at its second, and so on.
local function point_of(round)
  local turn = math.floor(round / 2)
  local passing = math.floor(turn / #POINTS) + 1
  return round % 2 == 0 and ("%s:%d"):format(POINTS[turn % #POINTS + 1], passing) or nil
end

local function live_round(folder, round)
  local kill_at = point_of(round)
  local first, second = start(folder, kill_at), start(folder)
  read(first, kill_at and LINES_MOST or random.integer(1, 40))
  kill(first)
  read(second, random.integer(1, 20))
  kill(second)
  local complaints = sound.check(folder, false)
  complain_of(first, complaints)
  complain_of(second, complaints)
  return complaints
end

local function drain(folder)
  local said = shell(("%s spec/soak/drain.lua %s 2>&1"):format(interpreter, folder))
  local complaints = sound.check(folder, true)
  if said ~= "drained\n" then
    complaints[#complaints + 1] = "said: " .. said
  end
  return complaints
end

local function check(folder, round, complaints)
  if #complaints > 0 then
    fail(folder, round, complaints)
  end
end

local folder
local killed, round, total = 0, 0, 0
while killed < kills do
  folder = folder or shell("mktemp -d"):match "%S+"
  check(folder, round, live_round(folder, round))
  killed, round = killed + 2, round + 1
  if round % ROUNDS_A_STORE == 0 or killed >= kills then
    check(folder, round, drain(folder))
    total = total + #notes.lines(folder .. "/runs")
    os.execute("rm -rf " .. folder)
    folder = nil
  end
end
print(("%d kills, %d lines of runs: nothing lost, stuck or run twice"):format(killed, total))
