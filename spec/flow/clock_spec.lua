local bench = require "spec.support.bench"

local HOUR, YEAR = 3600, 365 * 86400

describe("when the wall clock is set", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  local function jump(seconds)
    manager:jump(seconds)
  end

  for _, seconds in ipairs { HOUR, -HOUR, 10 * YEAR, -10 * YEAR } do
    local title = ("by %d seconds "):format(seconds)

    it(title .. "a delay keeps its remaining length", function()
      local id = manager:enqueue { worker = "succeed", delay = 600 }
      manager:advance(400)
      jump(seconds)
      assert.are.equal(0, manager:run_due())
      assert.are.equal(0, manager:advance(199))
      assert.are.equal(1, manager:advance(1))
      assert.are.equal("succeeded", manager:find(id).state)
    end)

    it(title .. "a backoff keeps its remaining length", function()
      manager:enqueue { worker = "again", backoff = { delay = 60 } }
      manager:run_due()
      jump(seconds)
      assert.are.equal(0, manager:advance(59))
      assert.are.equal(1, manager:advance(1))
    end)

    it(title .. "periods keep their rhythm", function()
      manager:enqueue { worker = "succeed", every = "1h" }
      manager:advance(1800)
      jump(seconds)
      assert.are.equal(0, manager:advance(1799))
      assert.are.equal(1, manager:advance(1))
      assert.are.equal(1, manager:advance "1h")
    end)

    it(title .. "a timeout counts elapsed time", function()
      local id = manager:enqueue { worker = "long", input = { seconds = 600 }, timeout = 300 }
      manager:advance(200)
      jump(seconds)
      manager:advance(99)
      assert.are.equal("running", manager:find(id).state)
      manager:advance(1)
      assert.are.equal("timeout", manager:find(id).stop_reason)
    end)

    it(title .. "finished work is kept for its retention", function()
      local id = manager:enqueue { worker = "succeed" }
      manager:advance "12h"
      jump(seconds)
      manager:advance "11h"
      assert.is_not_nil(manager:find(id))
      manager:advance "2h"
      assert.is_nil(manager:find(id))
    end)
  end

  it("work at a time follows the wall clock", function()
    manager:enqueue { worker = "succeed", at = manager:now() + HOUR }
    jump(HOUR - 10)
    assert.are.equal(0, manager:run_due())
    assert.are.equal(1, manager:advance(10))
  end)

  it("cron follows the wall clock", function()
    manager:enqueue { worker = "succeed", cron = "0 12 * * *" }
    jump(12 * HOUR)
    assert.are.equal(1, manager:run_due())
    jump(-3 * HOUR)
    assert.are.equal(0, manager:advance "26h")
    assert.are.equal(1, manager:advance "1h")
  end)

  it("two processes on one store move its moments once", function()
    local peer = manager:peer()
    manager:enqueue { worker = "succeed", delay = 600 }
    jump(HOUR)
    manager:run_due()
    peer:run_due()
    assert.are.equal(0, peer:advance(599))
    assert.are.equal(1, peer:advance(1))
    assert.are.equal(1, #diary)
  end)
end)
