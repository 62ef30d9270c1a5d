--- Who holds SQLite's locks on the store in a folder, as the kernel tells.
local lfs = require "lfs"

local locks = {}

-- The byte of a -shm file that whoever writes has locked.
local WRITER = 120

local function holds(line, pid, files)
  local kind, holder, inode, first, last =
    line:match "POSIX +ADVISORY +(%a+) +(%d+) %S+:(%d+) (%d+) (%S+)"
  if holder ~= pid or line:find("->", 1, true) then
    return false
  elseif inode == files.database then
    return kind == "WRITE" or files.is_new
  end
  return kind == "WRITE" and inode == files.memory and tonumber(first) <= WRITER and
    WRITER <= (tonumber(last) or math.huge)
end

--- Is the process inside of a write, so that others must wait for it? Whoever reads a file that is
--- still empty keeps the others from making a store of it.
function locks.writes(folder, pid)
  local files = {
    database = tostring(lfs.attributes(folder .. "/work.db", "ino")),
    memory = tostring(lfs.attributes(folder .. "/work.db-shm", "ino")),
    is_new = lfs.attributes(folder .. "/work.db", "size") == 0,
  }
  for line in io.lines "/proc/locks" do
    if holds(line, pid, files) then
      return true
    end
  end
  return false
end

return locks
