local bench = require "spec.support.bench"

describe("one-time work", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("is due at once, after its delay, or at its time", function()
    local now = manager:enqueue { worker = "succeed" }
    local later = manager:enqueue { worker = "succeed", delay = "90s" }
    local at = manager:enqueue { worker = "succeed", at = "2026-01-01T01:00:00Z" }
    local past = manager:enqueue { worker = "succeed", at = diary.start - 50 }
    assert.are.equal(0, bench.due_in(manager, now))
    assert.are.equal(90, bench.due_in(manager, later))
    assert.are.equal(3600, bench.due_in(manager, at))
    assert.are.equal(2, manager:run_due())
    assert.are.equal("succeeded", manager:find(past).state)
    assert.are.equal(0, manager:advance(89.999))
    assert.are.equal(1, manager:advance(0.001))
    assert.are.equal(1, manager:advance "1h")
  end)

  it("is due after its delay even if the run before asked for retry", function()
    manager:enqueue { worker = "again", delay = 100, backoff = { delay = 5 } }
    manager:advance(105)
    assert.are.same({ 100, 105 }, bench.moments(diary))
  end)
end)

describe("a wish", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("by run_now beats the delay", function()
    local id = manager:enqueue { worker = "succeed", delay = "1h" }
    assert.are.equal(1, manager:run_now(id))
    assert.are.equal(0, bench.due_in(manager, id))
    assert.are.equal(1, manager:run_due())
  end)

  it("by run_now beats the backoff, once", function()
    local id = manager:enqueue { worker = "again" }
    manager:run_due()
    manager:run_now(id)
    assert.are.equal(1, manager:run_due())
    assert.are.equal(60, bench.due_in(manager, id))
  end)

  it("by run_now beats the period, once", function()
    local id = manager:enqueue { worker = "succeed", every = "1h" }
    manager:run_due()
    manager:advance "10m"
    manager:run_now(id)
    assert.are.equal(1, manager:run_due())
    assert.are.equal(3000, bench.due_in(manager, id))
    assert.are.equal(3, manager:find(id).period)
  end)

  it("by run_now does not beat constraints, and waits for them", function()
    local id = manager:enqueue { worker = "succeed", delay = "1h",
      constraints = { charging = true } }
    manager:run_now(id)
    assert.are.equal(0, manager:run_due())
    manager:set_condition("charging", true)
    assert.are.equal(1, manager:run_due())
    assert.are.same({ id }, bench.ids(diary))
  end)

  it("by run_now does not beat a paused queue", function()
    local id = manager:enqueue { worker = "succeed", delay = "1h", queue = "mail" }
    manager:pause "mail"
    manager:run_now(id)
    assert.are.equal(0, manager:run_due())
    manager:resume "mail"
    assert.are.equal(1, manager:run_due())
  end)

  it("by run_now counts enqueued work only", function()
    local running = manager:enqueue { worker = "long" }
    local done = manager:enqueue { worker = "succeed" }
    manager:run_due()
    local waiting = manager:enqueue { worker = "succeed", delay = "1h" }
    local blocked = manager:enqueue { worker = "succeed", after = { waiting } }
    assert.are.equal(1, manager:run_now { running, done, waiting, blocked })
    assert.are.equal("blocked", manager:find(blocked).state)
    assert.are.equal(0, manager:run_now(4711))
  end)

  it("by update of periodic work is its next due time, once", function()
    local id = manager:enqueue { worker = "succeed", every = "1h" }
    manager:run_due()
    manager:update(id, { worker = "succeed", every = "1h", at = diary.start + 600 })
    assert.are.equal(600, bench.due_in(manager, id))
    manager:advance(600)
    assert.are.same({ 0, 600 }, bench.moments(diary))
    assert.are.equal(3000, bench.due_in(manager, id))
  end)

  it("by update of periodic work may also put it off", function()
    local id = manager:enqueue { worker = "succeed", every = "1h" }
    manager:run_due()
    manager:update(id, { worker = "succeed", every = "1h", at = diary.start + 9000 })
    manager:advance(12000)
    assert.are.same({ 0, 9000, 10800 }, bench.moments(diary))
  end)

  it("made during a run stays for the next start", function()
    local id = manager:enqueue { worker = "long", every = "1h", input = { seconds = 60 } }
    manager:run_due()
    manager:advance(10)
    manager:update(id, { worker = "succeed", every = "1h", at = diary.start + 300 })
    manager:advance(50)
    assert.are.equal(diary.start + 300, manager:find(id).due_at)
    manager:advance(240)
    assert.are.same({ 0, 300 }, bench.moments(diary))
    assert.are.equal(diary.start + 3600, manager:find(id).due_at)
  end)

  it("survives a crash of the process", function()
    local id = manager:enqueue { worker = "succeed", delay = "1h" }
    manager:run_now(id)
    local second = manager:crash()
    assert.are.equal(1, second:run_due())
  end)
end)
