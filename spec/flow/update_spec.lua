local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("update", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("of an unknown id is NOTFOUND", function()
    expect.code("NOTFOUND", manager:update(4711, { worker = "succeed" }))
  end)

  it("of finished work is not applied", function()
    for _, worker in ipairs { "succeed", "fail" } do
      local id = manager:enqueue { worker = worker }
      manager:run_due()
      assert.are.equal("not_applied", manager:update(id, { worker = "long" }))
      assert.are.equal(worker, manager:find(id).worker)
    end
    local id = manager:enqueue { worker = "succeed" }
    manager:cancel(id)
    assert.are.equal("not_applied", manager:update(id, { worker = "long" }))
  end)

  it("between one-time and periodic raises", function()
    local once = manager:enqueue { worker = "succeed", delay = "1h" }
    local periodic = manager:enqueue { worker = "succeed", every = "1h" }
    expect.misuse(function()
      local how = manager:update(once, { worker = "succeed", every = "1h" })
      return how
    end)
    expect.misuse(function()
      local how = manager:update(periodic, { worker = "succeed" })
      return how
    end)
    assert.are.equal(0, manager:find(once).generation)
  end)

  it("with prerequisites in the request raises", function()
    local first = manager:enqueue { worker = "succeed" }
    local id = manager:enqueue { worker = "succeed", delay = "1h" }
    expect.misuse(function()
      local how = manager:update(id, { worker = "succeed", after = { first } })
      return how
    end, "after")
  end)

  it("with a wrong request raises and names the path", function()
    local id = manager:enqueue { worker = "succeed", delay = "1h" }
    expect.misuse(function()
      local how = manager:update(id, { worker = "succeed", dealy = "1h" })
      return how
    end, "request.dealy")
  end)

  it("keeps who the work is and replaces what it does", function()
    local first = manager:enqueue { worker = "succeed", delay = "5h" }
    local id = manager:enqueue({ worker = "succeed", tags = { "old" }, input = { x = 1 },
      priority = 5, after = { first }, trace = "old" }, { name = "n", existing = "keep" })
    manager:advance(10)
    assert.are.equal("applied_immediately",
      manager:update(id, { worker = "long", tags = { "new" }, queue = "mail" }))
    local info = manager:find(id)
    assert.are.equal("long", info.worker)
    assert.are.same({ "new" }, info.tags)
    assert.are.same({}, info.input)
    assert.are.equal(0, info.priority)
    assert.are.equal("mail", info.queue)
    assert.is_nil(info.trace)
    assert.are.equal("blocked", info.state)
    assert.are.equal(diary.start, info.enqueued_at)
    assert.are.same({ first }, info.prerequisites)
    assert.are.equal("n", info.name)
    assert.are.equal(1, info.generation)
    assert.are.equal(0, manager:count { tag = "old" })
  end)

  it("is one event", function()
    local id = manager:enqueue { worker = "succeed", delay = "1h" }
    local words = bench.watch(manager, id)
    manager:update(id, { worker = "succeed", delay = "2h" })
    manager:dispatch()
    assert.are.same({ "snapshot enqueued", "updated enqueued" }, words)
  end)

  it("computes the due time anew from the moment of the enqueue", function()
    local id = manager:enqueue { worker = "succeed", delay = "1h" }
    manager:advance "10m"
    manager:update(id, { worker = "succeed", delay = "30m" })
    assert.are.equal(diary.start + 1800, manager:find(id).due_at)
    manager:update(id, { worker = "succeed", delay = "5m" })
    assert.are.equal(1, manager:run_due())
  end)

  it("computes a running backoff anew from the end of the attempt", function()
    local id = manager:enqueue { worker = "again" }
    manager:run_due()
    manager:advance(10)
    manager:update(id, { worker = "again", backoff = { delay = 100 } })
    local info = manager:find(id)
    assert.are.equal(diary.start + 100, info.due_at)
    assert.are.equal(1, info.attempt)
  end)

  it("computes the next period anew from the anchor", function()
    local id = manager:enqueue { worker = "succeed", every = "1h" }
    manager:advance "1h10m"
    manager:update(id, { worker = "succeed", every = "2h" })
    assert.are.equal(diary.start + 7200, manager:find(id).due_at)
    assert.are.equal(3, manager:find(id).period)
  end)

  it("lets a pending wish stay unless it sets one", function()
    local id = manager:enqueue { worker = "succeed", every = "1h", delay = "5h" }
    manager:run_now(id)
    manager:update(id, { worker = "succeed", every = "2h", flex = "1m" })
    assert.are.equal(1, manager:run_due())
    manager:update(id, { worker = "succeed", every = "2h", at = diary.start + 60 })
    manager:update(id, { worker = "succeed", every = "2h", at = diary.start + 90 })
    assert.are.equal(diary.start + 90, manager:find(id).due_at)
  end)

  it("of running work is applied for the next run, and the run is not stopped", function()
    local id = manager:enqueue { worker = "long", every = "1h", input = { seconds = 60 } }
    manager:run_due()
    assert.are.equal("applied_for_next_run",
      manager:update(id, { worker = "succeed", every = "2h" }))
    local info = manager:find(id)
    assert.are.equal("running", info.state)
    assert.are.equal(1, info.generation)
    manager:advance(60)
    assert.is_true(diary[1].slept)
    assert.are.equal(diary.start + 7200, manager:find(id).due_at)
    manager:advance "2h"
    assert.are.equal("succeed", manager:find(id).worker)
  end)

  it("of running one-time work lets it end on the old spec", function()
    local id = manager:enqueue { worker = "long" }
    manager:run_due()
    assert.are.equal("applied_for_next_run", manager:update(id, { worker = "fail" }))
    manager:advance(60)
    assert.are.equal("succeeded", manager:find(id).state)
    assert.are.equal(1, #diary)
  end)

  it("of running work is what a later attempt runs with", function()
    local id = manager:enqueue { worker = "long" }
    manager:run_due()
    manager:update(id, { worker = "succeed", input = { x = 2 } })
    manager:stop_work(id, "preempted")
    manager:run_due()
    assert.are.equal(2, diary[2].input.x)
    assert.are.equal("succeeded", manager:find(id).state)
  end)

  it("tells the worker the generation of its run", function()
    local own = bench.open { workers = {
      tell = function(_, work)
        return "success", { generation = work.generation }
      end,
    } }
    local id = own:enqueue { worker = "tell", delay = 5 }
    own:update(id, { worker = "tell", delay = 5 })
    own:advance(5)
    assert.are.same({ generation = 1 }, own:find(id).output)
  end)

  it("that is immediate clears the progress", function()
    local own = bench.open { workers = {
      steady = function(_, work)
        work:progress { percent = 50 }
        work:sleep "1h"
        return "success"
      end,
    } }
    local id = own:enqueue { worker = "steady" }
    own:run_due()
    own:stop_work(id, "preempted")
    assert.are.same({ percent = 50 }, own:find(id).progress)
    own:update(id, { worker = "steady" })
    assert.is_nil(own:find(id).progress)
  end)

  it("opens the way for work that waited for a constraint", function()
    local id = manager:enqueue { worker = "succeed", constraints = { charging = true } }
    assert.are.equal(0, manager:run_due())
    manager:update(id, { worker = "succeed" })
    assert.is_nil(manager:find(id).constraints)
    assert.are.equal(1, manager:run_due())
  end)
end)
