--- The answers of commands: lines on standard output. What could not be written was not answered.
local fail = require "moonshift.cli.fail"

local output = {}

local function check(done, message)
  if not done then
    fail.undone("standard output: " .. message)
  end
end

--- Writes a text that may have several lines.
function output.line(text)
  check(io.stdout:write(text, "\n"))
end

--- Until then lines may still wait in memory.
function output.flush()
  check(io.stdout:flush())
end

return output
