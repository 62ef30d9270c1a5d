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

--- The works that wait for a file in the folder, by id: true if it was changed after they were
--- acknowledged.
function notes.waiting_for_files(folder)
  local path_of, touched = {}, {}
  for _, line in ipairs(notes.lines(folder .. "/acknowledged")) do
    local path, id = line:match "^files (%S+) (%d+)$"
    local changed = line:match "^touch (%S+)$"
    if id then
      path_of[tonumber(id)], touched[tonumber(id)] = path, false
    end
    for waiting, file in pairs(changed and path_of or {}) do
      touched[waiting] = touched[waiting] or file == changed
    end
  end
  return touched
end

return notes
