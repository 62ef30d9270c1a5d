--- Who holds SQLite's locks on the store in a folder, as the kernel tells.
local lfs = require "lfs"

local locks = {}

-- The byte of a -shm file that whoever writes has locked.
local WRITER = 120

local function holds(line, pid, database, memory)
  local holder, inode, first, last = line:match "POSIX +ADVISORY +WRITE (%d+) %S+:(%d+) (%d+) (%S+)"
  if holder ~= pid or line:find("->", 1, true) then
    return false
  elseif inode == database then
    return true
  end
  return inode == memory and tonumber(first) <= WRITER and WRITER <= (tonumber(last) or math.huge)
end

--- Is the process inside of a write, so that others must wait for it?
function locks.writes(folder, pid)
  local database = tostring(lfs.attributes(folder .. "/work.db", "ino"))
  local memory = tostring(lfs.attributes(folder .. "/work.db-shm", "ino"))
  for line in io.lines "/proc/locks" do
    if holds(line, pid, database, memory) then
      return true
    end
  end
  return false
end

return locks
