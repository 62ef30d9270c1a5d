local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("new work", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("without prerequisites is enqueued now", function()
    local words = bench.watch(manager, { all = true })
    manager:advance(5)
    local id = manager:enqueue { worker = "succeed" }
    manager:dispatch()
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal(diary.start + 5, info.enqueued_at)
    assert.are.equal(diary.start + 5, info.due_at)
    assert.are.same({ "enqueued enqueued" }, words)
  end)

  it("whose prerequisites have all succeeded is enqueued", function()
    local first = manager:enqueue { worker = "succeed" }
    manager:run_due()
    local id = manager:enqueue { worker = "succeed", after = { first } }
    assert.are.equal("enqueued", manager:find(id).state)
    assert.are.same({ first }, manager:find(id).prerequisites)
  end)

  it("with an unfinished prerequisite is blocked, and the event is enqueued", function()
    local first = manager:enqueue { worker = "succeed" }
    local words = bench.watch(manager, first + 1)
    local id = manager:enqueue { worker = "succeed", after = { first } }
    manager:dispatch()
    local info = manager:find(id)
    assert.are.equal("blocked", info.state)
    assert.is_nil(info.due_at)
    assert.are.same({ id }, manager:find(first).dependents)
    assert.are.same({ "enqueued blocked" }, words)
  end)

  it("with a failed prerequisite fails, never runs, and names the prerequisite", function()
    local first = manager:enqueue { worker = "fail" }
    manager:run_due()
    local words = bench.watch(manager, first + 1)
    local id = manager:enqueue { worker = "succeed", after = { first } }
    manager:run_due()
    manager:dispatch()
    local info = manager:find(id)
    assert.are.equal("failed", info.state)
    expect.text(("%d"):format(first), info.error)
    assert.are.equal(0, info.attempt)
    assert.are.equal(diary.start, info.finished_at)
    assert.are.same({ "failed failed" }, words)
    assert.are.same({ first }, bench.ids(diary))
  end)

  it("with a cancelled prerequisite is cancelled and names the prerequisite", function()
    local first = manager:enqueue { worker = "succeed" }
    manager:cancel(first)
    local words = bench.watch(manager, first + 1)
    local id = manager:enqueue { worker = "succeed", after = { first } }
    manager:dispatch()
    assert.are.equal("cancelled", manager:find(id).state)
    expect.text(("%d"):format(first), manager:find(id).error)
    assert.are.same({ "cancelled cancelled" }, words)
  end)

  it("with a failed and a cancelled and an unfinished prerequisite fails", function()
    local failed = manager:enqueue { worker = "fail" }
    manager:run_due()
    local cancelled = manager:enqueue { worker = "succeed" }
    manager:cancel(cancelled)
    local unfinished = manager:enqueue { worker = "succeed" }
    local id = manager:enqueue { worker = "succeed", after = { unfinished, cancelled, failed } }
    assert.are.equal("failed", manager:find(id).state)
    id = manager:enqueue { worker = "succeed", after = { unfinished, cancelled } }
    assert.are.equal("cancelled", manager:find(id).state)
  end)
end)

describe("blocked work", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("is enqueued when its last prerequisite has succeeded, and its delay counts from there",
    function()
      local one = manager:enqueue { worker = "succeed", delay = 10 }
      local other = manager:enqueue { worker = "succeed", delay = 20 }
      local id = manager:enqueue { worker = "succeed", after = { one, other }, delay = 5 }
      local words = bench.watch(manager, id)
      manager:advance(15)
      assert.are.equal("blocked", manager:find(id).state)
      manager:advance(5)
      local info = manager:find(id)
      assert.are.equal("enqueued", info.state)
      assert.are.equal(diary.start + 20, info.enqueued_at)
      assert.are.equal(diary.start + 25, info.due_at)
      manager:advance(5)
      manager:dispatch()
      assert.are.same({ "snapshot blocked", "unblocked enqueued", "started running",
        "succeeded succeeded" }, words)
    end)

  it("fails with its prerequisite, through all levels, and never runs", function()
    local stages = { { worker = "fail" } }
    for index = 2, 3000 do
      stages[index] = { worker = "succeed" }
    end
    local ids = manager:chain(stages)
    local words = bench.watch(manager, ids[2])
    manager:run_due()
    manager:dispatch()
    assert.are.equal(3000, manager:count { state = "failed" })
    assert.are.same({ ids[1] }, bench.ids(diary))
    assert.are.same({ "snapshot blocked", "failed failed" }, words)
    assert.are.equal(diary.start, manager:find(ids[3000]).finished_at)
    assert.is_string(manager:find(ids[3000]).error)
  end)

  it("that was cancelled stays cancelled when its prerequisite fails", function()
    local ids = manager:chain { { worker = "fail" }, { worker = "succeed" },
      { worker = "succeed" } }
    manager:cancel(ids[2])
    manager:run_due()
    assert.are.same({ "failed", "cancelled", "cancelled" }, bench.states(manager, ids))
  end)
end)

