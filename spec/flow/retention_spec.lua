local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("retention", function()
  after_each(bench.clear)

  it("deletes finished work a day after it finished, not after it was enqueued", function()
    local manager = bench.open()
    local id = manager:enqueue { worker = "succeed", delay = "12h" }
    local words = bench.watch(manager, id)
    manager:advance "35h"
    assert.is_not_nil(manager:find(id))
    manager:advance "1h1m"
    assert.is_nil(manager:find(id))
    manager:dispatch()
    assert.are.equal("removed succeeded", words[#words])
  end)

  it("holds for failed and cancelled work too", function()
    local manager = bench.open { retention = "1h" }
    local failed = manager:enqueue { worker = "fail" }
    local cancelled = manager:enqueue { worker = "succeed", delay = "9h" }
    manager:cancel(cancelled)
    manager:run_due()
    manager:advance "61m"
    assert.is_nil(manager:find(failed))
    assert.is_nil(manager:find(cancelled))
  end)

  it("is at least keep_results_for", function()
    local manager = bench.open { retention = "1h" }
    local long = manager:enqueue { worker = "succeed", keep_results_for = "5h" }
    local short = manager:enqueue { worker = "succeed", keep_results_for = "1m" }
    manager:run_due()
    manager:advance "59m"
    assert.is_not_nil(manager:find(short))
    manager:advance "4h"
    assert.is_nil(manager:find(short))
    assert.is_not_nil(manager:find(long))
    manager:advance "2m"
    assert.is_nil(manager:find(long))
  end)

  it("never touches unfinished work", function()
    local manager = bench.open { retention = "1s" }
    manager:enqueue { worker = "succeed", delay = "30d" }
    manager:enqueue { worker = "succeed", every = "1d" }
    manager:advance "10d"
    assert.are.equal(2, manager:count { all = true })
  end)
end)

describe("prune", function()
  after_each(bench.clear)

  it("deletes all finished work without unfinished dependents, and counts it", function()
    local manager = bench.open()
    local ids = manager:chain { { worker = "succeed" }, { worker = "succeed", delay = "1h" } }
    manager:enqueue { { worker = "succeed" }, { worker = "fail" } }
    manager:run_due()
    assert.are.equal(2, manager:prune())
    assert.are.equal(2, manager:count { all = true })
    manager:cancel(ids[2])
    assert.are.equal(2, manager:prune())
    assert.are.equal(0, manager:count { all = true })
    assert.are.equal(0, manager:prune())
  end)

  it("with an age deletes what finished longer ago", function()
    local manager = bench.open { retention = "30d" }
    local old = manager:enqueue { worker = "succeed" }
    manager:run_due()
    manager:advance "5d"
    local new = manager:enqueue { worker = "succeed" }
    manager:run_due()
    manager:advance "2d1h"
    assert.are.equal(1, manager:prune "7d")
    assert.is_nil(manager:find(old))
    assert.is_not_nil(manager:find(new))
  end)

  it("with what is no duration raises", function()
    local manager = bench.open()
    expect.misuse(function()
      local count = manager:prune "old"
      return count
    end)
  end)
end)
