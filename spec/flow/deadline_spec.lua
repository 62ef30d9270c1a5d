local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("a deadline", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("fails work that has not started, and its dependents", function()
    local ids = manager:chain { { worker = "succeed", delay = "1h", deadline = "10m" },
      { worker = "succeed" } }
    local words = bench.watch(manager, ids[1])
    manager:advance "10m"
    manager:dispatch()
    assert.are.same({ "failed", "failed" }, bench.states(manager, ids))
    expect.text("deadline", manager:find(ids[1]).error)
    assert.are.equal(diary.start + 600, manager:find(ids[1]).finished_at)
    assert.are.same({ "snapshot enqueued", "failed failed" }, words)
  end)

  it("fails blocked work too", function()
    local first = manager:enqueue { worker = "succeed", delay = "1h" }
    local id = manager:enqueue { worker = "succeed", after = { first }, deadline = "10m" }
    manager:advance "11m"
    assert.are.equal("failed", manager:find(id).state)
    expect.text("deadline", manager:find(id).error)
    assert.are.equal("enqueued", manager:find(first).state)
  end)

  it("leaves running work alone", function()
    local id = manager:enqueue { worker = "long", input = { seconds = 600 }, deadline = "1m" }
    manager:run_due()
    manager:advance "5m"
    assert.are.equal("running", manager:find(id).state)
    manager:advance "5m"
    assert.are.equal("succeeded", manager:find(id).state)
  end)

  it("ends work after its run instead of another try", function()
    local id = manager:enqueue { worker = "again", deadline = "20s" }
    manager:advance(25)
    assert.are.equal("failed", manager:find(id).state)
    expect.text("deadline", manager:find(id).error)
    assert.are.equal(1, #diary)
  end)

  it("that passed during a run fails it when it asks for another try", function()
    local own, runs = bench.open { workers = {
      slow_again = function(_, work)
        work:sleep(60)
        return "retry"
      end,
    } }
    local id = own:enqueue { worker = "slow_again", deadline = "20s" }
    own:advance(60)
    assert.are.equal("failed", own:find(id).state)
    expect.text("deadline", own:find(id).error)
    assert.are.equal(runs.start + 60, own:find(id).finished_at)
  end)

  it("may be a time as text", function()
    local id = manager:enqueue { worker = "succeed", delay = "1h",
      deadline = "2026-01-01T00:30:00Z" }
    manager:advance "29m"
    assert.are.equal("enqueued", manager:find(id).state)
    manager:advance "1m"
    assert.are.equal("failed", manager:find(id).state)
  end)

  it("counts from the enqueue call, also for blocked work", function()
    local first = manager:enqueue { worker = "succeed", delay = "30m" }
    local id = manager:enqueue { worker = "succeed", after = { first }, delay = "20m",
      deadline = "40m" }
    manager:advance "30m"
    assert.are.equal("enqueued", manager:find(id).state)
    manager:advance "10m"
    assert.are.equal("failed", manager:find(id).state)
  end)
end)
