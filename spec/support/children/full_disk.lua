--- full_disk.lua DATABASE FILLER: fills the disk with works, makes room, and goes on.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"

local manager = assert(moonshift.open {
  database = arg[1],
  durability = "normal",
  on_error = function() end,
  workers = {
    pass = function(input)
      return "success", { size = #input.text }
    end,
  },
})
local input = { text = ("x"):rep(20000) }
local stored = 0

local function fill()
  for _ = 1, 1000 do
    local id, message, code = manager:enqueue { worker = "pass", input = input }
    if not id then
      return code, message
    end
    stored = stored + 1
  end
  return "nothing"
end

local code, message = fill()
print(code, message:find("the disk is full", 1, true) ~= nil)
print(manager:count { all = true } == stored)
os.remove(arg[2])
print(manager:enqueue { worker = "pass", input = input } ~= nil)
stored = stored + 1
print((manager:run "done"))
print(manager:count { state = "succeeded" } == stored)
print((manager:close()))
