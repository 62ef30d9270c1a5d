local bench = require "spec.support.bench"

describe("a run whose work is updated to another queue", function()
  after_each(bench.clear)

  it("counts in its old queue until it ends, in all processes", function()
    local manager = bench.open { queues = { narrow = { limit = 1 } } }
    local id = manager:enqueue { worker = "long", queue = "narrow" }
    manager:run_due()
    local peer = manager:peer()
    manager:update(id, { worker = "long", queue = "wide" })
    local other = peer:enqueue { worker = "long", queue = "narrow" }
    assert.are.equal(0, peer:run_due())
    manager:cancel(id)
    assert.are.equal(1, peer:run_due() + manager:run_due())
    assert.are.equal("running", peer:find(other).state)
  end)

  it("does not count in its new one", function()
    local manager = bench.open { queues = { narrow = { limit = 1 } } }
    local id = manager:enqueue { worker = "long", queue = "wide" }
    manager:run_due()
    local peer = manager:peer()
    manager:update(id, { worker = "long", queue = "narrow" })
    peer:enqueue { worker = "long", queue = "narrow" }
    assert.are.equal(1, peer:run_due())
  end)
end)
