local bench = require "spec.support.bench"

describe("backoff", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  local function waits(backoff, count)
    local id = manager:enqueue { worker = "again", backoff = backoff }
    local list = {}
    for index = 1, count do
      manager:run_due()
      list[index] = bench.due_in(manager, id)
      manager:advance(list[index])
    end
    return list
  end

  it("by default doubles from 30 seconds up to 5 hours", function()
    assert.are.same({ 30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 18000, 18000 },
      (function()
        local id = manager:enqueue { worker = "again" }
        local list = {}
        manager:run_due()
        for index = 1, 12 do
          list[index] = bench.due_in(manager, id)
          manager:run_now(id)
          manager:run_due()
        end
        return list
      end)())
  end)

  it("that is linear grows by its delay up to its max", function()
    local id = manager:enqueue { worker = "again",
      backoff = { policy = "linear", delay = 10, max = 35 } }
    manager:advance(10 + 20 + 30 + 35 + 35)
    assert.are.same({ 0, 10, 30, 60, 95, 130 }, bench.moments(diary))
    assert.are.equal(35, bench.due_in(manager, id))
  end)

  it("that is exponential grows to its max and never overflows", function()
    local id = manager:enqueue { worker = "again", backoff = { delay = "1ms", max = "10ms" } }
    for _ = 1, 200 do
      manager:run_due()
      manager:run_now(id)
    end
    manager:run_due()
    assert.is_true(math.abs(bench.due_in(manager, id) - 0.01) < 0.0005)
  end)

  it("with jitter stays within its share of the wait and is not always the same", function()
    local seen = {}
    local different = 0
    for _ = 1, 50 do
      local id = manager:enqueue { worker = "again", backoff = { delay = 100, jitter = 0.5 } }
      manager:run_due()
      local wait = bench.due_in(manager, id)
      assert.is_true(wait >= 50 and wait <= 150, "waited " .. wait)
      if not seen[wait] then
        seen[wait] = true
        different = different + 1
      end
    end
    assert.is_true(different > 10)
  end)

  it("without jitter is exact", function()
    assert.are.same({ 2 }, waits({ delay = 2 }, 1))
  end)

  it("counts from the end of the run", function()
    local own, runs = bench.open { workers = {
      slow_again = function(_, work)
        work:sleep(25)
        return "retry"
      end,
    } }
    local id = own:enqueue { worker = "slow_again" }
    own:advance(25)
    assert.are.equal(runs.start + 55, own:find(id).due_at)
  end)

  it("after a timeout is the one of that attempt", function()
    local id = manager:enqueue { worker = "long", timeout = 10, input = { seconds = 100 } }
    manager:advance(10)
    assert.are.equal(30, bench.due_in(manager, id))
    manager:advance(40)
    assert.are.equal(60, bench.due_in(manager, id))
  end)

  it("a worker's own time replaces it, also when it is longer than max", function()
    local id = manager:enqueue { worker = "again", input = { after = "10h" },
      backoff = { delay = 1, max = 2 } }
    manager:run_due()
    assert.are.equal(36000, bench.due_in(manager, id))
  end)

  it("is the only thing between the attempts of periodic work", function()
    local id = manager:enqueue { worker = "script", every = "10s", backoff = { delay = 45 },
      input = { results = { "retry", "success" } } }
    manager:advance(45)
    assert.are.same({ 0, 45 }, bench.moments(diary))
    assert.are.equal(diary.start + 50, manager:find(id).due_at)
    assert.are.equal(2, manager:find(id).period)
  end)
end)

describe("interruptions", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  local function interrupt(id)
    manager:stop_work(id, "preempted")
    local wait = bench.due_in(manager, id)
    if wait > 0 then
      manager:advance(wait)
    else
      manager:run_due()
    end
    return wait
  end

  it("in a row wait longer and longer, the first not at all", function()
    local id = manager:enqueue { worker = "long", input = { seconds = 99999 } }
    manager:run_due()
    assert.are.equal(0, interrupt(id))
    assert.are.equal(30, interrupt(id))
    assert.are.equal(60, interrupt(id))
    assert.are.equal(120, interrupt(id))
    assert.are.equal(1, manager:find(id).attempt)
    assert.are.equal(5, manager:find(id).run)
    assert.are.equal(5, #diary)
  end)

  it("are counted anew after any other end", function()
    local own = bench.open { workers = {
      mixed = function(_, work)
        if work.run == 3 then
          return "retry", { after = 5 }
        end
        work:sleep "9h"
        return "success"
      end,
    } }
    local id = own:enqueue { worker = "mixed" }
    own:run_due()
    own:stop_work(id, "preempted")
    own:run_due()
    own:stop_work(id, "preempted")
    assert.are.equal(30, bench.due_in(own, id))
    own:advance(30)
    own:advance(5)
    own:stop_work(id, "preempted")
    assert.are.equal(0, bench.due_in(own, id))
  end)

  it("by crashes are counted in the same row", function()
    local id = manager:enqueue { worker = "long" }
    manager:run_due()
    manager:stop_work(id, "preempted")
    manager:run_due()
    local second = manager:crash()
    assert.are.equal(30, bench.due_in(second, id))
    second:advance(30)
    local third = second:crash()
    assert.are.equal(60, bench.due_in(third, id))
    assert.are.equal(2, third:find(id).attempt)
  end)

  it("do not raise the backoff of a retry", function()
    local own = bench.open { workers = {
      mixed = function(_, work)
        if work.run >= 3 then
          return "retry"
        end
        work:sleep "9h"
        return "success"
      end,
    } }
    local id = own:enqueue { worker = "mixed" }
    own:run_due()
    own:stop_work(id, "preempted")
    own:run_due()
    own:stop_work(id, "preempted")
    own:advance(30)
    assert.are.equal(1, own:find(id).attempt)
    assert.are.equal(30, bench.due_in(own, id))
  end)

  it("of work with a delay do not bring the delay back", function()
    local id = manager:enqueue { worker = "long", delay = "1h" }
    manager:advance "1h"
    manager:stop_work(id, "preempted")
    assert.are.equal(0, bench.due_in(manager, id))
  end)
end)
