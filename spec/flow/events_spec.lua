local bench = require "spec.support.bench"

describe("events", function()
  after_each(bench.clear)

  it("come once for each change and in order for each work", function()
    local manager = bench.open()
    local ids = manager:chain { { worker = "succeed" }, { worker = "again", max_attempts = 2 } }
    local first, second = bench.watch(manager, ids[1]), bench.watch(manager, ids[2])
    manager:advance "1h"
    manager:dispatch()
    assert.are.same({ "snapshot enqueued", "started running", "succeeded succeeded" }, first)
    assert.are.same({ "snapshot blocked", "unblocked enqueued", "started running",
      "retried enqueued", "started running", "failed failed" }, second)
  end)

  it("carry the moment of the change", function()
    local manager, diary = bench.open()
    local id = manager:enqueue { worker = "succeed", delay = 42 }
    local at
    manager:observe(id, function(event)
      at = event.type == "succeeded" and event.time or at
    end)
    manager:advance(100)
    manager:dispatch()
    assert.are.equal(diary.start + 42, at)
  end)

  it("of a selector come for work that begins to match", function()
    local manager = bench.open()
    local words = bench.watch(manager, { state = "failed" })
    manager:enqueue { { worker = "succeed" }, { worker = "fail" } }
    manager:run_due()
    manager:dispatch()
    assert.are.same({ "failed failed" }, words)
  end)

  it("of removal come when work is pruned", function()
    local manager = bench.open()
    local id = manager:enqueue { worker = "succeed" }
    manager:run_due()
    local words = bench.watch(manager, id)
    manager:prune()
    manager:dispatch()
    assert.are.same({ "snapshot succeeded", "removed succeeded" }, words)
  end)

  it("of another manager arrive too", function()
    local manager = bench.open()
    local peer = manager:peer()
    local id = manager:enqueue { worker = "succeed", delay = "1h" }
    local words = bench.watch(peer, id)
    peer:dispatch()
    manager:cancel(id)
    peer:run_due()
    peer:dispatch()
    assert.are.equal("cancelled cancelled", words[#words])
  end)
end)
