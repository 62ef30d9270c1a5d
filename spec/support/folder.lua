--- Temporary folders, and files in them.
local lfs = require "lfs"

local folder = {}
local made = {}

--- A new, empty folder that `folder.clear` removes.
function folder.new()
  local pipe = assert(io.popen "mktemp -d")
  local path = assert(pipe:read "*l")
  pipe:close()
  made[#made + 1] = path
  return path
end

--- Removes every folder made since the last call.
function folder.clear()
  for _, path in ipairs(made) do
    os.execute(("chmod -R u+rwx '%s'; rm -rf '%s'"):format(path, path))
  end
  made = {}
end

--- The bytes of the file, or nil if there is none.
function folder.read(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local bytes = file:read "*a"
  file:close()
  return bytes
end

function folder.write(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
end

--- The lines of the file, empty if there is none.
function folder.lines(path)
  local lines = {}
  for line in (folder.read(path) or ""):gmatch "[^\n]+" do
    lines[#lines + 1] = line
  end
  return lines
end

function folder.exists(path)
  return lfs.attributes(path, "mode") ~= nil
end

return folder
