local expect = require "spec.support.expect"
local stores = require "spec.support.stores"

describe("serving", function()
  after_each(stores.clear)

  it("run in mode done returns when no unfinished one-time work is left", function()
    local manager = stores.pool "basic"
    manager:enqueue { { worker = "succeed" }, { worker = "second_time" }, { worker = "fail" } }
    manager:enqueue { worker = "succeed", every = "1h" }
    manager:run "done"
    assert.are.equal(2, manager:count { state = "succeeded" })
    assert.are.equal(1, manager:count { state = "failed" })
    assert.are.equal(1, manager:count { state = "enqueued" })
  end)

  it("run in mode idle returns when all that is left waits for time or a condition", function()
    local manager = stores.pool "basic"
    local ids = manager:enqueue {
      { worker = "succeed" }, { worker = "succeed", delay = "1h" },
      { worker = "succeed", constraints = { custom = { "vpn" } } },
    }
    manager:run "idle"
    assert.are.equal("succeeded", manager:find(ids[1]).state)
    assert.are.equal("enqueued", manager:find(ids[2]).state)
    assert.are.equal("enqueued", manager:find(ids[3]).state)
  end)

  it("run on an empty store returns at once in both modes", function()
    local manager = stores.pool "basic"
    manager:run "idle"
    manager:run "done"
  end)

  it("an unknown mode raises", function()
    local manager = stores.pool "basic"
    expect.misuse(function()
      local ok = manager:run "forever"
      return ok
    end, "forever")
  end)

  it("stop ends run from a callback", function()
    local manager = stores.pool "basic"
    manager:observe({ state = "succeeded" }, function()
      manager:stop()
    end)
    manager:enqueue { worker = "succeed" }
    manager:run()
    assert.are.equal(1, manager:count { state = "succeeded" })
  end)

  it("dispatch without anything to do delivers nothing and returns", function()
    local manager = stores.open()
    assert.are.equal(0, manager:dispatch())
  end)

  it("dispatch delivers no more than it is told to", function()
    local manager = stores.open()
    local calls = 0
    manager:observe({ all = true }, function()
      calls = calls + 1
    end)
    manager:enqueue { { worker = "later" }, { worker = "later" }, { worker = "later" } }
    assert.are.equal(2, manager:dispatch(2))
    assert.are.equal(2, calls)
    manager:dispatch()
    assert.are.equal(3, calls)
  end)

  it("the descriptor is readable while callbacks wait, for any loop that selects", function()
    local socket = require "socket"
    local manager = stores.open { workers = {
      hello = function()
        return "success"
      end,
    } }
    assert.is_number(manager:pollfd())
    assert.are.equal(manager:pollfd(), manager:getfd())
    assert.are.equal("r", manager:events())
    local id = manager:enqueue { worker = "hello" }
    local source = { getfd = function() return manager:getfd() end }
    for _ = 1, 1000 do
      if manager:find(id).state == "succeeded" then
        break
      end
      local wait = manager:timeout()
      assert.is_true(wait == nil or wait >= 0)
      socket.select({ source }, nil, math.min(wait or 1, 1))
      manager:dispatch()
    end
    assert.are.equal("succeeded", manager:find(id).state)
  end)

  it("timeout says nothing when there is nothing to wait for", function()
    local manager = stores.open()
    manager:dispatch()
    assert.is_nil(manager:timeout())
  end)
end)
