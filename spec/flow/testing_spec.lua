local bench = require "spec.support.bench"
local expect = require "spec.support.expect"
local instant = require "spec.support.instant"
local testing = require "moonshift.testing"

describe("the testing manager", function()
  after_each(bench.clear)

  it("starts at the beginning of 2026, or where it is told to", function()
    assert.are.equal(instant "2026-01-01T00:00:00Z", bench.open():now())
    local text = bench.open { now = "2030-06-01T12:00:00Z" }
    assert.are.equal(instant "2030-06-01T12:00:00Z", text:now())
    local number = bench.open { now = 1000000 }
    assert.are.equal(1000000, number:now())
  end)

  it("moves nothing by itself", function()
    local manager, diary = bench.open()
    local id = manager:enqueue { worker = "succeed" }
    manager:find(id)
    manager:dispatch()
    assert.are.equal(0, #diary)
    assert.are.equal("enqueued", manager:find(id).state)
    assert.are.equal(diary.start, manager:now())
  end)

  it("refuses unknown options", function()
    expect.misuse(function()
      local manager = testing.open { nwo = 0 }
      return manager
    end, "nwo")
  end)

  it("has nothing met at first", function()
    local manager = bench.open()
    for _, constraints in ipairs { { network = "connected" }, { charging = true },
      { battery_not_low = true }, { storage_not_low = true }, { idle = true },
      { custom = { "x" } } } do
      manager:enqueue { worker = "succeed", constraints = constraints }
    end
    assert.are.equal(0, manager:run_due())
  end)

  describe("run_due", function()
    it("runs one work after the other until nothing is due, and counts", function()
      local manager = bench.open()
      manager:chain { { worker = "succeed" }, { worker = "succeed" }, { worker = "succeed" } }
      manager:enqueue { worker = "again" }
      assert.are.equal(4, manager:run_due())
      assert.are.equal(0, manager:run_due())
    end)

    it("runs what workers enqueue while they run", function()
      local manager
      manager = bench.open { workers = {
        parent = function()
          manager:enqueue { worker = "succeed" }
          return "success"
        end,
      } }
      manager:enqueue { worker = "parent" }
      assert.are.equal(2, manager:run_due())
    end)

    it("runs each to its end or first sleep", function()
      local manager, diary = bench.open()
      local id = manager:enqueue { worker = "long" }
      assert.are.equal(1, manager:run_due())
      assert.are.equal("running", manager:find(id).state)
      assert.is_nil(diary[1].left)
    end)
  end)

  describe("advance", function()
    it("moves to each due moment in turn", function()
      local manager, diary = bench.open()
      for _, delay in ipairs { 30, 10, 20 } do
        manager:enqueue { worker = "succeed", delay = delay }
      end
      assert.are.equal(2, manager:advance(25))
      assert.are.equal(diary.start + 25, manager:now())
      assert.are.equal(1, manager:advance(25))
      assert.are.same({ 10, 20, 30 }, bench.moments(diary))
    end)

    it("wakes sleepers at their moment", function()
      local manager, diary = bench.open()
      manager:enqueue { worker = "long", input = { seconds = 12.5 } }
      manager:advance(100)
      assert.are.equal(diary.start + 12.5, diary[1].left)
    end)

    it("with what is no duration raises", function()
      local manager = bench.open()
      expect.misuse(function()
        local count = manager:advance "soon"
        return count
      end)
      expect.misuse(function()
        local count = manager:advance(-1)
        return count
      end)
    end)

    it("lets sleepers wake before timeouts, and both before claims", function()
      local manager, diary = bench.open { queues = { one = { limit = 1 } } }
      local first = manager:enqueue { worker = "long", input = { seconds = 10 }, timeout = 10,
        queue = "one" }
      local second = manager:enqueue { worker = "succeed", delay = 10, queue = "one" }
      manager:advance(10)
      assert.are.same({ "succeeded", "succeeded" }, bench.states(manager, { first, second }))
      assert.are.same({ 0, 10 }, bench.moments(diary))
    end)

    it("lets deadlines pass before claims", function()
      local manager, diary = bench.open()
      local id = manager:enqueue { worker = "succeed", delay = 10, deadline = 10 }
      manager:advance(10)
      assert.are.equal("failed", manager:find(id).state)
      assert.are.equal(0, #diary)
    end)
  end)

  describe("meet", function()
    it("treats a delay as over", function()
      local manager, diary = bench.open()
      local id = manager:enqueue { worker = "succeed", delay = "1h" }
      assert.are.equal(1, manager:meet(id, "delay"))
      assert.are.equal("succeeded", manager:find(id).state)
      assert.are.equal(diary.start, manager:now())
    end)

    it("treats a period as over", function()
      local manager, diary = bench.open()
      local id = manager:enqueue { worker = "succeed", every = "1h" }
      manager:run_due()
      assert.are.equal(1, manager:meet(id, "period"))
      assert.are.equal(2, #diary)
      assert.are.equal(3, manager:find(id).period)
    end)

    it("treats constraints as met until the next run ends", function()
      local manager = bench.open()
      local id = manager:enqueue { worker = "again", constraints = { charging = true },
        backoff = { delay = 5 } }
      assert.are.equal(1, manager:meet(id, "constraints"))
      assert.are.equal(1, manager:find(id).attempt)
      assert.are.equal(0, manager:advance(10))
    end)

    it("keeps such a run running although its constraint is not met", function()
      local manager = bench.open()
      local id = manager:enqueue { worker = "long", constraints = { charging = true } }
      manager:meet(id, "constraints")
      assert.are.equal("running", manager:find(id).state)
      manager:advance(60)
      assert.are.equal("succeeded", manager:find(id).state)
    end)

    it("meets for that work alone", function()
      local manager, diary = bench.open()
      local ids = manager:enqueue { { worker = "succeed", constraints = { charging = true } },
        { worker = "succeed", constraints = { charging = true } } }
      manager:meet(ids[2], "constraints")
      assert.are.same({ ids[2] }, bench.ids(diary))
    end)

    it("does not meet the rest", function()
      local manager = bench.open()
      local id = manager:enqueue { worker = "succeed", delay = "1h",
        constraints = { charging = true } }
      assert.are.equal(0, manager:meet(id, "delay"))
      assert.are.equal(1, manager:meet(id, "constraints"))
    end)

    it("raises if the work does not wait for that", function()
      local manager = bench.open()
      local id = manager:enqueue { worker = "succeed" }
      for _, kind in ipairs { "delay", "constraints", "period", "weather" } do
        expect.misuse(function()
          local count = manager:meet(id, kind)
          return count
        end)
      end
    end)
  end)

  describe("stop_work", function()
    it("raises if the work does not run", function()
      local manager = bench.open()
      local id = manager:enqueue { worker = "succeed" }
      expect.misuse(function()
        local done = manager:stop_work(id, "preempted")
        return done
      end)
      expect.misuse(function()
        local done = manager:stop_work(4711, "preempted")
        return done
      end)
    end)

    it("carries out the stop inside the call", function()
      local manager, diary = bench.open()
      local id = manager:enqueue { worker = "long" }
      manager:run_due()
      manager:stop_work(id, "timeout")
      assert.are.equal("timeout", diary[1].reason)
      assert.are.equal("timeout", manager:find(id).stop_reason)
      assert.are.equal(1, manager:find(id).attempt)
    end)
  end)

  describe("await", function()
    it("runs what is due but never moves the clock", function()
      local manager, diary = bench.open()
      local id = manager:enqueue { worker = "succeed" }
      assert.are.equal("succeeded", manager:await(id)[1].state)
      assert.are.equal(diary.start, manager:now())
      local later = manager:enqueue { worker = "succeed", delay = 5 }
      expect.code("TIMEOUT", manager:await(later, 10))
      assert.are.equal(diary.start, manager:now())
    end)
  end)
end)

describe("testing.run", function()
  it("gives outcome, output and record of one worker without a manager", function()
    local outcome, output, record = testing.run(function(input, work)
      work:progress { half = true }
      work:progress { half = false }
      work:log("info", "all is well")
      return "success", { sum = input.a + input.b, attempt = work.attempt, tags = work.tags }
    end, { input = { a = 1, b = 2 }, attempt = 3, tags = { "x" } })
    assert.are.equal("success", outcome)
    assert.are.same({ sum = 3, attempt = 3, tags = { "x" } }, output)
    assert.are.same({ { half = true }, { half = false } }, record.progress)
    assert.are.equal(1, #record.log)
    assert.is_nil(record.error)
  end)

  it("has an empty input, the first attempt and no tags unless told otherwise", function()
    local _, output = testing.run(function(input, work)
      return "success", { empty = next(input) == nil, attempt = work.attempt, tags = #work.tags }
    end)
    assert.are.same({ empty = true, attempt = 1, tags = 0 }, output)
  end)

  it("gives the error of a worker that raises", function()
    local outcome, output, record = testing.run(function()
      error "broken"
    end, {})
    assert.are.equal("failure", outcome)
    assert.is_nil(output)
    expect.text("broken", record.error)
  end)

  it("sleeps in virtual time, and stops after stop_after of it", function()
    local outcome, output = testing.run(function(_, work)
      local first = work:sleep "1h"
      local second, reason = work:sleep "1h"
      return "success", { first = first, second = second == nil, reason = reason,
        stopped = work:stopped() }
    end, { stop_after = "90m" })
    assert.are.equal("success", outcome)
    assert.is_true(output.first)
    assert.is_true(output.second)
    assert.is_string(output.reason)
    assert.are.equal(output.reason, output.stopped)
  end)

  it("gives retry and failure as they are", function()
    assert.are.equal("retry", (testing.run(function() return "retry" end, {})))
    local outcome, output = testing.run(function() return "failure", { x = 1 } end, {})
    assert.are.equal("failure", outcome)
    assert.are.same({ x = 1 }, output)
  end)

  it("takes a worker in its table form", function()
    assert.are.equal("success", (testing.run({ run = function() return "success" end }, {})))
  end)

  it("gives the worker its files", function()
    local _, output = testing.run(function(_, work)
      return "success", { first = work.files[1] }
    end, { files = { "/tmp/a" } })
    assert.are.same({ first = "/tmp/a" }, output)
  end)

  it("raises on unknown options", function()
    expect.misuse(function()
      local outcome = testing.run(function() return "success" end, { stop_afer = 1 })
      return outcome
    end, "stop_afer")
  end)
end)
