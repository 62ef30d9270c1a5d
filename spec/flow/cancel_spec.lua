local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("cancel", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("counts the selected and their dependents, finished work is untouched", function()
    local done = manager:enqueue { worker = "succeed", tags = { "x" } }
    manager:run_due()
    local ids = manager:chain { { worker = "succeed", tags = { "x" }, delay = "1h" },
      { worker = "succeed" }, { worker = "succeed" } }
    local other = manager:enqueue { worker = "succeed", delay = "1h" }
    assert.are.equal(3, manager:cancel { tag = "x" })
    assert.are.same({ "succeeded", "cancelled", "cancelled", "cancelled", "enqueued" },
      bench.states(manager, { done, ids[1], ids[2], ids[3], other }))
  end)

  it("counts every work once, however it is reached", function()
    local ids = manager:chain { { worker = "succeed", delay = "1h" }, { worker = "succeed" } }
    assert.are.equal(2, manager:cancel { ids[1], ids[2], ids[2] })
    assert.are.equal(0, manager:cancel { ids[1], ids[2] })
  end)

  it("of unknown ids counts zero", function()
    assert.are.equal(0, manager:cancel(4711))
    assert.are.equal(0, manager:cancel { 4711, 4712 })
  end)

  it("reaches the unfinished dependents of finished work selected by id", function()
    local ids = manager:chain { { worker = "succeed" }, { worker = "succeed" },
      { worker = "succeed", delay = "1h" }, { worker = "succeed" } }
    manager:run_due()
    assert.are.same({ "succeeded", "succeeded", "enqueued", "blocked" },
      bench.states(manager, ids))
    assert.are.equal(2, manager:cancel(ids[1]))
    assert.are.same({ "succeeded", "succeeded", "cancelled", "cancelled" },
      bench.states(manager, ids))
  end)

  it("reaches deep and wide in one pass", function()
    local stages = { { worker = "succeed", delay = "1h" } }
    for index = 2, 2000 do
      stages[index] = { worker = "succeed" }
    end
    stages[2001] = {}
    for index = 1, 2000 do
      stages[2001][index] = { worker = "succeed" }
    end
    local ids = manager:chain(stages)
    assert.are.equal(4000, manager:cancel(ids[1]))
    assert.are.equal(4000, manager:count { state = "cancelled" })
  end)

  it("stops running work inside the call, and it does not run again", function()
    local told = {}
    local own = bench.open { workers = {
      held = {
        run = function(_, work)
          local _, reason = work:sleep "1h"
          told[#told + 1] = reason
          told[#told + 1] = work:stopped()
          return "success"
        end,
        on_stop = function(work, reason)
          told[#told + 1] = "on_stop " .. work.id .. " " .. reason
        end,
      },
    } }
    local id = own:enqueue { worker = "held" }
    own:run_due()
    own:cancel(id)
    expect.members({ "on_stop " .. id .. " cancelled", "cancelled", "cancelled" }, told)
    assert.are.equal("cancelled", own:find(id).stop_reason)
    assert.are.equal(0, own:advance "2h")
  end)

  it("of work that does not run leaves no stop reason", function()
    local ids = manager:chain { { worker = "succeed", delay = "1h" }, { worker = "succeed" } }
    manager:cancel(ids[1])
    assert.is_nil(manager:find(ids[1]).stop_reason)
    assert.is_nil(manager:find(ids[2]).stop_reason)
    assert.are.equal(diary.start, manager:find(ids[2]).finished_at)
  end)

  it("is one event for each work", function()
    local ids = manager:chain { { worker = "long" }, { worker = "succeed" } }
    manager:run_due()
    local first, second = bench.watch(manager, ids[1]), bench.watch(manager, ids[2])
    manager:cancel { all = true }
    manager:dispatch()
    assert.are.same({ "snapshot running", "cancelled cancelled" }, first)
    assert.are.same({ "snapshot blocked", "cancelled cancelled" }, second)
  end)

  it("by another manager of the store stops the run too", function()
    local id = manager:enqueue { worker = "long" }
    manager:run_due()
    local peer = manager:peer()
    assert.are.equal(1, peer:cancel(id))
    manager:run_due()
    assert.are.equal("cancelled", manager:find(id).state)
    assert.are.equal("cancelled", diary[1].reason)
  end)

  it("of all is remembered, of less is not", function()
    assert.is_nil(manager:last_cancel_all())
    local id = manager:enqueue { worker = "succeed", delay = "1h" }
    manager:cancel(id)
    assert.is_nil(manager:last_cancel_all())
    manager:advance(10)
    manager:cancel { all = true }
    assert.are.equal(diary.start + 10, manager:last_cancel_all())
    local second = manager:crash()
    assert.are.equal(diary.start + 10, second:last_cancel_all())
  end)
end)
