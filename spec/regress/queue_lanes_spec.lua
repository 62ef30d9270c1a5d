local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("works of one queue that differ in priority", function()
  after_each(stores.clear)

  local function most_at_once(log)
    local running, most = 0, 0
    for _, line in ipairs(folder.lines(log)) do
      running = running + (line:find "^begin" and 1 or -1)
      most = math.max(most, running)
    end
    return most
  end

  it("share the queue's limit", function()
    local manager = stores.pool("crowd", { threads = 3, queues = { narrow = { limit = 1 } } })
    local log = folder.new() .. "/log"
    local requests = {}
    for index = 1, 20 do
      requests[index] = {
        worker = "turn", queue = "narrow", priority = index % 5, input = { log = log },
      }
    end
    stores.finished(manager, manager:enqueue(requests))
    assert.are.equal(1, most_at_once(log))
  end)

  it("share the queue's rate", function()
    local manager = stores.pool("crowd", { threads = 3, queues = { slow = { rate = "2/d" } } })
    local requests = {}
    for index = 1, 6 do
      requests[index] = { worker = "quick", queue = "slow", priority = index }
    end
    local ids = manager:enqueue(requests)
    stores.finished(manager, { ids[6], ids[5] })
    assert.are.equal(2, manager:count { state = "succeeded" })
    assert.are.equal(4, manager:count { state = "enqueued" })
  end)
end)
