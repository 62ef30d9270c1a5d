local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local machine = require "spec.support.machine"
local moonshift = require "moonshift"
local stores = require "spec.support.stores"

describe("sensors", function()
  local this, manager, troubles

  local function open(options)
    local all = { workers = "spec.support.workers.basic", threads = 2, sensors = this:sensors(),
      on_error = function(event)
        troubles[#troubles + 1] = event
      end }
    for key, value in pairs(options or {}) do
      all[key] = value
    end
    manager = stores.open(all)
    return manager
  end

  -- The input of a work that lasts.
  local function gate()
    local path = folder.new()
    return { log = path .. "/log", gate = path .. "/gate" }
  end

  -- The sensors look when they are asked.
  local function look(name)
    local _, more = manager:conditions()
    return more[name].value, more[name]
  end

  before_each(function()
    this, troubles = machine.new(), {}
  end)
  after_each(stores.clear)

  describe("of power", function()
    local function charging()
      local value = look "charging"
      return value
    end

    local function not_low()
      local value = look "battery_not_low"
      return value
    end

    it("find that a machine without a battery is charging and never low", function()
      open()
      assert.is_true(charging())
      assert.is_true(not_low())
      this:supply("AC", { type = "Mains", online = "1" })
      assert.is_true(charging())
    end)

    it("follow the plug", function()
      this:supply("AC", { type = "Mains", online = "0" })
      this:supply("BAT0", { type = "Battery", present = "1", status = "Discharging",
        capacity = "80" })
      open()
      assert.is_false(charging())
      assert.is_true(not_low())
      this:supply("AC", { online = "1" })
      this:supply("BAT0", { status = "Not charging" })
      assert.is_true(charging())
    end)

    it("believe the battery where no plug is described", function()
      this:supply("BAT0", { type = "Battery", status = "Charging", capacity = "50" })
      open()
      assert.is_true(charging())
      this:supply("BAT0", { status = "Discharging" })
      assert.is_false(charging())
    end)

    it("find that what cannot be told is unknown", function()
      this:supply("BAT0", { type = "Battery", status = "Unknown" })
      open()
      assert.are.equal("unknown", charging())
      assert.are.equal("unknown", not_low())
    end)

    it("call a battery low from 15 % down, until it is above 20 % again", function()
      this:supply("BAT0", { type = "Battery", status = "Discharging", capacity = "16" })
      open()
      assert.is_true(not_low())
      for _, step in ipairs { { 15, false }, { 16, false }, { 20, false } } do
        this:supply("BAT0", { capacity = step[1] })
        assert.are.equal(step[2], not_low(), step[1])
      end
    end)

    it("do not count batteries of devices, nor those that are not there", function()
      this:supply("mouse", { type = "Battery", scope = "Device", status = "Discharging",
        capacity = "3" })
      this:supply("BAT1", { type = "Battery", present = "0", status = "Unknown" })
      open()
      assert.is_true(charging())
      assert.is_true(not_low())
    end)
  end)

  it("find a machine idle that has little load, and no longer when it has much", function()
    open()
    assert.is_true((look "idle"))
    this:load(1000)
    assert.is_false((look "idle"))
  end)

  it("tell who says so, and since when", function()
    open()
    local _, first = look "idle"
    assert.are.equal("load", first.source)
    assert.is_number(first.since)
    local _, again = look "idle"
    assert.are.equal(first.since, again.since)
    this:load(1000)
    local _, changed = look "idle"
    assert.is_true(changed.since >= first.since)
  end)

  it("let work begin, and stop it when its condition is lost", function()
    this:load(1000)
    open()
    local id = manager:enqueue { worker = "gate", input = gate(), constraints = { idle = true } }
    assert.is_false((look "idle"))
    assert.are.equal("enqueued", manager:find(id).state)
    local reasons = manager:why(id)
    assert.are.equal(1, #reasons)
    assert.is_truthy(reasons[1].detail:find "^idle is false %(load, since %d+%-.*Z%)$")
    this:load(0)
    look "idle"
    stores.until_state(manager, id, "running")
    this:load(1000)
    look "idle"
    local info = stores.until_state(manager, id, "enqueued")
    assert.are.equal("constraint:idle", info.stop_reason)
    assert.are.equal(0, info.attempt)
  end)

  it("leave work alone that needs its condition only to start", function()
    open()
    local id = manager:enqueue { worker = "gate", input = gate(),
      constraints = { idle = true, at_start_only = true } }
    stores.until_state(manager, id, "running")
    this:load(1000)
    assert.is_false((look "idle"))
    assert.are.equal("running", manager:find(id).state)
  end)

  it("look by themselves while work needs them", function()
    this:load(1000)
    local sensors = this:sensors()
    sensors.poll = "20ms"
    open { sensors = sensors }
    local id = manager:enqueue { worker = "succeed", constraints = { idle = true } }
    manager:await(id, "30ms")
    assert.are.equal("enqueued", manager:find(id).state)
    this:load(0)
    assert.are.equal("succeeded", stores.result(manager, id).state)
  end)

  it("are overridden by the application, and count again at once when it hands back", function()
    open()
    manager:set_condition("charging", false)
    local value, more = look "charging"
    assert.is_false(value)
    assert.are.equal("set", more.source)
    local id = manager:enqueue { worker = "succeed", constraints = { charging = true } }
    expect.text("charging is false (set, since ", manager:why(id)[1].detail)
    manager:set_condition("charging", nil)
    assert.are.equal("succeeded", stores.result(manager, id).state)
    value, more = look "charging"
    assert.is_true(value)
    assert.are.equal("power_supply", more.source)
  end)

  it("that take over do not stop what runs under the same value", function()
    open()
    manager:set_condition("idle", true)
    local id = manager:enqueue { worker = "gate", input = gate(), constraints = { idle = true } }
    stores.until_state(manager, id, "running")
    manager:set_condition("idle", nil)
    assert.are.equal("running", manager:find(id).state)
  end)

  it("are asked before idle mode finds that nothing can start", function()
    open()
    local id = manager:enqueue { worker = "succeed", constraints = { charging = true } }
    manager:run "idle"
    assert.are.equal("succeeded", manager:find(id).state)
  end)

  it("let idle mode end when they say no", function()
    this:load(1000)
    open()
    local id = manager:enqueue { worker = "succeed", constraints = { idle = true } }
    manager:run "idle"
    assert.are.equal("enqueued", manager:find(id).state)
  end)

  it("tell a client too, which runs nothing", function()
    this:load(1000)
    local path = stores.path()
    open { database = path }
    local id = manager:enqueue { worker = "succeed", constraints = { idle = true } }
    local client = stores.open { database = path, sensors = this:sensors() }
    assert.is_false(client:conditions().idle)
    expect.text("idle is false (load, ", client:why(id)[1].detail)
  end)

  it("that cannot read say so once, and work waits", function()
    os.remove(this.procfs .. "/loadavg")
    open()
    local id = manager:enqueue { worker = "succeed", constraints = { idle = true } }
    stores.until_true(manager, id, function()
      return troubles[1]
    end)
    assert.are.equal("sensor", troubles[1].kind)
    expect.text("/loadavg", troubles[1].message)
    local value, more = look "idle"
    assert.are.equal("unknown", value)
    expect.text("/loadavg", more.trouble)
    expect.text("/loadavg", manager:why(id)[1].detail)
    this:load(0)
    look "idle"
    assert.are.equal("succeeded", stores.result(manager, id).state)
    assert.are.equal(1, #troubles)
  end)

  it("find that storage is low by the limits that they are given", function()
    local sensors = this:sensors()
    sensors.storage = { percent = 100, bytes = 0 }
    open { sensors = sensors }
    local value, more = look "storage_not_low"
    assert.is_false(value)
    assert.are.equal("statfs", more.source)
    sensors.storage = { percent = 0, bytes = 0 }
    open { sensors = sensors }
    assert.is_true((look "storage_not_low"))
    sensors.storage = { percent = 0, bytes = 1e18 }
    open { sensors = sensors }
    assert.is_false((look "storage_not_low"))
  end)

  it("find room for a store in memory", function()
    local sensors = this:sensors()
    sensors.storage = { percent = 100 }
    open { database = ":memory:", sensors = sensors }
    local value, more = look "storage_not_low"
    assert.is_true(value)
    assert.are.equal("memory", more.source)
  end)

  it("that are switched off know nothing, and the application knows all", function()
    open { sensors = false }
    for _, name in ipairs { "network", "charging", "battery_not_low", "storage_not_low", "idle" } do
      local value, more = look(name)
      assert.are.equal("unknown", value)
      assert.are.equal("default", more.source)
      assert.is_nil(more.since)
    end
    local id = manager:enqueue { worker = "succeed", constraints = { idle = true } }
    expect.text("idle is unknown (nobody has said)", manager:why(id)[1].detail)
    manager:set_condition("idle", true)
    assert.are.equal("succeeded", stores.result(manager, id).state)
  end)

  it("raise for options that are wrong, and name the path", function()
    local function refused(sensors, path)
      expect.misuse(function()
        local opened = moonshift.open { database = stores.path(), sensors = sensors }
        return opened
      end, path)
    end
    refused(true, "options.sensors")
    refused("none", "options.sensors")
    refused({ sysf = "/sys" }, "options.sensors.sysf")
    refused({ sysfs = "" }, "options.sensors.sysfs")
    refused({ procfs = 7 }, "options.sensors.procfs")
    refused({ metered = "no" }, "options.sensors.metered")
    refused({ bus = 1 }, "options.sensors.bus")
    refused({ poll = 0 }, "options.sensors.poll")
    refused({ storage = 5 }, "options.sensors.storage")
    refused({ storage = { percent = 101 } }, "options.sensors.storage.percent")
    refused({ storage = { bytes = -1 } }, "options.sensors.storage.bytes")
    refused({ storage = { byte = 1 } }, "options.sensors.storage.byte")
    refused({ idle = { load = "high" } }, "options.sensors.idle.load")
    refused({ idle = { loud = 1 } }, "options.sensors.idle.loud")
  end)
end)
