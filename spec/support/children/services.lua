--- services.lua DATABASE SYSFS PROCFS: says what happens to works as services on its own system bus
--- change their minds.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"

local NETWORK = "/org/freedesktop/NetworkManager org.freedesktop.NetworkManager "
local POWER = "/org/freedesktop/UPower org.freedesktop.UPower "
local BATTERY = "/org/freedesktop/UPower/devices/DisplayDevice org.freedesktop.UPower.Device "
local SESSION = "/org/freedesktop/login1/session/_31"
local HINT = SESSION .. " org.freedesktop.login1.Session "

local answers = os.tmpname()
os.execute(("rm %s && mkfifo %s"):format(answers, answers))
local script = "exec /usr/bin/python3 spec/support/services.py '%s' >%s"
local services = assert(io.popen(script:format(os.getenv "DBUS_SYSTEM_BUS_ADDRESS", answers), "w"))
local said = assert(io.open(answers))
os.remove(answers)

local function tell(...)
  for _, line in ipairs { ... } do
    services:write(line, "\n")
    services:flush()
    assert(said:read "*l" == "ok")
  end
end

local function connect()
  for line in ([[
    ip link add near0 type veth peer name far0
    ip link set near0 up
    ip link set far0 up
    ip addr replace 10.9.0.1/24 dev near0
    ip route replace default via 10.9.0.2]]):gmatch "[^\n]+" do
    local status = os.execute(line)
    assert(status == true or status == 0, line)
  end
end

local manager, latest

--- Serves until something has happened to that work, and says it.
local function await(id, type)
  repeat
    manager:await(id, "5ms")
  until latest[id] and latest[id]:match "^%S+" == type
  print(id, latest[id])
end

connect()
tell("set " .. NETWORK .. "Metered u 1", 'set ' .. NETWORK .. 'PrimaryConnectionType s "wifi"',
  "set " .. POWER .. "OnBattery b true", "set " .. BATTERY .. "Type u 2",
  "set " .. BATTERY .. "IsPresent b true", "set " .. BATTERY .. "Percentage d 57",
  'set ' .. HINT .. 'Type s "wayland"', "set " .. HINT .. "IdleHint b false", "still " .. SESSION
  .. " 9", "mute", "own org.freedesktop.NetworkManager", "own org.freedesktop.UPower",
  "own org.freedesktop.login1")

local sensors = { metered = false, sysfs = arg[2], procfs = arg[3], poll = "1s" }
manager = assert(moonshift.open {
  database = arg[1],
  durability = "normal",
  sensors = sensors,
  workers = {
    hold = function(_, work)
      work:sleep "1h"
      return "success"
    end,
  },
})
latest = {}
manager:observe({ all = true }, function(event)
  local work = event.work
  local detail = event.type == "stopped" and work.stop_reason or work.attempt
  latest[work.id] = event.type .. " " .. detail
end)

local function hold(constraints)
  return manager:enqueue { worker = "hold", constraints = constraints }
end

--- The services are slow; nothing starts on what only they can deny.
local unmetered, idle = hold { network = "unmetered" }, hold { idle = true }
local connected = hold { network = "connected" }
await(connected, "started")
print(manager:find(unmetered).state, manager:find(idle).state)
print(manager:conditions().network)
tell "unmute"
local reason
repeat
  manager:await(unmetered, "5ms")
  reason = manager:why(unmetered)[1].detail:match "^(.-), since "
until reason:find "NetworkManager"
print(reason)
print(manager:find(unmetered).run, manager:find(idle).run)

tell("set " .. NETWORK .. "Metered u 4")
await(unmetered, "started")
tell("set " .. NETWORK .. "Metered u 3")
await(unmetered, "stopped")

local full = hold { battery_not_low = true }
await(full, "started")
tell("set " .. BATTERY .. "Percentage d 15")
await(full, "stopped")
local charging = hold { charging = true }
tell("set " .. POWER .. "OnBattery b false")
await(charging, "started")

tell("set " .. HINT .. "IdleHint b true")
await(idle, "started")
tell("set " .. HINT .. "IdleHint b false")
await(idle, "stopped")
manager:close()

--- The first question is answered with what the services say.
local client = assert(moonshift.open { database = arg[1], sensors = sensors })
local values = client:conditions()
print(values.network, values.idle)
client:close()
