local expect = require "spec.support.expect"
local stores = require "spec.support.stores"

describe("observing", function()
  local manager

  before_each(function()
    manager = stores.pool "basic"
  end)
  after_each(stores.clear)

  it("gives the snapshot first and then every change in order", function()
    local id = manager:enqueue { worker = "second_time", delay = "1h" }
    local types = {}
    manager:observe(id, function(event)
      types[#types + 1] = event.type
      assert.are.equal(id, event.work.id)
      assert.is_number(event.time)
    end)
    manager:run_now(id)
    stores.result(manager, id)
    manager:dispatch()
    assert.are.same({ "snapshot", "started", "retried", "started", "succeeded" },
      { types[1], types[#types - 3], types[#types - 2], types[#types - 1], types[#types] })
  end)

  it("gives one snapshot for each matching work", function()
    local ids = manager:enqueue { { worker = "later" }, { worker = "later" }, { worker = "other" } }
    local seen = {}
    manager:observe({ worker = "later" }, function(event)
      assert.are.equal("snapshot", event.type)
      seen[#seen + 1] = event.work.id
    end)
    manager:dispatch()
    assert.are.same({ ids[1], ids[2] }, seen)
  end)

  it("an id that does not exist yet is fine", function()
    local next_id = manager:enqueue { worker = "later" } + 1
    local types = {}
    manager:observe(next_id, function(event)
      types[#types + 1] = event.type
    end)
    local id = manager:enqueue { worker = "succeed" }
    assert.are.equal(next_id, id)
    stores.result(manager, id)
    manager:dispatch()
    assert.are.same({ "enqueued", "started", "succeeded" }, types)
  end)

  it("the event carries the work as it was at that change", function()
    local states = {}
    local id = manager:enqueue { worker = "later" } + 1
    manager:observe(id, function(event)
      states[#states + 1] = event.type .. " " .. event.work.state .. " " .. event.work.attempt
    end)
    manager:enqueue { worker = "echo", input = { x = 1 } }
    stores.result(manager, id)
    manager:dispatch()
    assert.are.same({ "enqueued enqueued 0", "started running 1", "succeeded succeeded 1" }, states)
  end)

  it("ends when the subscription is closed, also inside the callback", function()
    local calls = 0
    local subscription
    subscription = manager:observe({ all = true }, function()
      calls = calls + 1
      subscription:close()
    end)
    manager:enqueue { { worker = "later" }, { worker = "later" } }
    manager:dispatch()
    manager:dispatch()
    assert.are.equal(1, calls)
    subscription:close()
  end)

  it("an error in an observer goes to on_error and harms nothing else", function()
    local errors = {}
    local other = stores.pool("basic", { on_error = function(event)
      errors[#errors + 1] = event
    end })
    local calls = 0
    other:observe({ all = true }, function()
      error "the observer is broken"
    end)
    other:observe({ all = true }, function()
      calls = calls + 1
    end)
    local id = other:enqueue { worker = "succeed" }
    assert.are.equal("succeeded", stores.result(other, id).state)
    other:dispatch()
    assert.are.equal(3, calls)
    assert.is_true(#errors >= 1)
    expect.text("the observer is broken", errors[1].message)
  end)

  it("changes by another manager arrive too", function()
    local watcher, path = stores.open()
    local actor = stores.open { database = path }
    local id = actor:enqueue { worker = "later" }
    local types = {}
    watcher:observe(id, function(event)
      types[#types + 1] = event.type
    end)
    watcher:dispatch()
    actor:cancel(id)
    stores.until_true(watcher, watcher:enqueue { worker = "later" }, function()
      return types[#types] == "cancelled"
    end)
  end)

  it("an observer may enqueue, cancel and query", function()
    local follow
    local id = manager:enqueue { worker = "later" }
    manager:observe(id, function(event)
      if event.type == "cancelled" then
        follow = manager:enqueue { worker = "succeed", input = { after = event.work.id } }
      elseif event.type == "snapshot" then
        assert.are.equal(1, manager:cancel(id))
      end
    end)
    stores.finished(manager, id)
    stores.until_true(manager, id, function()
      return follow
    end)
    assert.are.equal("succeeded", stores.result(manager, follow).state)
  end)
end)
