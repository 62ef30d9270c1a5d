local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("work that is cancelled and goes on running for longer than it is kept", function()
  after_each(stores.clear)

  it("is deleted once its run has ended", function()
    local manager = stores.pool("holding", { retention = 0 })
    local log, gate = folder.new() .. "/log", folder.new() .. "/gate"
    local anchor = manager:enqueue { worker = "nobody" }
    local id = manager:enqueue { worker = "hold", input = { log = log, gate = gate } }
    stores.until_true(manager, anchor, function()
      return folder.read(log)
    end)
    manager:cancel(id)
    assert.are.equal("cancelled", manager:find(id).state)
    folder.write(gate, "")
    stores.until_true(manager, anchor, function()
      return manager:find(id) == nil
    end)
  end)
end)
