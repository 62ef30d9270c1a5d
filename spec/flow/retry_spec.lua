local bench = require "spec.support.bench"

describe("retry", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("enqueues failed work again with everything of its end cleared", function()
    local id = manager:enqueue { worker = "script", input = { results = { "failure" } }, delay = 5 }
    manager:advance(5)
    assert.are.equal("failed", manager:find(id).state)
    local words = bench.watch(manager, id)
    manager:advance(10)
    assert.are.equal(1, manager:retry(id))
    manager:dispatch()
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal(0, info.attempt)
    assert.are.equal(1, info.run)
    assert.are.equal(diary.start + 15, info.enqueued_at)
    assert.are.equal(diary.start + 20, info.due_at)
    for _, field in ipairs { "output", "error", "stop_reason", "finished_at", "progress" } do
      assert.is_nil(info[field], field)
    end
    assert.are.same({ "snapshot failed", "enqueued enqueued" }, words)
    manager:advance(5)
    assert.are.equal(2, diary[2].run)
    assert.are.equal(1, diary[2].attempt)
  end)

  it("enqueues cancelled work again", function()
    local id = manager:enqueue { worker = "succeed" }
    manager:cancel(id)
    assert.are.equal(1, manager:retry(id))
    manager:run_due()
    assert.are.equal("succeeded", manager:find(id).state)
  end)

  it("leaves everything else alone and does not count it", function()
    local done = manager:enqueue { worker = "succeed" }
    manager:run_due()
    manager:enqueue { worker = "succeed", delay = "1h" }
    assert.are.equal(0, manager:retry { all = true })
    assert.are.equal(0, manager:retry(4711))
    assert.are.equal("succeeded", manager:find(done).state)
  end)

  it("revives the dependents through all levels as blocked, and counts the selected only",
    function()
      local ids = manager:chain { { worker = "script", input = { results = { "failure" } } },
        { worker = "succeed" }, { worker = "succeed" } }
      manager:run_due()
      assert.are.same({ "failed", "failed", "failed" }, bench.states(manager, ids))
      assert.are.equal(1, manager:retry(ids[1]))
      assert.are.same({ "enqueued", "blocked", "blocked" }, bench.states(manager, ids))
      assert.is_nil(manager:find(ids[3]).error)
      assert.is_nil(manager:find(ids[3]).finished_at)
    end)

  it("leaves a dependent dead that another failed prerequisite still holds", function()
    local one = manager:enqueue { worker = "fail" }
    local other = manager:enqueue { worker = "fail" }
    local id = manager:enqueue { worker = "succeed", after = { one, other } }
    manager:run_due()
    manager:retry(one)
    assert.are.equal("failed", manager:find(id).state)
    manager:retry(other)
    assert.are.equal("blocked", manager:find(id).state)
  end)

  it("of work whose prerequisite stays failed changes nothing", function()
    local ids = manager:chain { { worker = "fail" }, { worker = "succeed" } }
    manager:run_due()
    assert.are.equal(0, manager:retry(ids[2]))
    assert.are.equal("failed", manager:find(ids[2]).state)
  end)

  it("of work and its prerequisite in one call revives both", function()
    local ids = manager:chain { { worker = "fail" }, { worker = "succeed" } }
    manager:run_due()
    assert.are.equal(2, manager:retry { state = "failed" })
    assert.are.same({ "enqueued", "blocked" }, bench.states(manager, ids))
  end)

  it("of work with an unfinished prerequisite makes it blocked", function()
    local first = manager:enqueue { worker = "succeed", delay = "1h" }
    local id = manager:enqueue { worker = "succeed", after = { first } }
    manager:cancel(id)
    assert.are.equal(1, manager:retry(id))
    assert.are.equal("blocked", manager:find(id).state)
  end)
end)
