local testing = require "moonshift.testing"

describe("work that is due and was passed over", function()
  it("starts once its condition holds, although another of its kind was met before", function()
    local ran = {}
    local manager = testing.open { workers = {
      note = function(_, work)
        ran[#ran + 1] = work.id
        return "success"
      end,
    } }
    local request = { worker = "note", constraints = { network = "connected" } }
    local first, second = manager:enqueue(request), manager:enqueue(request)
    assert.are.equal(1, manager:meet(second, "constraints"))
    manager:set_condition("network", "connected")
    manager:run_due()
    assert.are.same({ second, first }, ran)
    manager:close()
  end)
end)
