--- storm.lua FOLDER SEED: does at random what programs do with the store in the folder, and runs
--- work. One line on stdout for each step; it goes on until it is killed.
local draw = require "spec.soak.draw"
local process = require "spec.soak.process"
local steps = require "spec.soak.steps"
local store = require "spec.soak.store"

local folder, seed = arg[1], tonumber(arg[2])
local storm = steps.new {
  folder = folder,
  draw = draw.new(seed),
  name = process.identity("self"):gsub(" ", "-"),
  place = os.getenv "MOONSHIFT_PLACE",
  longest = "5ms",
  prunes = store.prunes(folder),
  open = function()
    return store.open(folder, { durability = seed % 2 == 0 and "full" or "normal" })
  end,
}

while true do
  print "step"
  io.stdout:flush()
  storm:take()
end
