local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local moonshift = require "moonshift"
local stores = require "spec.support.stores"

describe("closing a manager", function()
  after_each(stores.clear)

  it("makes every call answer CLOSED", function()
    local manager = stores.open()
    local id = manager:enqueue { worker = "a" }
    manager:close()
    local message = expect.code("CLOSED", manager:enqueue { worker = "a" })
    assert.are.equal("manager is closed", message)
    expect.code("CLOSED", manager:enqueue({ worker = "a" }, { name = "n", existing = "keep" }))
    expect.code("CLOSED", manager:chain { { worker = "a" } })
    expect.code("CLOSED", manager:update(id, { worker = "a" }))
    expect.code("CLOSED", manager:find(id))
    expect.code("CLOSED", manager:query { all = true })
    expect.code("CLOSED", manager:count { all = true })
    expect.code("CLOSED", manager:names())
    expect.code("CLOSED", manager:tags())
    expect.code("CLOSED", manager:cancel(id))
    expect.code("CLOSED", manager:last_cancel_all())
    expect.code("CLOSED", manager:retry(id))
    expect.code("CLOSED", manager:run_now(id))
    expect.code("CLOSED", manager:prune())
    expect.code("CLOSED", manager:why(id))
    expect.code("CLOSED", manager:await(id))
    expect.code("CLOSED", manager:observe(id, print))
    expect.code("CLOSED", manager:set_condition("vpn", true))
    expect.code("CLOSED", manager:conditions())
    expect.code("CLOSED", manager:pause "mail")
    expect.code("CLOSED", manager:resume "mail")
    expect.code("CLOSED", manager:set_queue("mail", { limit = 1 }))
    expect.code("CLOSED", manager:stats())
    expect.code("CLOSED", manager:run())
    expect.code("CLOSED", manager:dispatch())
  end)

  it("twice is fine", function()
    local manager = stores.open()
    manager:close()
    manager:close()
    manager:close "1s"
  end)

  it("gives the attempt of a running work back", function()
    local manager, path = stores.pool "basic"
    local base = folder.new()
    local input = { log = base .. "/log", gate = base .. "/gate" }
    local id = manager:enqueue { worker = "gate", input = input }
    stores.until_true(manager, id, function()
      return #folder.lines(input.log) == 1
    end)
    manager:close()
    assert.are.same({ "begin " .. id, "stopped " .. id .. " shutdown" }, folder.lines(input.log))
    local other = stores.open { database = path }
    local info = other:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal("shutdown", info.stop_reason)
    assert.are.equal(0, info.attempt)
    assert.are.equal(1, info.run)
    assert.is_true(info.due_at <= info.started_at + 60)
  end)

  it("ends a busy loop when the grace is over", function()
    local manager, path = stores.pool "basic"
    local id = manager:enqueue { worker = "busy" }
    stores.until_state(manager, id, "running")
    manager:close "50ms"
    local other = stores.open { database = path }
    assert.are.equal("enqueued", other:find(id).state)
  end)

  it("lets the next manager run what was left", function()
    local manager, path = stores.pool "basic"
    local ids = {}
    for index = 1, 50 do
      ids[index] = manager:enqueue { worker = "succeed" }
    end
    manager:close()
    local other = stores.pool("basic", { database = path })
    stores.finished(other, ids)
    assert.are.equal(50, other:count { state = "succeeded" })
    for _, info in ipairs(other:query(ids)) do
      assert.are.equal(1, info.attempt)
    end
  end)

  it("releases subscriptions without calling them again", function()
    local manager = stores.open()
    local calls = 0
    local subscription = manager:observe({ all = true }, function()
      calls = calls + 1
    end)
    manager:close()
    subscription:close()
    assert.are.equal(0, calls)
  end)

  it("is what the garbage collector does with a forgotten manager", function()
    local path = stores.path()
    do
      local manager = assert(moonshift.open(path))
      manager:enqueue { worker = "later" }
      manager = nil -- luacheck: ignore 311
    end
    collectgarbage()
    collectgarbage()
    local other = stores.open { database = path }
    assert.are.equal(1, other:count { state = "enqueued" })
  end)

  it("is what leaving the scope of a to-be-closed variable does", function()
    local load = loadstring or load
    if _VERSION < "Lua 5.4" then
      return
    end
    local scope = assert(load [[
      local manager = ...
      do
        local closed <close> = manager
      end
      return manager:count { all = true }
    ]])
    expect.code("CLOSED", scope(stores.open()))
  end)
end)
