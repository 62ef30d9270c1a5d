--- callee.lua FOLDER: runs work of its own in its store, on one thread, until it is killed.
local store = require "spec.soak.store"
local system = require "system"

local manager = store.open(arg[1], { workers = "spec.soak.own", threads = 1 })
while manager do
  system.sleep(0.1)
end
