local bench = require "spec.support.bench"

-- Each kind of moment beside each way in which the wall clock is set. A work of each kind waits for
-- `left` seconds; whatever the clock says meanwhile, it neither comes early nor stays away.
local HOUR, YEAR = 3600, 365 * 86400
local JUMPS = { 1, -1, HOUR, -HOUR, 10 * YEAR, -10 * YEAR }

local function retried(request)
  request.worker, request.input = "script", { results = { "retry", "success", "success" } }
  return request
end

--- Each opens what it needs with enqueue(manager) → id; the next start is due in `left` seconds.
local kinds = {
  delay = { left = 600, enqueue = function(manager)
    return manager:enqueue { worker = "succeed", delay = 600 }
  end },
  ["the first of a period"] = { left = 90, enqueue = function(manager)
    return manager:enqueue { worker = "succeed", every = "2m", flex = 30 }
  end },
  ["a period at a fixed rate"] = { left = 120, enqueue = function(manager)
    local id = manager:enqueue { worker = "succeed", every = "2m" }
    manager:run_due()
    return id
  end },
  ["a period after a fixed delay"] = { left = 120, enqueue = function(manager)
    local id = manager:enqueue { worker = "succeed", every = "2m", repeats = "fixed_delay" }
    manager:run_due()
    return id
  end },
  ["a period after a fixed delay that began at a time"] = { left = 120, enqueue = function(manager)
    local id = manager:enqueue { worker = "succeed", every = "2m", repeats = "fixed_delay",
      at = manager:now() }
    manager:run_due()
    return id
  end },
  backoff = { left = 30, enqueue = function(manager)
    local id = manager:enqueue(retried {})
    manager:run_due()
    return id
  end },
  ["a worker's own wait"] = { left = 77, enqueue = function(manager)
    local id = manager:enqueue { worker = "again", input = { after = 77 } }
    manager:run_due()
    return id
  end },
  ["backoff of work at a time"] = { left = 30, enqueue = function(manager)
    local id = manager:enqueue(retried { at = manager:now() })
    manager:run_due()
    return id
  end },
  ["backoff of cron"] = { left = 30, enqueue = function(manager)
    local id = manager:enqueue(retried { cron = "* * * * *", zone = "Europe/Berlin" })
    manager:advance(60)
    return id
  end },
  ["an interval's backoff"] = { left = 30, enqueue = function(manager)
    local id = manager:enqueue(retried { every = "10m", at = manager:now() })
    manager:run_due()
    return id
  end },
  ["the second interruption of a row"] = { left = 30, enqueue = function(manager)
    local id = manager:enqueue { worker = "long", cron = "* * * * *" }
    manager:advance(60)
    for _ = 1, 2 do
      manager:stop_work(id, "preempted")
      manager:run_due()
    end
    return id
  end },
  ["a rate"] = { left = 60, enqueue = function(manager)
    manager:set_queue("slow", { rate = "1/m" })
    manager:enqueue { worker = "succeed", queue = "slow" }
    manager:run_due()
    return manager:enqueue { worker = "succeed", queue = "slow" }
  end },
  settling = { left = 10, enqueue = function(manager)
    local id = manager:enqueue { worker = "succeed",
      constraints = { files = { "/nowhere/at/all", settle = 10 } } }
    manager:change_files "/nowhere/at/all"
    return id
  end },
}

local function starts(manager, seconds)
  return manager:advance(seconds)
end

