local stores = require "spec.support.stores"

describe("work that was claimed ahead and is cancelled while it is taken back", function()
  after_each(stores.clear)

  it("leaves the pool able to run", function()
    local manager = stores.pool("crowd", { threads = 1 })
    local quick, slow = {}, {}
    for index = 1, 200 do
      quick[index] = { worker = "quick" }
    end
    for index = 1, 40 do
      slow[index] = { worker = "turn", input = { log = "/dev/null", takes = "30ms" } }
    end
    -- Each round cancels at another distance from the moment of taking back.
    for round = 1, 12 do
      manager:enqueue(quick)
      local ids = manager:enqueue(slow)
      manager:await(ids[1], (12 + round) / 1000)
      manager:cancel(ids)
      local last = manager:enqueue { worker = "quick" }
      assert.are.equal("succeeded", stores.result(manager, last).state)
    end
  end)
end)
