--- Temporary folders, and files in them.
local lfs = require "lfs"

local folder = {}
local made = {}

--- A new, empty folder that `folder.clear` removes.
function folder.new()
  local name = os.tmpname()
  local path = name .. ".d"
  assert(lfs.mkdir(path))
  os.remove(name)
  made[#made + 1] = path
  return path
end

--- Removes the file or folder with all that is in it; false where that takes more rights.
local function remove(path)
  if lfs.symlinkattributes(path, "mode") ~= "directory" then
    return os.remove(path)
  end
  local ok, entries, state = pcall(lfs.dir, path)
  if not ok then
    return false
  end
  for name in entries, state do
    if name ~= "." and name ~= ".." then
      remove(path .. "/" .. name)
    end
  end
  return lfs.rmdir(path)
end

--- Removes every folder made since the last call.
function folder.clear()
  for _, path in ipairs(made) do
    -- Programs cost more than most specs, so they are started only where they are needed.
    if not remove(path) then
      os.execute(("chmod -R u+rwx '%s'; rm -rf '%s'"):format(path, path))
    end
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
