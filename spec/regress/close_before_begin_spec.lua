local stores = require "spec.support.stores"

describe("work that shows as running when its manager is closed", function()
  after_each(stores.clear)

  it("is stopped with reason shutdown, also if no thread has begun it yet", function()
    for _ = 1, 20 do
      local manager, path = stores.pool("basic", { threads = 1 })
      local id = manager:enqueue {
        worker = "gate", input = { log = "/dev/null", gate = path .. "-gate" },
      }
      assert.are.equal("running", manager:find(id).state)
      manager:close()
      local info = stores.open({ database = path }):find(id)
      assert.are.equal("enqueued", info.state)
      assert.are.equal("shutdown", info.stop_reason)
      assert.are.equal(0, info.attempt)
      assert.are.equal(1, info.run)
    end
  end)
end)
