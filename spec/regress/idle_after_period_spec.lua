local stores = require "spec.support.stores"
local system = require "system"

describe("run idle", function()
  after_each(stores.clear)

  it("returns as soon as work that goes on to its next period or attempt has ended", function()
    local manager = stores.pool("crowd", { threads = 2 })
    manager:enqueue {
      worker = "turn", every = "1h", input = { log = "/dev/null", takes = "100ms" },
    }
    local start = system.monotime()
    assert(manager:run "idle")
    assert.is_true(system.monotime() - start < stores.patience)
    assert.are.equal(1, manager:count { state = "enqueued" })
  end)
end)
