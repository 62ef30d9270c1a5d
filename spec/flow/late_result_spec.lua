local bench = require "spec.support.bench"

describe("a result that comes too late", function()
  after_each(bench.clear)

  it("cannot change what was cancelled", function()
    local manager, diary = bench.open()
    local id = manager:enqueue { worker = "long" }
    local words = bench.watch(manager, id)
    manager:run_due()
    manager:cancel(id)
    manager:advance "1h"
    local info = manager:find(id)
    assert.are.equal("cancelled", diary[1].reason)
    assert.are.equal("cancelled", info.state)
    assert.is_nil(info.output)
    assert.is_nil(info.outcome)
    assert.are.same({ "snapshot enqueued", "started running", "cancelled cancelled" }, words)
  end)

  it("cannot change what was enqueued again", function()
    local manager, diary = bench.open()
    local id = manager:enqueue { worker = "long" }
    manager:run_due()
    manager:stop_work(id, "preempted")
    assert.is_nil(manager:find(id).output)
    manager:advance(60)
    assert.are.same({ late = false }, manager:find(id).output)
    assert.are.equal(2, #diary)
  end)

  it("after a second stop was told of the first only, and the cancel decides", function()
    local told, reasons = {}, {}
    local manager
    manager = bench.open { workers = {
      torn = {
        run = function(_, work)
          reasons[1] = select(2, work:sleep "1h")
          manager:cancel(work.id)
          reasons[2] = select(2, work:sleep "1h")
          return "success", { x = 1 }
        end,
        on_stop = function(_, reason)
          told[#told + 1] = reason
        end,
      },
    } }
    local id = manager:enqueue { worker = "torn" }
    manager:run_due()
    manager:stop_work(id, "preempted")
    manager:run_due()
    local info = manager:find(id)
    assert.are.equal("cancelled", info.state)
    assert.are.equal("cancelled", info.stop_reason)
    assert.is_nil(info.output)
    assert.are.same({ "preempted" }, told)
    assert.are.same({ "preempted", "preempted" }, reasons)
  end)
end)
