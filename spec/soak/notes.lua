--- Lines that several processes add to one file. A line is written by one call, so that a process
--- that is killed leaves a whole one or none.
local notes = {}

function notes.add(path, line)
  local file = assert(io.open(path, "a"))
  file:write(line .. "\n")
  file:close()
end

function notes.lines(path)
  local lines = {}
  local file = io.open(path, "r")
  if file then
    for line in file:lines() do
      lines[#lines + 1] = line
    end
    file:close()
  end
  return lines
end

return notes