describe("enqueued work that is due", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("is claimed: running, one attempt more, with its moment", function()
    local id = manager:enqueue { worker = "long", delay = 3 }
    local words = bench.watch(manager, id)
    assert.are.equal(1, manager:advance(3))
    local info = manager:find(id)
    assert.are.equal("running", info.state)
    assert.are.equal(1, info.attempt)
    assert.are.equal(1, info.run)
    assert.are.equal(diary.start + 3, info.started_at)
    assert.is_nil(info.due_at)
    manager:dispatch()
    assert.are.same({ "snapshot enqueued", "started running" }, words)
  end)

  it("loses the stop reason of the run before when it starts", function()
    local id = manager:enqueue { worker = "long" }
    manager:run_due()
    manager:stop_work(id, "preempted")
    assert.are.equal("preempted", manager:find(id).stop_reason)
    manager:run_due()
    assert.are.equal("running", manager:find(id).state)
    assert.is_nil(manager:find(id).stop_reason)
  end)

  it("succeeds with its output, and its dependents may run", function()
    local ids = manager:chain { { worker = "succeed", input = { output = { x = 1 } } },
      { worker = "succeed" } }
    assert.are.equal(2, manager:run_due())
    local info = manager:find(ids[1])
    assert.are.equal("succeeded", info.state)
    assert.are.same({ x = 1 }, info.output)
    assert.are.equal("success", info.outcome)
    assert.are.equal(diary.start, info.finished_at)
    assert.are.equal("succeeded", manager:find(ids[2]).state)
  end)

  it("fails with its output, and its dependents fail", function()
    local ids = manager:chain { { worker = "fail", input = { output = { x = 1 } } },
      { worker = "succeed" } }
    assert.are.equal(1, manager:run_due())
    assert.are.same({ "failed", "failed" }, bench.states(manager, ids))
    assert.are.same({ x = 1 }, manager:find(ids[1]).output)
    assert.are.equal("failure", manager:find(ids[1]).outcome)
    assert.is_nil(manager:find(ids[2]).outcome)
  end)

  it("fails when its worker raises, and the output of nobody is kept", function()
    local ids = manager:chain { { worker = "raise" }, { worker = "succeed" } }
    manager:run_due()
    assert.are.same({ "failed", "failed" }, bench.states(manager, ids))
    local info = manager:find(ids[1])
    expect.text("the worker is broken", info.error:match "^[^\n]*")
    expect.text("traceback", info.error)
    assert.is_nil(info.output)
  end)

  it("fails when its worker returns nothing, an unknown word, or no data", function()
    local own = bench.open { workers = {
      nothing = function() end,
      unknown = function() return "great", { x = 1 } end,
      number = function() return 42 end,
      no_data = function() return "success", { f = print } end,
      no_table = function() return "success", "text" end,
    } }
    for _, worker in ipairs { "nothing", "unknown", "number", "no_data", "no_table" } do
      local id = own:enqueue { worker = worker }
      own:run_due()
      local info = own:find(id)
      assert.are.equal("failed", info.state, worker)
      assert.are.equal("failure", info.outcome, worker)
      assert.is_string(info.error, worker)
      assert.is_nil(info.output, worker)
    end
  end)

  it("is retried after its backoff", function()
    local id = manager:enqueue { worker = "script", input = { results = { "retry", "success" } } }
    local words = bench.watch(manager, id)
    manager:run_due()
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal(1, info.attempt)
    assert.is_nil(info.stop_reason)
    assert.is_nil(info.finished_at)
    assert.are.equal(30, bench.due_in(manager, id))
    manager:advance(30)
    manager:dispatch()
    assert.are.same({ "snapshot enqueued", "started running", "retried enqueued",
      "started running", "succeeded succeeded" }, words)
    assert.are.equal(2, manager:find(id).attempt)
    assert.are.equal(2, manager:find(id).run)
  end)

  it("is retried after the worker's own time", function()
    local id = manager:enqueue { worker = "again", input = { after = "7s" } }
    manager:run_due()
    assert.are.equal(7, bench.due_in(manager, id))
  end)

  it("that asks to be retried at a time that is no duration fails", function()
    local id = manager:enqueue { worker = "again", input = { after = "soon" } }
    manager:run_due()
    assert.are.equal("failed", manager:find(id).state)
    assert.is_string(manager:find(id).error)
  end)
end)

describe("periodic work", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("goes on after success, keeping output and outcome", function()
    local id = manager:enqueue { worker = "succeed", every = "1h",
      input = { output = { x = 1 } } }
    local words = bench.watch(manager, id)
    assert.are.equal(1, manager:find(id).period)
    manager:run_due()
    manager:dispatch()
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal(0, info.attempt)
    assert.are.equal(1, info.run)
    assert.are.equal(2, info.period)
    assert.are.equal("success", info.outcome)
    assert.are.same({ x = 1 }, info.output)
    assert.is_nil(info.finished_at)
    assert.are.same({ "snapshot enqueued", "started running", "succeeded enqueued" }, words)
  end)

  it("goes on after failure and after an error, keeping it", function()
    local id = manager:enqueue { worker = "raise", every = "1h" }
    local words = bench.watch(manager, id)
    manager:run_due()
    manager:dispatch()
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal(2, info.period)
    assert.are.equal("failure", info.outcome)
    expect.text("the worker is broken", info.error)
    assert.are.same({ "snapshot enqueued", "started running", "failed enqueued" }, words)
  end)

  it("starts its next period when max_attempts is used up", function()
    local id = manager:enqueue { worker = "again", every = "1h", max_attempts = 2 }
    manager:advance(30)
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal(0, info.attempt)
    assert.are.equal(2, info.period)
    expect.text("max_attempts", info.error)
    assert.are.equal(diary.start + 3600, info.due_at)
    assert.are.same({ 0, 30 }, bench.moments(diary))
  end)

  it("ends when its deadline has passed", function()
    local id = manager:enqueue { worker = "succeed", every = "1h", deadline = "90m" }
    manager:advance "3h"
    assert.are.equal("failed", manager:find(id).state)
    expect.text("deadline", manager:find(id).error)
    assert.are.same({ 0, 3600 }, bench.moments(diary))
  end)

  it("that is cancelled never runs again", function()
    local id = manager:enqueue { worker = "succeed", every = "1h" }
    manager:run_due()
    manager:cancel(id)
    manager:advance "5h"
    assert.are.equal("cancelled", manager:find(id).state)
    assert.are.equal(1, #diary)
  end)
end)
