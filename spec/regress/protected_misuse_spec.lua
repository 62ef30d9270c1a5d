local moonshift = require "moonshift"
local bench = require "spec.support.bench"

describe("misuse inside a protected call", function()
  after_each(bench.clear)

  -- pcall itself has no line: the first function that has one is the caller.
  local function refused(method, ...)
    local ok, message = pcall(method, ...)
    assert.is_false(ok)
    assert.is_truthy(message:find "^[^\n]-_spec%.lua:%d+: ", message)
  end

  it("of a function points at whoever protects it", function()
    refused(moonshift.open, {})
  end)

  it("of a method points at whoever protects it", function()
    local manager = bench.open()
    refused(manager.dispatch, manager, 0)
    refused(manager.await, manager, 1, -1)
    refused(manager.advance, manager, "soon")
    refused(manager.stop_work, manager, 1, "preempted")
    refused(manager.meet, manager, manager:enqueue { worker = "succeed" }, "delay")
    refused(manager.run, manager)
  end)
end)
