--- splitter.lua DATABASE FILE: has a work wait for that file, and changes it, so that the file was
--- looked at. Then says how two copies of this process end, one of which closes its Lua state.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"
local child = require "spec.modules.child"

local manager = assert(moonshift.open { database = arg[1], workers = { take = function()
  return "success"
end } })
local files = { arg[2], settle = "1ms" }
local id = assert(manager:enqueue { worker = "take", constraints = { files = files } })
assert(io.open(arg[2], "w")):close()
assert(manager:await(id))

for _, closes in ipairs { false, true } do
  local pid = child.split()
  if pid == 0 then
    os.exit(7, closes)
  end
  print(child.reap(pid))
end
