local stores = require "spec.support.stores"

-- One thread runs quick works faster than one turn each would give them to it, so they are claimed
-- ahead.
describe("a queue that is paused", function()
  after_each(stores.clear)

  -- Whatever has ended before a turn is counted after it.
  local function succeeded(manager)
    manager:cancel(1e9)
    return manager:count { state = "succeeded" }
  end

  local function starts_after_pause(manager, by)
    local requests = {}
    for index = 1, 1200 do
      requests[index] = { worker = "succeed", queue = "narrow" }
    end
    local ids = manager:enqueue(requests)
    stores.until_true(manager, ids, function()
      return manager:find(ids[200]).state == "succeeded"
    end)
    by:pause "narrow"
    succeeded(manager)
    local before = succeeded(manager)
    stores.until_true(manager, ids, function()
      return manager:count { state = "running" } == 0
    end)
    local after = succeeded(manager)
    by:resume "narrow"
    stores.finished(manager, ids)
    return after - before
  end

  local function starts_nothing_more(settings, by)
    local manager, path = stores.pool("basic", { threads = 1, queues = { narrow = settings } })
    for _ = 1, 4 do
      assert.is_true(starts_after_pause(manager, by and by(path) or manager) <= 1)
    end
  end

  it("starts nothing more of what was claimed already", function()
    starts_nothing_more {}
  end)

  it("starts nothing more where it has a limit", function()
    starts_nothing_more { limit = 64 }
  end)

  it("starts nothing more once its process knows that another has paused it", function()
    starts_nothing_more({}, function(path)
      return stores.open { database = path }
    end)
  end)
end)
