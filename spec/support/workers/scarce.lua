--- Workers in whose Lua state memory runs out.
local scarce = require "spec.modules.scarce"

local workers = {}

--- The count blocks from the first-th on are denied to what this run still does, and to the next.
function workers.scarce(input, work)
  scarce.arm(input.first, input.count)
  work:progress { tags = work.tags, list = { 1, 2, 3 } }
  return "success", { text = ("x"):rep(100), list = { 1, { 2 }, { a = "b" } } }
end

function workers.plain(input)
  return "success", input
end

return workers
