local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("max_attempts", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("ends work that keeps asking for another try", function()
    local ids = manager:chain { { worker = "again", max_attempts = 3 }, { worker = "succeed" } }
    local words = bench.watch(manager, ids[1])
    manager:advance "1h"
    manager:dispatch()
    assert.are.same({ 0, 30, 90 }, bench.moments(diary))
    assert.are.same({ "failed", "failed" }, bench.states(manager, ids))
    expect.text("max_attempts", manager:find(ids[1]).error)
    assert.are.equal(3, manager:find(ids[1]).attempt)
    assert.are.equal("failed failed", words[#words])
  end)

  it("ends work that keeps running too long, keeping the stop reason", function()
    local id = manager:enqueue { worker = "long", timeout = 10, max_attempts = 2 }
    manager:advance "1h"
    local info = manager:find(id)
    assert.are.equal("failed", info.state)
    assert.are.equal("timeout", info.stop_reason)
    expect.text("max_attempts", info.error)
    assert.are.same({ 0, 40 }, bench.moments(diary))
  end)

  it("ends work whose process keeps dying, keeping the stop reason", function()
    local id = manager:enqueue { worker = "long", max_attempts = 2 }
    manager:run_due()
    local second = manager:crash()
    second:run_due()
    local third = second:crash()
    local info = third:find(id)
    assert.are.equal("failed", info.state)
    assert.are.equal("crashed", info.stop_reason)
    expect.text("max_attempts", info.error)
    assert.are.equal(2, #diary)
  end)

  it("does not count interruptions", function()
    local id = manager:enqueue { worker = "long", max_attempts = 1, input = { seconds = 99999 } }
    manager:run_due()
    for _ = 1, 4 do
      manager:stop_work(id, "preempted")
      manager:advance "10m"
    end
    local info = manager:find(id)
    assert.are.equal("running", info.state)
    assert.are.equal(1, info.attempt)
    assert.are.equal(5, info.run)
  end)
end)

describe("a run that is too long", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("is stopped with reason timeout and waits for its backoff", function()
    local id = manager:enqueue { worker = "long", timeout = 10 }
    local words = bench.watch(manager, id)
    manager:advance(10)
    manager:dispatch()
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal("timeout", info.stop_reason)
    assert.are.equal(1, info.attempt)
    assert.are.equal(diary.start + 40, info.due_at)
    assert.are.equal("timeout", diary[1].reason)
    assert.are.equal(diary.start + 10, diary[1].left)
    assert.are.same({ "snapshot enqueued", "started running", "stopped enqueued" }, words)
  end)

  it("has finished if it ends exactly at its timeout", function()
    local id = manager:enqueue { worker = "long", input = { seconds = 10 }, timeout = 10 }
    manager:advance(10)
    assert.are.equal("succeeded", manager:find(id).state)
    assert.is_nil(manager:find(id).stop_reason)
  end)

  it("ends at the worker's own timeout when the request has none", function()
    local own = bench.open { workers = {
      brief = { run = function(_, work)
        work:sleep "1h"
        return "success"
      end, timeout = "5s" },
    } }
    local id = own:enqueue { worker = "brief" }
    own:advance(5)
    assert.are.equal("timeout", own:find(id).stop_reason)
  end)
end)

describe("an interrupted run", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  for _, reason in ipairs { "preempted", "shutdown", "constraint:network" } do
    it("with reason " .. reason .. " gives its attempt back", function()
      local id = manager:enqueue { worker = "long" }
      local words = bench.watch(manager, id)
      manager:run_due()
      manager:stop_work(id, reason)
      manager:dispatch()
      local info = manager:find(id)
      assert.are.equal("enqueued", info.state)
      assert.are.equal(reason, info.stop_reason)
      assert.are.equal(0, info.attempt)
      assert.are.equal(1, info.run)
      assert.are.equal(reason, diary[1].reason)
      assert.are.same({ "snapshot enqueued", "started running", "stopped enqueued" }, words)
    end)
  end

  it("starts with the same attempt and a new run", function()
    local id = manager:enqueue { worker = "long" }
    manager:run_due()
    manager:stop_work(id, "preempted")
    manager:run_due()
    assert.are.equal(1, diary[2].attempt)
    assert.are.equal(2, diary[2].run)
  end)
end)
