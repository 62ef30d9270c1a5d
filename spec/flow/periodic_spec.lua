local bench = require "spec.support.bench"

describe("fixed_rate", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("runs at once and then at every interval, without drift", function()
    local id = manager:enqueue { worker = "long", every = "1h", input = { seconds = 600 } }
    manager:advance "3h30m"
    assert.are.same({ 0, 3600, 7200, 10800 }, bench.moments(diary))
    assert.are.equal(5, manager:find(id).period)
    assert.are.equal(3600, manager:find(id).every)
  end)

  it("tells the worker its period", function()
    manager:enqueue { worker = "succeed", every = "1h" }
    manager:advance "2h"
    assert.are.same({ 1, 2, 3 }, { diary[1].period, diary[2].period, diary[3].period })
  end)

  it("with a delay has its anchor after the delay", function()
    manager:enqueue { worker = "succeed", every = "1h", delay = "20m" }
    manager:advance "3h"
    assert.are.same({ 1200, 4800, 8400 }, bench.moments(diary))
  end)

  it("with a time has its anchor at that time", function()
    manager:enqueue { worker = "succeed", every = "1h", at = "2026-01-01T00:10:00Z" }
    manager:advance "2h"
    assert.are.same({ 600, 4200 }, bench.moments(diary))
  end)

  it("with flex runs in the last flex of every interval, the first one too", function()
    manager:enqueue { worker = "succeed", every = "1h", flex = "10m" }
    manager:advance "4h"
    assert.are.same({ 3000, 6600, 10200, 13800 }, bench.moments(diary))
  end)

  it("with flex and delay counts the windows from the anchor", function()
    local id = manager:enqueue { worker = "succeed", every = "1h", flex = "10m", delay = "30m" }
    manager:advance "3h"
    assert.are.same({ 4800, 8400 }, bench.moments(diary))
    assert.are.equal(600, manager:find(id).flex)
  end)

  it("with flex equal to the interval is the same as without", function()
    manager:enqueue { worker = "succeed", every = "1h", flex = "1h" }
    manager:advance "2h"
    assert.are.same({ 0, 3600, 7200 }, bench.moments(diary))
  end)

  it("runs once for all periods that were missed, and keeps its rhythm", function()
    local id = manager:enqueue { worker = "succeed", every = "1h",
      constraints = { charging = true } }
    manager:advance "3h30m"
    assert.are.equal(0, #diary)
    manager:set_condition("charging", true)
    assert.are.equal(1, manager:run_due())
    assert.are.equal(2, manager:find(id).period)
    manager:advance "2h"
    assert.are.same({ 12600, 14400, 18000 }, bench.moments(diary))
  end)

  it("with flex runs once now if all windows so far were missed, then in the next period's",
    function()
      manager:enqueue { worker = "succeed", every = "1h", flex = "10m",
        constraints = { charging = true } }
      manager:advance "2h20m"
      manager:set_condition("charging", true)
      manager:advance "2h"
      -- The run at 2:20 belongs to the third period, so the fourth's window is next.
      assert.are.same({ 8400, 13800 }, bench.moments(diary))
    end)

  it("with a run longer than the interval runs again at once, once", function()
    local id = manager:enqueue { worker = "long", every = "1h", input = { seconds = 9000 } }
    manager:advance(9000)
    assert.are.same({ 0, 9000 }, bench.moments(diary))
    manager:advance(9000)
    -- The second run started in the third period; the fourth began at 3 h, long ago.
    assert.are.same({ 0, 9000, 18000 }, bench.moments(diary))
    assert.are.equal(3, manager:find(id).period)
  end)

  it("counts a run to the period in which it started, not ended", function()
    manager:enqueue { worker = "long", every = "1h", flex = "10m", input = { seconds = 900 } }
    -- Starts at 0:50, ends at 1:05 in the second period, whose window is still to come.
    manager:advance "2h"
    assert.are.same({ 3000, 6600 }, bench.moments(diary))
  end)

  it("an extra run in a period takes the place of that period's run", function()
    local id = manager:enqueue { worker = "succeed", every = "1h", flex = "10m" }
    manager:advance "5m"
    manager:run_now(id)
    manager:advance "2h"
    assert.are.same({ 300, 6600 }, bench.moments(diary))
    assert.are.equal(3, manager:find(id).period)
  end)

  it("a run before the anchor belongs to no period", function()
    local id = manager:enqueue { worker = "succeed", every = "1h", delay = "30m" }
    manager:run_now(id)
    manager:run_due()
    assert.are.equal(1800, bench.due_in(manager, id))
    assert.are.equal(2, manager:find(id).period)
  end)

  it("goes on in its rhythm after a failure", function()
    manager:enqueue { worker = "fail", every = "1h" }
    manager:advance "2h"
    assert.are.same({ 0, 3600, 7200 }, bench.moments(diary))
  end)

  it("starts its attempts anew in every period", function()
    manager:enqueue { worker = "script", every = "1h", backoff = { delay = 60 },
      input = { results = { "retry", "success" } } }
    manager:advance "1h1m"
    assert.are.same({ 0, 60, 3600, 3660 }, bench.moments(diary))
    assert.are.same({ 1, 2, 1, 2 },
      { diary[1].attempt, diary[2].attempt, diary[3].attempt, diary[4].attempt })
    assert.are.equal(4, diary[4].run)
  end)

  it("keeps its rhythm across a crash", function()
    manager:enqueue { worker = "succeed", every = "1h" }
    manager:advance "10m"
    local second = manager:crash()
    diary.manager = second
    second:advance "2h"
    assert.are.same({ 0, 3600, 7200 }, bench.moments(diary))
  end)
end)

describe("fixed_delay", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("counts the interval from the finish", function()
    manager:enqueue { worker = "long", every = "1h", repeats = "fixed_delay",
      input = { seconds = 600 } }
    manager:advance "4h"
    assert.are.same({ 0, 4200, 8400, 12600 }, bench.moments(diary))
  end)

  it("starts at its anchor", function()
    manager:enqueue { worker = "succeed", every = "1h", repeats = "fixed_delay", delay = "5m" }
    manager:advance "3h"
    assert.are.same({ 300, 3900, 7500 }, bench.moments(diary))
  end)

  it("counts from the finish of an extra run too", function()
    local id = manager:enqueue { worker = "succeed", every = "1h", repeats = "fixed_delay" }
    manager:advance "20m"
    manager:run_now(id)
    manager:run_due()
    assert.are.equal(3600, bench.due_in(manager, id))
  end)

  it("has no missed periods to catch up with", function()
    manager:enqueue { worker = "succeed", every = "1h", repeats = "fixed_delay",
      constraints = { charging = true } }
    manager:advance "5h30m"
    manager:set_condition("charging", true)
    manager:advance "1h"
    assert.are.same({ 19800, 23400 }, bench.moments(diary))
  end)
end)
