--- modes.lua DATABASE: makes a store, writes to it, and prints the modes of its files.
local lfs = require "lfs"
local moonshift = require "moonshift"
local path = arg[1]
local manager = assert(moonshift.open(path))
manager:enqueue { worker = "later" }
for _, ending in ipairs { "-lock", "-shm", "-wal", "" } do
  print(ending .. " " .. tostring(lfs.attributes(path .. ending, "permissions")))
end
manager:close()
