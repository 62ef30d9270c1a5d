--- calls.lua PASSINGS: lets a program that runs work stand still at each named point, at so many
--- passings of it, calls it meanwhile, and sees that it has heard once it goes on.
local draw = require "spec.soak.draw"
local points = require "spec.soak.points"
local program = require "spec.soak.program"
local store = require "spec.soak.store"
local system = require "system"

-- So much work leads a program past each of its points; it takes a thread for so long.
local WORKS, PAUSE_S = 30, 0.01
-- Long enough on any machine; who has heard needs some milliseconds.
local HEAR = "20s"

local passings = tonumber(arg[1])
local folder = io.popen("mktemp -d"):read "*l"
-- It gives up soon, since a program may stand still inside of a write, where nobody can call it.
local options = { workers = false, busy_timeout = "300ms" }
local place, called, deaf = 0, 0, {}

--- Gives the program work until it stands still; false if it never does.
local function lead(manager, one)
  for _ = 1, WORKS do
    if one:is_stopped() then
      return true
    end
    manager:enqueue { worker = "slow-" .. place }
    system.sleep(PAUSE_S)
  end
  return one:is_stopped()
end

--- Is the program still led to the point at that passing?
local function call_at(manager, name, passing)
  local aim = ("%s:%d"):format(name, passing)
  place = place + 1
  local environment = { MOONSHIFT_STOP_AT = aim, MOONSHIFT_PLACE = place }
  local one = program.start(environment, "callee", folder)
  local stands = lead(manager, one)
  local id = stands and manager:enqueue { worker = "own-" .. place, expedited = true }
  one:signal "CONT"
  if id then
    called = called + 1
    deaf[#deaf + 1] = not manager:await(id, HEAR) and aim or nil
  end
  one:kill()
  return stands
end

-- Nobody opens a store while another one that makes it stands still.
local manager = store.open(folder, options)
for _, name in ipairs(points.new(draw.new(1)).names) do
  local passing = 1
  while passing <= passings and call_at(manager, name, passing) do
    passing = passing + 1
  end
end
manager:close()
os.execute("rm -rf " .. folder)
print(("%d programs called while they stood still, %d deaf: %s"):format(called, #deaf,
  table.concat(deaf, ", ")))
os.exit(#deaf == 0 and called > 0)
