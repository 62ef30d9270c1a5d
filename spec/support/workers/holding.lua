--- Workers for what happens while a stopped run goes on, as native code would.
local function append(path, line)
  local file = assert(io.open(path, "a"))
  file:write(line .. "\n")
  file:close()
end

local function exists(path)
  local file = io.open(path, "r")
  if file then
    file:close()
  end
  return file ~= nil
end

local workers = {}

--- Notes its begin in input.log, goes on until the file input.gate is there, notes its end.
function workers.hold(input, work)
  append(input.log, "begin " .. work.id)
  while not exists(input.gate) do -- luacheck: ignore 542
  end
  append(input.log, "end " .. work.id)
  return "success"
end

--- As hold, but within a call that no interpreter can break off. It also ends with the folder of
--- the log, since nobody waits for it once the spec is over.
function workers.native(input, work)
  append(input.log, "begin " .. work.attempt)
  os.execute(("while [ -e '%s' ] && [ ! -e '%s' ]; do sleep 0.01; done")
    :format(input.log, input.gate))
  return "success"
end

function workers.pass()
  return "success"
end

return workers
