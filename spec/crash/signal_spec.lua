local child = require "spec.support.child"
local stores = require "spec.support.stores"

describe("a process that is asked to end", function()
  after_each(function()
    child.clear()
    stores.clear()
  end)

  for _, name in ipairs { "INT", "TERM" } do
    it("by SIG" .. name .. " returns from run and gives its attempts back", function()
      local manager, path = stores.open()
      local id = manager:enqueue { worker = "hold" }
      local holder = child.start("holder", path)
      holder:expect "open"
      holder:expect(("begin %d attempt 1 run 1"):format(id))
      holder:signal(name)
      holder:expect "closed"
      local info = manager:find(id)
      assert.are.equal("enqueued", info.state)
      assert.are.equal("shutdown", info.stop_reason)
      assert.are.equal(0, info.attempt)
      assert.are.equal(1, info.run)
    end)

    it("by SIG" .. name .. " while nothing runs returns from run at once", function()
      local manager, path = stores.open()
      local id = manager:enqueue { worker = "pass" }
      local holder = child.start("holder", path)
      holder:expect "open"
      holder:expect "passed"
      stores.result(manager, id)
      holder:signal(name)
      holder:expect "closed"
    end)
  end

  it("leaves the work it gave back to another process", function()
    local manager, path = stores.open()
    local id = manager:enqueue { worker = "hold" }
    local holder = child.start("holder", path)
    holder:expect "open"
    holder:expect(("begin %d attempt 1 run 1"):format(id))
    local heir = child.start("holder", path)
    heir:expect "open"
    holder:signal "TERM"
    holder:expect "closed"
    heir:expect(("begin %d attempt 1 run 2"):format(id))
  end)
end)

describe("a process that is frozen", function()
  after_each(function()
    child.clear()
    stores.clear()
  end)

  it("keeps its work, for it is alive, and goes on when it is thawed", function()
    local manager, path = stores.open()
    local id = manager:enqueue { worker = "hold" }
    local holder = child.start("holder", path)
    holder:expect "open"
    holder:expect(("begin %d attempt 1 run 1"):format(id))
    holder:signal "STOP"
    local other = stores.open { database = path }
    assert.are.equal("running", other:find(id).state)
    holder:signal "CONT"
    assert.are.equal(1, other:cancel(id))
    local next_id = other:enqueue { worker = "hold" }
    holder:expect(("begin %d attempt 1 run 1"):format(next_id))
  end)
end)
