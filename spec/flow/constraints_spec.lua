local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("constraints", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  local holds = {
    connected = { "connected", "metered", "unmetered", "not_roaming", "roaming" },
    metered = { "metered", "roaming" },
    unmetered = { "unmetered" },
    not_roaming = { "unmetered", "metered", "not_roaming" },
  }
  local values = { "none", "connected", "metered", "unmetered", "not_roaming", "roaming" }

  for need, met_by in pairs(holds) do
    for _, value in ipairs(values) do
      local met = false
      for _, name in ipairs(met_by) do
        met = met or name == value
      end
      local title = ("network = %s %s when the network is %s")
      it(title:format(need, met and "holds" or "does not hold", value), function()
        manager:set_condition("network", value)
        manager:enqueue { worker = "succeed", constraints = { network = need } }
        assert.are.equal(met and 1 or 0, manager:run_due())
      end)
    end
  end

  for _, name in ipairs { "charging", "battery_not_low", "storage_not_low", "idle" } do
    it(name .. " holds when it is set, and not before", function()
      local id = manager:enqueue { worker = "succeed", constraints = { [name] = true } }
      assert.are.equal(0, manager:run_due())
      manager:set_condition(name, false)
      assert.are.equal(0, manager:run_due())
      manager:set_condition(name, true)
      assert.are.equal(1, manager:run_due())
      assert.are.equal("succeeded", manager:find(id).state)
    end)
  end

  it("of the application hold when it says so", function()
    manager:enqueue { worker = "succeed", constraints = { custom = { "vpn", "logged in" } } }
    assert.are.equal(0, manager:run_due())
    manager:set_condition("vpn", true)
    assert.are.equal(0, manager:run_due())
    manager:set_condition("logged in", true)
    assert.are.equal(1, manager:run_due())
  end)

  it("must all hold", function()
    manager:enqueue { worker = "succeed", constraints = { charging = true, network = "connected" } }
    manager:set_condition("charging", true)
    assert.are.equal(0, manager:run_due())
    manager:set_condition("charging", false)
    manager:set_condition("network", "unmetered")
    assert.are.equal(0, manager:run_due())
    manager:set_condition("charging", true)
    assert.are.equal(1, manager:run_due())
  end)

  it("that are handed back are at their sensor's value again", function()
    manager:set_condition("charging", true)
    manager:set_condition("vpn", true)
    manager:set_condition("charging", nil)
    manager:set_condition("vpn", nil)
    manager:enqueue { worker = "succeed", constraints = { charging = true } }
    manager:enqueue { worker = "succeed", constraints = { custom = { "vpn" } } }
    assert.are.equal(0, manager:run_due())
  end)

  it("that get lost stop the run inside the call, and the attempt is given back", function()
    manager:set_condition("network", "unmetered")
    local id = manager:enqueue { worker = "long", constraints = { network = "unmetered" } }
    manager:run_due()
    manager:set_condition("network", "metered")
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal("constraint:network", info.stop_reason)
    assert.are.equal(0, info.attempt)
    assert.are.equal("constraint:network", diary[1].reason)
    assert.are.equal(0, manager:run_due())
    manager:set_condition("network", "unmetered")
    assert.are.equal(1, manager:run_due())
    assert.are.equal(1, manager:find(id).attempt)
  end)

  it("that change from one met value to another do not stop the run", function()
    manager:set_condition("network", "unmetered")
    local id = manager:enqueue { worker = "long", constraints = { network = "connected" } }
    manager:run_due()
    manager:set_condition("network", "metered")
    assert.are.equal("running", manager:find(id).state)
  end)

  it("of the application that get lost stop the run with their name", function()
    manager:set_condition("vpn", true)
    local id = manager:enqueue { worker = "long", constraints = { custom = { "vpn" } } }
    manager:run_due()
    manager:set_condition("vpn", nil)
    assert.are.equal("constraint:vpn", manager:find(id).stop_reason)
  end)

  it("at the start only do not stop a run", function()
    manager:set_condition("charging", true)
    local id = manager:enqueue { worker = "long",
      constraints = { charging = true, at_start_only = true } }
    manager:run_due()
    manager:set_condition("charging", false)
    assert.are.equal("running", manager:find(id).state)
    manager:advance(60)
    assert.are.equal("succeeded", manager:find(id).state)
    manager:enqueue { worker = "succeed", constraints = { charging = true, at_start_only = true } }
    assert.are.equal(0, manager:run_due())
  end)

  it("stop the running work of their kind alone", function()
    manager:set_condition("charging", true)
    manager:set_condition("idle", true)
    local one = manager:enqueue { worker = "long", constraints = { charging = true } }
    local other = manager:enqueue { worker = "long", constraints = { idle = true } }
    local free = manager:enqueue { worker = "long" }
    manager:run_due()
    manager:set_condition("idle", false)
    assert.are.same({ "running", "enqueued", "running" },
      bench.states(manager, { one, other, free }))
  end)

  it("do not hold other work up", function()
    for _ = 1, 100 do
      manager:enqueue { worker = "succeed", constraints = { charging = true }, priority = 100 }
    end
    local id = manager:enqueue { worker = "succeed" }
    assert.are.equal(1, manager:run_due())
    assert.are.equal("succeeded", manager:find(id).state)
  end)

  it("are shown in the info as they were asked for", function()
    local id = manager:enqueue { worker = "succeed",
      constraints = { network = "metered", charging = true, custom = { "vpn" } } }
    local constraints = manager:find(id).constraints
    assert.are.equal("metered", constraints.network)
    assert.is_true(constraints.charging)
    assert.are.same({ "vpn" }, constraints.custom)
    assert.is_nil(constraints.idle)
    assert.is_nil(manager:find(manager:enqueue { worker = "succeed" }).constraints)
  end)

  it("with false asked for nothing", function()
    manager:enqueue { worker = "succeed", constraints = { charging = false } }
    assert.are.equal(1, manager:run_due())
  end)
end)

describe("set_condition", function()
  local manager

  before_each(function()
    manager = bench.open()
  end)
  after_each(bench.clear)

  it("with a value of the wrong kind raises", function()
    for _, pair in ipairs { { "network", true }, { "network", "fast" }, { "charging", "yes" },
      { "idle", 1 }, { "vpn", "up" }, { 7, true }, { "", true } } do
      expect.misuse(function()
        local done = manager:set_condition(pair[1], pair[2])
        return done
      end)
    end
  end)

  it("is what conditions shows", function()
    assert.is_table(manager:conditions())
    local before = manager:conditions()
    manager:set_condition("charging", true)
    assert.are_not.same(before, manager:conditions())
  end)
end)
