--- network.lua DATABASE: says what its manager makes of a network that comes and goes, which is one
--- of its own.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"
local manager

local function run(commands)
  for line in commands:gmatch "[^\n]+" do
    local status = os.execute(line)
    if status ~= true and status ~= 0 then
      error("failed: " .. line)
    end
  end
end

local function connect()
  run [[
    ip link set near0 up
    ip link set far0 up
    ip addr replace 10.9.0.1/24 dev near0
    ip route replace default via 10.9.0.2]]
end

local function say(...)
  print(table.concat({ ... }, " "))
end

local function await_state(id, state)
  repeat
    manager:await(id, "5ms")
  until manager:find(id).state == state
  return manager:find(id)
end

manager = assert(moonshift.open {
  database = arg[1],
  durability = "normal",
  sensors = { bus = false, metered = false },
  workers = {
    hold = function(_, work)
      work:sleep "1h"
      return "success"
    end,
  },
})
run "ip link add near0 type veth peer name far0"

local id = manager:enqueue { worker = "hold", constraints = { network = "connected" } }
say(manager:conditions().network, manager:why(id)[1].detail:match "^(.-), since ")

connect()
say("attempt", await_state(id, "running").attempt)
say(manager:conditions().network)

run "ip link set near0 down"
say(await_state(id, "enqueued").stop_reason)
say(manager:conditions().network)

-- What comes back so soon must stand first.
connect()
say(manager:conditions().network)
say("attempt", await_state(id, "running").attempt)
say(manager:conditions().network)

-- The route stays when the other end goes, and leads nowhere.
run "ip link set far0 down"
say(await_state(id, "enqueued").stop_reason)
say(manager:conditions().network)
run "ip route show default | grep -q near0"
say "the route stands"
manager:close()
