--- Calls without enough memory in the caller's Lua state: each is made over and over, and each time
--- another allocation of it is denied.
local scarce = require "spec.modules.scarce"

local scarcity = {}

-- LuaJIT 2.1 itself crashes where memory is missing at the end of a trace, so it interprets here.
local function interpret(call, ...)
  if not jit then
    return call(...)
  end
  jit.off()
  jit.flush()
  local ok, result = pcall(call, ...)
  jit.on()
  return ok and result or error(result, 0)
end

-- Lua asks a second time after collecting garbage, so one denial alone is none.
local LENGTHS = { 1, 2, math.huge }

--- All that a table tells, in an order of its own.
function scarcity.text(value)
  if type(value) ~= "table" then
    return type(value) == "number" and ("%.17g"):format(value) or tostring(value)
  end
  local lines = {}
  for key, element in pairs(value) do
    lines[#lines + 1] = tostring(key) .. "=" .. scarcity.text(element)
  end
  table.sort(lines)
  return "{" .. table.concat(lines, " ") .. "}"
end

local function is_told(message)
  return type(message) == "string" and message:find("not enough memory", 1, true)
end

local function try(first, length, call, each)
  local results = { scarce.call(first, length, call) }
  local denied, ok = results[1], results[2]
  local is_fine = ok or is_told(results[3])
  local message = results[3]
  if is_fine then
    is_fine, message = pcall(each, ok, results[3], results[4], results[5])
  end
  if not is_fine then
    error(("denied %g blocks from the %d. on: %s"):format(length, first, tostring(message)), 0)
  end
  return denied
end

local function try_all(every, call, each)
  for _, length in ipairs(LENGTHS) do
    local first = 1
    while try(first, length, call, each) > 0 do
      first = first + every
    end
  end
  return true
end

--- Denies the call its memory at every n-th place in turn until it needs no more. each(ok, ...) is
--- told how it went; what it raises is raised with the place.
function scarcity.each(every, call, each)
  return interpret(try_all, every, call, each)
end

return scarcity
