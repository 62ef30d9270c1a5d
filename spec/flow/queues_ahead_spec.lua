local stores = require "spec.support.stores"

-- One thread runs quick works faster than one turn each would give them to it.
describe("quick works of a queue", function()
  after_each(stores.clear)

  local function finished(manager, count)
    local requests = {}
    for index = 1, count do
      requests[index] = { worker = "succeed", queue = "narrow" }
    end
    local commits = manager:stats().commits
    local ids = manager:enqueue(requests)
    stores.finished(manager, ids)
    return ids, manager:stats().commits - commits
  end

  it("with a limit are claimed several at once", function()
    local manager = stores.pool("basic", { threads = 1, queues = { narrow = { limit = 8 } } })
    local _, commits = finished(manager, 400)
    assert.is_true(commits < 300, "commits: " .. commits)
  end)

  it("with a limit of one start one by one", function()
    local manager = stores.pool("basic", { threads = 2, queues = { narrow = { limit = 1 } } })
    local _, commits = finished(manager, 20)
    assert.is_true(commits >= 19, "commits: " .. commits)
  end)

  it("with a rate start as often as it says", function()
    local manager = stores.pool("basic", { threads = 1, queues = { narrow = { rate = "40/s" } } })
    local starts = {}
    for index, id in ipairs((finished(manager, 90))) do
      starts[index] = manager:find(id).started_at
    end
    table.sort(starts)
    for index = 41, #starts do
      local apart = starts[index] - starts[index - 40]
      assert.is_true(apart >= 0.5, ("%d is only %.3f s behind"):format(index, apart))
    end
  end)
end)
