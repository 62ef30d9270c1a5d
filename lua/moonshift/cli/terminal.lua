--- What standard output is connected to.
local terminal = {}

--- os.execute answers a number on Lua 5.1 and a boolean on the others.
local function succeeds(command)
  local result = os.execute(command)
  return result == true or result == 0
end

--- Whether standard output is a terminal.
function terminal.is_interactive()
  return succeeds "test -t 1"
end

--- The terminal's width in characters, or nil if standard output is none or does not tell.
function terminal.width()
  if not terminal.is_interactive() then
    return nil
  end
  local pipe = io.popen "stty size </dev/tty 2>/dev/null"
  local answer = pipe and pipe:read "*l"
  if pipe then
    pipe:close()
  end
  local columns = tonumber(answer and answer:match "%d+%s+(%d+)" or os.getenv "COLUMNS")
  return columns and columns >= 20 and columns or nil
end

return terminal
