local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("periodic work whose very first attempt uses up max_attempts", function()
  after_each(bench.clear)

  local function goes_on(manager, id, reason)
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal(0, info.attempt)
    assert.are.equal(1, info.run)
    assert.are.equal(2, info.period)
    assert.are.equal("failure", info.outcome)
    assert.are.equal(reason, info.stop_reason)
    assert.is_number(info.started_at)
    expect.text("max_attempts", info.error)
    return info.due_at - info.enqueued_at
  end

  it("by a retry goes on to its next period", function()
    local manager = bench.open()
    local id = manager:enqueue { worker = "again", every = "1h", max_attempts = 1 }
    manager:run_due()
    assert.are.equal(3600, goes_on(manager, id))
    assert.are.equal(1, manager:advance "1h")
  end)

  it("by a timeout goes on to its next period", function()
    local manager = bench.open()
    local id = manager:enqueue { worker = "long", every = "1h", max_attempts = 1, timeout = 5 }
    manager:advance(5)
    assert.are.equal(3600, goes_on(manager, id, "timeout"))
  end)

  it("by a crash goes on to its next period", function()
    local manager, diary = bench.open()
    local id = manager:enqueue { worker = "long", every = "1h", max_attempts = 1 }
    manager:run_due()
    diary.manager = manager:crash()
    assert.are.equal(3600, goes_on(diary.manager, id, "crashed"))
    assert.are.equal(1, diary.manager:advance "1h")
    diary.manager:close(0)
  end)
end)
