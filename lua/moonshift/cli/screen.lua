--- A whole terminal that is drawn over in place. What stood there before comes back at the end.
local format = require "moonshift.cli.format"

local ENTER = "\27[?1049h\27[?25l"
local LEAVE = "\27[?25h\27[?1049l"
-- Each line clears what is left of the one it covers; the last clears what is below.
local HOME, CLEAR_LINE, CLEAR_BELOW = "\27[H", "\27[K", "\27[J"

local screen = {}

local function write(...)
  io.stdout:write(...)
  io.stdout:flush()
end

--- Rows and columns, asked anew each time since the window may change; 24 and 80 if it does not
--- tell.
function screen.size()
  local pipe = io.popen "stty size </dev/tty 2>/dev/null"
  local answer = pipe and pipe:read "*l"
  if pipe then
    pipe:close()
  end
  local rows, columns = (answer or ""):match "^(%d+) (%d+)$"
  rows, columns = tonumber(rows or 0), tonumber(columns or 0)
  return rows > 0 and rows or 24, columns > 0 and columns or 80
end

function screen.enter()
  write(ENTER)
end

function screen.leave()
  write(LEAVE)
end

--- Shows as many of the lines as fit, each cut to the width.
function screen.draw(lines, rows, columns)
  local shown = {}
  for index = 1, math.min(#lines, rows - 1) do
    shown[index] = format.cut(lines[index], columns) .. CLEAR_LINE .. "\n"
  end
  write(HOME, table.concat(shown), CLEAR_BELOW)
end

return screen
