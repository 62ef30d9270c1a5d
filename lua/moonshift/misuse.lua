-- Errors that point at the caller: a public function checks its arguments through here, and what is
-- wrong is raised with the file and line of whoever called that function.

local misuse = {}

-- The position in one of the module's own files, with which C begins its messages.
local OWN_POSITION = "^[^\n:]-moonshift[/\\]%w+%.lua:%d+: "

-- The position of the first Lua function from the level up: pcall may stand between it and the
-- function that it calls.
local function position(level)
  local frame = debug.getinfo(level, "Sl")
  while frame do
    if frame.currentline > 0 then
      return ("%s:%d: "):format(frame.short_src, frame.currentline)
    end
    level = level + 1
    frame = debug.getinfo(level, "Sl")
  end
  return ""
end

-- Calls a function that checks; its error gets the position of the caller's caller. A public
-- function calls this itself, and not as a tail call: the levels are counted.
function misuse.check(call, ...)
  local ok, first, second, third = pcall(call, ...)
  if ok then
    return first, second, third
  end
  if type(first) == "string" then
    first = position(4) .. first:gsub(OWN_POSITION, "", 1)
  end
  error(first, 0)
end

-- Raises with the position of the caller's caller.
function misuse.fail(message)
  error(position(4) .. message, 0)
end

return misuse
