local bench = require "spec.support.bench"

-- The system starts anew, and nobody knows how long that took: what waits does not wait longer than
-- it would have at first.

local HOUR, DAY, YEAR = 3600, 86400, 365 * 86400
local BACK = { -1, -HOUR, -10 * YEAR }

describe("when the wall clock was set back before the store is opened again,", function()
  local manager

  before_each(function()
    manager = bench.open()
  end)
  after_each(bench.clear)

  local function restart(seconds)
    manager = manager:restart(seconds)
  end

  for _, seconds in ipairs(BACK) do
    local function it_holds(title, check)
      it(("%s (%+d s)"):format(title, seconds), check)
    end

    it_holds("a delay is no longer than it was", function()
      local id = manager:enqueue { worker = "succeed", delay = 600 }
      restart(seconds)
      assert.are.equal(0, manager:run_due())
      assert.are.equal(1, manager:advance(600))
      assert.are.equal("succeeded", manager:find(id).state)
    end)

    it_holds("a backoff is no longer than it was, at a time and by the calendar too", function()
      local after = { after = 600 }
      manager:enqueue { worker = "again", input = after }
      manager:enqueue { worker = "again", input = after, at = manager:now() }
      manager:enqueue { worker = "again", input = after, cron = "* * * * *" }
      manager:advance(60)
      restart(seconds)
      assert.are.equal(0, manager:run_due())
      assert.are.equal(3, manager:advance(600))
    end)

    it_holds("what repeats goes on", function()
      manager:enqueue { worker = "succeed", every = "1h" }
      manager:enqueue { worker = "succeed", every = "1h", repeats = "fixed_delay" }
      manager:enqueue { worker = "succeed", every = "1h", at = manager:now() }
      manager:enqueue { worker = "succeed", every = "1h", repeats = "fixed_delay",
        at = manager:now() }
      manager:enqueue { worker = "succeed", cron = "0 * * * *" }
      manager:advance(60)
      restart(seconds)
      assert.are.equal(0, manager:run_due())
      local runs = manager:advance "3h"
      assert.is_true(runs >= 12 and runs <= 15, runs .. " runs")
    end)

    it_holds("a rate lets works start again", function()
      manager:set_queue("slow", { rate = "1/h" })
      manager:enqueue { worker = "succeed", queue = "slow" }
      manager:run_due()
      manager:enqueue { worker = "succeed", queue = "slow" }
      restart(seconds)
      assert.are.equal(0, manager:run_due())
      assert.are.equal(1, manager:advance(HOUR))
    end)

    it_holds("finished work is not kept for longer", function()
      local id = manager:enqueue { worker = "succeed" }
      manager:run_due()
      restart(seconds)
      manager:advance(DAY - 1 + math.max(seconds, -1))
      assert.is_not_nil(manager:find(id))
      manager:advance(2)
      assert.is_nil(manager:find(id))
    end)

    it_holds("a deadline that is a duration is no farther away", function()
      local id = manager:enqueue { worker = "succeed", delay = "2d", deadline = 600 }
      restart(seconds)
      manager:advance(599 + math.max(seconds, -1))
      assert.are.equal("enqueued", manager:find(id).state)
      manager:advance(2)
      assert.are.equal("failed", manager:find(id).state)
    end)

    it_holds("a change of files has settled no later", function()
      local id = manager:enqueue { worker = "succeed",
        constraints = { files = { "/nowhere/at/all", settle = 10 } } }
      manager:change_files "/nowhere/at/all"
      restart(seconds)
      manager:advance(12)
      assert.are.equal("succeeded", manager:find(id).state)
    end)

    it_holds("a work asked for at once runs", function()
      local id = manager:enqueue { worker = "succeed", constraints = { charging = true } }
      manager:run_now(id)
      restart(seconds)
      manager:set_condition("charging", true)
      manager:advance(1)
      assert.are.equal("succeeded", manager:find(id).state)
    end)
  end

  it("a work that ran is tried again, and repeats", function()
    local id = manager:enqueue { worker = "long", every = "1h", input = { seconds = 60 } }
    manager:enqueue { worker = "succeed", queue = "q" }
    manager:advance(10)
    restart(-10 * YEAR)
    assert.are.equal("crashed", manager:find(id).stop_reason)
    assert.are.equal(1, manager:run_due())
    assert.are.equal(1, manager:advance "1h")
  end)

  it("work at a time waits for it", function()
    local at = manager:now() + HOUR
    manager:enqueue { worker = "succeed", at = at }
    restart(-DAY)
    assert.are.equal(0, manager:advance(at - manager:now() - 1))
    assert.are.equal(1, manager:advance(1))
  end)
end)


describe("when the wall clock was set forward before the store is opened again,", function()
  after_each(bench.clear)

  it("all that was missed runs once", function()
    local manager = bench.open()
    for _, request in ipairs {
      { worker = "succeed", every = "1m" }, { worker = "succeed", cron = "* * * * *" },
      { worker = "succeed", every = "1m", repeats = "fixed_delay" },
    } do
      manager:enqueue(request)
    end
    manager:run_due()
    manager = manager:restart(10 * YEAR)
    assert.are.equal(3, manager:run_due())
    assert.are.equal(0, manager:advance(59))
    assert.are.equal(3, manager:advance(1))
  end)
end)
