--- judge.lua FOLDER [over]: says what is wrong with the folder's store, which nobody serves, one
--- complaint a line, and at last how many runs there were and how many results came too late.
local sound = require "spec.soak.sound"

local complaints, runs, late = sound.check(arg[1], { is_over = arg[2] == "over" })
for _, complaint in ipairs(complaints) do
  print(complaint)
end
print(("%d runs, %d late"):format(runs, late))