describe("whatever the wall clock is set to,", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  for name, kind in pairs(kinds) do
    for _, jump in ipairs(JUMPS) do
      it(("%s keeps what was left of it (%+d s)"):format(name, jump), function()
        kind.enqueue(manager)
        local before = #diary
        starts(manager, math.floor(kind.left / 2))
        manager:jump(jump)
        assert.are.equal(0, manager:run_due())
        assert.are.equal(0, starts(manager, math.ceil(kind.left / 2) - 1))
        assert.are.equal(1, starts(manager, 1))
        assert.are.equal(before + 1, #diary)
      end)

      it(("%s is noticed by a peer (%+d s)"):format(name, jump), function()
        kind.enqueue(manager)
        local peer = manager:peer()
        manager:jump(jump)
        peer:run_due()
        assert.are.equal(0, starts(peer, kind.left - 1))
        assert.are.equal(1, starts(peer, 1))
      end)
    end
  end

  for _, jump in ipairs(JUMPS) do
    local function it_holds(title, check)
      it(("%s (%+d s)"):format(title, jump), check)
    end

    it_holds("a deadline that is a duration is as far away as before", function()
      local id = manager:enqueue { worker = "succeed", delay = 900, deadline = 600 }
      local dependent = manager:enqueue { worker = "succeed", after = { id }, deadline = "1h" }
      manager:advance(300)
      manager:jump(jump)
      manager:advance(299)
      assert.are.equal("enqueued", manager:find(id).state)
      manager:advance(1)
      assert.are.same({ "failed", "failed" }, bench.states(manager, { id, dependent }))
    end)

    it_holds("a deadline that is a time is at that time", function()
      -- The clock of a test begins with the year 2026.
      local id = manager:enqueue {
        worker = "succeed", constraints = { charging = true }, deadline = "2026-01-01T00:30:00Z",
      }
      manager:jump(jump)
      manager:run_due()
      assert.are.equal(jump < 1800 and "enqueued" or "failed", manager:find(id).state)
      if jump < 1800 then
        manager:advance(1800 - jump - 1)
        assert.are.equal("enqueued", manager:find(id).state)
        manager:advance(1)
        assert.are.equal("failed", manager:find(id).state)
      end
    end)

    it_holds("work at a time runs at that time, once", function()
      manager:enqueue { worker = "succeed", at = manager:now() + 1800 }
      manager:jump(jump)
      local runs = manager:run_due()
      assert.are.equal(jump < 1800 and 0 or 1, runs)
      if runs == 0 then
        assert.are.equal(0, manager:advance(1800 - jump - 1))
        assert.are.equal(1, manager:advance(1))
      end
      assert.are.equal(0, manager:advance "30d")
    end)

    it_holds("a run times out after what was left of its time", function()
      local id = manager:enqueue { worker = "long", input = { seconds = 9000 }, timeout = 300 }
      manager:advance(200)
      manager:jump(jump)
      manager:advance(99)
      assert.are.equal("running", manager:find(id).state)
      manager:advance(1)
      assert.are.equal("timeout", manager:find(id).stop_reason)
    end)

    it_holds("a worker sleeps as long as it meant to", function()
      local id = manager:enqueue { worker = "long", input = { seconds = 100 } }
      manager:advance(50)
      manager:jump(jump)
      manager:advance(49)
      assert.are.equal("running", manager:find(id).state)
      manager:advance(1)
      assert.are.equal("succeeded", manager:find(id).state)
      assert.is_true(diary[1].slept)
    end)

    it_holds("a wish that has come stays", function()
      local id = manager:enqueue { worker = "succeed", every = "1d", delay = "1d",
        constraints = { charging = true } }
      manager:run_now(id)
      manager:jump(jump)
      manager:set_condition("charging", true)
      assert.are.equal(1, manager:run_due())
      assert.are.equal("enqueued", manager:find(id).state)
    end)

    it_holds("a repetition that began at a time goes on", function()
      manager:enqueue { worker = "succeed", every = "1h", at = manager:now() - 1800 }
      assert.are.equal(1, manager:run_due())
      manager:jump(jump)
      assert.is_true(manager:run_due() <= (jump >= 1800 and 1 or 0))
      local runs = manager:advance "3h"
      assert.is_true(runs >= 2 and runs <= 3, runs .. " runs")
    end)

    it_holds("cron goes on, and nothing is made up for", function()
      manager:enqueue { worker = "succeed", cron = "0 * * * *", zone = "Europe/Berlin" }
      manager:enqueue { worker = "succeed", cron = "30 8-20 * * *" }
      manager:advance "12h"
      local before = #diary
      manager:jump(jump)
      manager:run_due()
      assert.is_true(#diary - before <= 2)
      before = #diary
      local runs = manager:advance "24h"
      assert.is_true(runs >= 34 and runs <= 37, runs .. " runs")
      assert.are.equal(before + runs, #diary)
    end)

    it_holds("cron that is set back while it runs does not run twice for one time", function()
      manager:enqueue { worker = "long", input = { seconds = 5 }, cron = "0 12 * * *" }
      manager:advance(12 * HOUR + 2)
      assert.are.equal(1, #diary)
      manager:jump(jump)
      manager:advance "2h"
      assert.are.equal(1, #diary)
      -- Nobody waits longer than the day that it may be set back to the middle of.
      assert.is_true(manager:advance "25h" >= 1)
    end)
  end
end)
