local stores = require "spec.support.stores"
local system = require "system"

describe("a rate", function()
  after_each(stores.clear)

  it("counts a start from when it begins, however long ago it was claimed", function()
    local manager = stores.open {
      queues = { narrow = { rate = "3/s" } },
      workers = {
        note = function()
          return "success"
        end,
      },
    }
    local requests = {}
    for index = 1, 6 do
      requests[index] = { worker = "note", queue = "narrow" }
    end
    local ids = manager:enqueue(requests)
    -- A host that asks again at once is given more than one work, which begin as it comes to them.
    for _ = 1, 2 do
      manager:dispatch(1)
    end
    system.sleep(0.01)
    local starts = {}
    for index, info in ipairs(stores.finished(manager, ids)) do
      starts[index] = info.started_at * 1000
    end
    table.sort(starts)
    for index = 4, 6 do
      assert.is_true(starts[index] - starts[index - 3] > 999)
    end
  end)
end)
