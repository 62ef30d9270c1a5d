local bench = require "spec.support.bench"

describe("progress that was recorded just before a stop", function()
  local manager

  before_each(function()
    manager = bench.open {
      workers = {
        steps = function(_, work)
          work:progress { step = 1 }
          work:sleep "50ms"
          work:progress { step = 2 }
          work:sleep "1h"
          return "success"
        end,
      },
    }
  end)
  after_each(bench.clear)

  local function start(request)
    request.worker = "steps"
    local id = manager:enqueue(request)
    manager:run_due()
    return id
  end

  it("stands after an interruption", function()
    local id = start { constraints = { idle = true } }
    manager:set_condition("idle", true)
    manager:run_due()
    manager:advance "50ms"
    manager:set_condition("idle", false)
    assert.are.equal("enqueued", manager:find(id).state)
    assert.are.same({ step = 2 }, manager:find(id).progress)
  end)

  it("stands after a timeout", function()
    local id = start { timeout = "80ms" }
    manager:advance "1s"
    assert.are.equal("timeout", manager:find(id).stop_reason)
    assert.are.same({ step = 2 }, manager:find(id).progress)
  end)

  it("stands after a cancel", function()
    local id = start {}
    manager:advance "50ms"
    manager:cancel(id)
    assert.are.same({ step = 2 }, manager:find(id).progress)
  end)
end)
