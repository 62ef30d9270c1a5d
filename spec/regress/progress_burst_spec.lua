local bench = require "spec.support.bench"

describe("progress that comes in a burst", function()
  after_each(bench.clear)

  it("is known at once in the process that runs the work, before the store has it", function()
    local manager = bench.open { workers = {
      burst = function(_, work)
        work:progress { step = 1 }
        work:progress { step = 2 }
        work:sleep "1h"
        return "success"
      end,
    } }
    local id = manager:enqueue { worker = "burst" }
    manager:run_due()
    assert.are.same({ step = 2 }, manager:find(id).progress)
    assert.are.same({ step = 2 }, manager:query({ state = "running" })[1].progress)
  end)
end)
