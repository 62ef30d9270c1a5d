local bench = require "spec.support.bench"

describe("a period that fails in its first run, all attempts used up", function()
  after_each(bench.clear)

  it("counts after a retry", function()
    local manager, diary = bench.open()
    local id = manager:enqueue { worker = "again", every = 20, max_attempts = 1 }
    manager:run_due()
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal(2, info.period)
    assert.are.equal(1, info.run)
    assert.are.equal("failure", info.outcome)
    assert.are.equal(20, bench.due_in(manager, id))
    manager:advance(20)
    assert.are.equal(2, diary[2].run)
    assert.are.equal(2, diary[2].period)
  end)

  it("counts after a timeout, and can be cancelled while it waits", function()
    local manager = bench.open()
    local id = manager:enqueue { worker = "long", every = 20, max_attempts = 1, timeout = 5 }
    manager:advance(10)
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal(2, info.period)
    assert.are.equal(1, info.run)
    assert.are.equal("timeout", info.stop_reason)
    assert.are.equal(10, bench.due_in(manager, id))
    assert.are.equal(1, manager:cancel(id))
  end)
end)
