--- Workers for several processes on one store. What they write shows whether two runs overlapped.
local function append(path, line)
  local file = assert(io.open(path, "a"))
  file:setvbuf "no"
  file:write(line .. "\n")
  file:close()
end

local workers = {}

--- Says when it begins and ends; in between it takes a few milliseconds.
function workers.turn(input, work)
  append(input.log, ("begin %d %d"):format(work.id, work.run))
  if not work:sleep(input.takes or "2ms") then
    append(input.log, ("end %d %d"):format(work.id, work.run))
    return "retry"
  end
  append(input.log, ("end %d %d"):format(work.id, work.run))
  return "success", { run = work.run, attempt = work.attempt }
end

function workers.quick()
  return "success"
end

return workers
