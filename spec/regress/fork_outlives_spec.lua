local child = require "spec.support.child"
local stores = require "spec.support.stores"

describe("a process that is killed while a fork's child of it lives on", function()
  after_each(function()
    child.clear()
    stores.clear()
  end)

  it("leaves its running work to others at once", function()
    local manager, path = stores.open()
    local id = manager:enqueue { worker = "fork" }
    local forker = child.start("forker", path)
    local survivor = assert(tonumber(forker:line()))
    forker:kill()
    local info = stores.until_state(manager, id, "enqueued")
    os.execute("kill -9 " .. survivor)
    assert.are.equal("crashed", info.stop_reason)
  end)
end)
