--- Two ways to fail, and how each one must look.
local assert = require "luassert"

local expect = {}

--- The call raises, at the level of the spec that made it, and the message says all the texts.
function expect.misuse(call, ...)
  local ok, message = pcall(call)
  assert.is_false(ok, "the call was expected to raise")
  assert.is_string(message)
  assert.is_truthy(message:find("^[^\n]-_spec%.lua:%d+: "), "raised elsewhere: " .. message)
  for _, text in ipairs { ... } do
    assert.is_truthy(message:find(text, 1, true), ("expected %q in %q"):format(text, message))
  end
end

--- The results are nil, a message and the code.
function expect.code(code, value, message, got)
  assert.is_nil(value)
  assert.is_string(message)
  assert.are.equal(code, got, message)
  return message
end

--- The text is there, and contains the other.
function expect.text(part, whole)
  assert.is_string(whole)
  assert.is_truthy(whole:find(part, 1, true), ("expected %q in %q"):format(part, whole))
end

--- The list holds exactly these values, in whatever order.
function expect.members(expected, list)
  local function sorted(values)
    local copy = {}
    for index, value in ipairs(values) do
      copy[index] = value
    end
    table.sort(copy)
    return copy
  end
  assert.are.same(sorted(expected), sorted(list))
end

return expect
