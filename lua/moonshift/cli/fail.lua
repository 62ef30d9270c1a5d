--- The two ways a command ends early: it was asked wrongly, or it could not be done. Both are
--- raised as tables that `main` turns into a message and an exit status.
local fail = {}

local metatable = { __tostring = function(failure)
  return failure.message
end }

local function raise(status, message)
  error(setmetatable({ status = status, message = message }, metatable), 0)
end

--- Wrong usage: status 2.
function fail.usage(message)
  raise(2, message)
end

--- Not done: status 1.
function fail.undone(message)
  raise(1, message)
end

--- The results of a call of the module; its nil, message becomes status 1.
function fail.check(value, message, ...)
  if value == nil and message then
    fail.undone(message)
  end
  return value, message, ...
end

--- What was raised as a failure. The module raises texts for misuse only, with the place of the
--- call before them, which is of no use here.
function fail.of(raised)
  if getmetatable(raised) == metatable then
    return raised
  end
  local message = tostring(raised):gsub("^[^\n]-%.lua:%d+: ", "", 1)
  return { status = 2, message = message }
end

return fail
