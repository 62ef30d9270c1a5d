local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("after a crash", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("the old manager is closed and the new one has the same store", function()
    local id = manager:enqueue { worker = "succeed", delay = "1h" }
    local second = manager:crash()
    expect.code("CLOSED", manager:find(id))
    expect.code("CLOSED", manager:enqueue { worker = "succeed" })
    assert.are.equal(id, second:find(id).id)
    assert.are.equal(diary.start, second:now())
  end)

  it("what ran is enqueued again, the crash counts as an attempt", function()
    local id = manager:enqueue { worker = "long" }
    manager:run_due()
    local second = manager:crash()
    local info = second:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal("crashed", info.stop_reason)
    assert.are.equal(1, info.attempt)
    assert.are.equal(1, info.run)
    assert.is_nil(info.finished_at)
    second:run_due()
    info = second:find(id)
    assert.are.equal("running", info.state)
    assert.are.equal(2, info.attempt)
    assert.are.equal(2, info.run)
    assert.is_nil(info.stop_reason)
    second:advance(60)
    assert.are.equal("succeeded", second:find(id).state)
  end)

  it("what the dead process's run returns later is nobody's result", function()
    local id = manager:enqueue { worker = "long" }
    manager:run_due()
    local second = manager:crash()
    second:advance(30)
    assert.are.equal("running", second:find(id).state)
    assert.are.equal(2, #diary)
  end)

  it("delayed, blocked and finished work is as it was", function()
    local delayed = manager:enqueue { worker = "succeed", delay = "1h" }
    local blocked = manager:enqueue { worker = "succeed", after = { delayed } }
    local done = manager:enqueue { worker = "succeed", input = { output = { x = 1 } } }
    local again = manager:enqueue { worker = "again" }
    manager:run_due()
    local before = {}
    for _, id in ipairs { delayed, blocked, done, again } do
      before[id] = manager:find(id)
    end
    local second = manager:crash()
    for id, info in pairs(before) do
      assert.are.same(info, second:find(id))
    end
  end)

  it("a chain goes on", function()
    local ids = manager:chain { { worker = "succeed" }, { worker = "long" },
      { worker = "succeed" } }
    manager:run_due()
    local second = manager:crash()
    second:advance(60)
    assert.are.same({ "succeeded", "succeeded", "succeeded" }, bench.states(second, ids))
  end)

  it("conditions are at their defaults", function()
    manager:set_condition("network", "connected")
    manager:set_condition("vpn", true)
    local id = manager:enqueue { worker = "succeed", constraints = { network = "connected" } }
    local custom = manager:enqueue { worker = "succeed", constraints = { custom = { "vpn" } } }
    local second = manager:crash()
    assert.are.equal(0, second:run_due())
    assert.are.same({ "enqueued", "enqueued" }, bench.states(second, { id, custom }))
  end)

  it("queue settings are as they were", function()
    manager:pause "mail"
    local second = manager:crash()
    second:enqueue { worker = "succeed", queue = "mail" }
    assert.are.equal(0, second:run_due())
  end)

  it("periodic work loses neither period nor rhythm", function()
    local id = manager:enqueue { worker = "long", every = "1h", input = { seconds = 600 } }
    manager:run_due()
    manager:advance(300)
    local second = manager:crash()
    local info = second:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal(1, info.period)
    second:advance(600)
    assert.are.equal(2, second:find(id).period)
    assert.are.equal(diary.start + 3600, second:find(id).due_at)
  end)

  it("many crashes lose nothing", function()
    local ids = {}
    for index = 1, 20 do
      ids[index] = manager:enqueue { worker = "long", input = { seconds = 30 } }
    end
    local current = manager
    for _ = 1, 10 do
      current:run_now { all = true }
      assert.are.equal(20, current:run_due())
      current = current:crash()
    end
    current:run_now { all = true }
    current:advance(30)
    assert.are.equal(20, current:count { state = "succeeded" })
    for _, id in ipairs(ids) do
      assert.are.equal(11, current:find(id).attempt)
    end
  end)
end)

describe("a peer", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("sees the same store and its changes", function()
    local peer = manager:peer()
    local id = manager:enqueue { worker = "succeed" }
    assert.are.equal("enqueued", peer:find(id).state)
    assert.are.equal(1, peer:run_due())
    assert.are.equal("succeeded", manager:find(id).state)
    assert.are.equal(0, manager:run_due())
  end)

  it("does not run what the other runs", function()
    local peer = manager:peer()
    manager:enqueue { worker = "long" }
    assert.are.equal(1, manager:run_due())
    assert.are.equal(0, peer:run_due())
    assert.are.equal(1, #diary)
  end)

  it("takes over the work of one that crashed, at once", function()
    local peer = manager:peer()
    local id = manager:enqueue { worker = "long" }
    manager:run_due()
    manager:crash()
    assert.are.equal(1, peer:run_due())
    local info = peer:find(id)
    assert.are.equal("running", info.state)
    assert.are.equal(2, info.attempt)
  end)

  it("that closes leaves its work to the other", function()
    local peer = manager:peer()
    local id = manager:enqueue { worker = "long" }
    peer:run_due()
    peer:close()
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal("shutdown", info.stop_reason)
    assert.are.equal(0, info.attempt)
    assert.are.equal(1, manager:run_due())
  end)

  it("has conditions of its own", function()
    local peer = manager:peer()
    manager:set_condition("charging", true)
    manager:enqueue { worker = "succeed", constraints = { charging = true } }
    assert.are.equal(0, peer:run_due())
    assert.are.equal(1, manager:run_due())
  end)
end)
