local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("stopping a run on a pool thread", function()
  local manager, base, held

  before_each(function()
    manager = stores.pool("basic", { stop_grace = "200ms" })
    base = folder.new()
    held = { worker = "gate", input = { log = base .. "/log", gate = base .. "/gate" } }
  end)
  after_each(stores.clear)

  local function begun(id)
    stores.until_true(manager, id, function()
      return folder.lines(base .. "/log")[1] == "begin " .. id
    end)
  end

  local function left(id, reason)
    local line = ("stopped %d %s"):format(id, reason)
    -- Cancelled work has finished at once, so something unfinished has to be awaited instead.
    local witness = manager:enqueue { worker = "later" }
    stores.until_true(manager, witness, function()
      local lines = folder.lines(base .. "/log")
      return lines[#lines] == line
    end)
  end

  it("cancel ends the work at once and tells the run why", function()
    local id = manager:enqueue(held)
    begun(id)
    assert.are.equal(1, manager:cancel(id))
    local info = manager:find(id)
    assert.are.equal("cancelled", info.state)
    assert.are.equal("cancelled", info.stop_reason)
    assert.is_number(info.finished_at)
    left(id, "cancelled")
  end)

  it("what a cancelled run returns later changes nothing", function()
    local id = manager:enqueue(held)
    begun(id)
    manager:cancel(id)
    left(id, "cancelled")
    stores.result(manager, manager:enqueue { worker = "succeed" })
    local info = manager:find(id)
    assert.are.equal("cancelled", info.state)
    assert.is_nil(info.output)
  end)

  it("cancel of waiting work leaves no stop reason", function()
    local id = manager:enqueue { worker = "succeed", delay = "1h" }
    manager:cancel(id)
    assert.are.equal("cancelled", manager:find(id).state)
    assert.is_nil(manager:find(id).stop_reason)
  end)

  it("cancel takes the dependents along", function()
    local id = manager:enqueue(held)
    local next_id = manager:enqueue { worker = "succeed", after = { id } }
    local last_id = manager:enqueue { worker = "succeed", after = { next_id } }
    begun(id)
    assert.are.equal(3, manager:cancel(id))
    assert.are.equal("cancelled", manager:find(next_id).state)
    assert.are.equal("cancelled", manager:find(last_id).state)
    assert.is_nil(manager:find(last_id).stop_reason)
  end)

  it("cancel interrupts a loop that never looks, after the grace", function()
    local one = stores.pool("basic", { threads = 1, stop_grace = "50ms" })
    local id = one:enqueue { worker = "busy" }
    stores.until_state(one, id, "running")
    one:cancel(id)
    -- The only thread is free again, or this would never run.
    assert.are.equal("succeeded", stores.result(one, one:enqueue { worker = "succeed" }).state)
  end)

  it("cancel interrupts a loop that catches errors", function()
    local one = stores.pool("basic", { threads = 1, stop_grace = "50ms" })
    local id = one:enqueue { worker = "stubborn" }
    stores.until_state(one, id, "running")
    one:cancel(id)
    assert.are.equal("succeeded", stores.result(one, one:enqueue { worker = "succeed" }).state)
  end)

  it("a timeout ends a sleeping run and counts as an attempt", function()
    held.timeout, held.max_attempts = "50ms", 1
    local info = stores.result(manager, manager:enqueue(held))
    assert.are.equal("failed", info.state)
    assert.are.equal("timeout", info.stop_reason)
    assert.are.equal(1, info.attempt)
    expect.text("max_attempts", info.error)
    left(info.id, "timeout")
  end)

  it("a timeout ends a busy loop", function()
    local id = manager:enqueue { worker = "busy", timeout = "50ms", max_attempts = 1 }
    local info = stores.result(manager, id)
    assert.are.equal("failed", info.state)
    assert.are.equal("timeout", info.stop_reason)
  end)

  it("a timed out run is tried again after its backoff", function()
    local id = manager:enqueue { worker = "busy", timeout = "50ms", max_attempts = 2,
      backoff = { delay = "1ms" } }
    local info = stores.result(manager, id)
    assert.are.equal("failed", info.state)
    assert.are.equal(2, info.attempt)
    assert.are.equal(2, info.run)
  end)

  it("a worker's own timeout holds where the request has none", function()
    local guarded = stores.pool("guarded", { stop_grace = "100ms" })
    local id = guarded:enqueue { worker = "brief", max_attempts = 1 }
    local info = stores.result(guarded, id)
    assert.are.equal("failed", info.state)
    assert.are.equal("timeout", info.stop_reason)
  end)

  it("on_stop is told the reason", function()
    local guarded = stores.pool "guarded"
    local id = guarded:enqueue { worker = "watched", input = { log = base .. "/log" },
      trace = base .. "/log" }
    stores.until_true(guarded, id, function()
      return folder.lines(base .. "/log")[1] == "begin"
    end)
    guarded:cancel(id)
    local witness = guarded:enqueue { worker = "later" }
    stores.until_true(guarded, witness, function()
      return #folder.lines(base .. "/log") >= 3
    end)
    expect.members({ "begin", "told cancelled", "left cancelled" }, folder.lines(base .. "/log"))
  end)

  it("a replaced run ends before the new one starts", function()
    local name = { name = "one at a time", existing = "replace" }
    local first = manager:enqueue(held, name)
    begun(first)
    local second, outcome = manager:enqueue(held, name)
    assert.are.equal("replaced", outcome)
    assert.are.equal("replaced", manager:find(first).stop_reason)
    stores.until_true(manager, second, function()
      return #folder.lines(base .. "/log") == 3
    end)
    assert.are.same({ "begin " .. first, "stopped " .. first .. " replaced", "begin " .. second },
      folder.lines(base .. "/log"))
    folder.write(base .. "/gate", "")
    assert.are.equal("succeeded", stores.result(manager, second).state)
  end)

  it("a lost condition stops the run and gives its attempt back", function()
    manager:set_condition("vpn", true)
    held.constraints = { custom = { "vpn" } }
    local id = manager:enqueue(held)
    begun(id)
    manager:set_condition("vpn", false)
    local info = stores.until_state(manager, id, "enqueued")
    assert.are.equal("constraint:vpn", info.stop_reason)
    assert.are.equal(0, info.attempt)
    assert.are.equal(1, info.run)
    folder.write(base .. "/gate", "")
    manager:set_condition("vpn", true)
    info = stores.result(manager, id)
    assert.are.equal("succeeded", info.state)
    assert.are.equal(1, info.attempt)
    assert.are.equal(2, info.run)
    assert.is_nil(info.stop_reason)
  end)
end)
