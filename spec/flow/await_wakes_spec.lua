local core = require "moonshift.core"
local stores = require "spec.support.stores"

describe("a host that awaits works by their ids", function()
  local unfinished = core.unfinished
  local asked

  before_each(function()
    asked = 0
    function core.unfinished(...)
      asked = asked + 1
      return unfinished(...)
    end
  end)

  after_each(function()
    core.unfinished = unfinished
    stores.clear()
  end)

  local function chain_of(count)
    local requests = {}
    for index = 1, count do
      requests[index] = { worker = "succeed" }
    end
    return requests
  end

  it("is not woken by the end of others", function()
    local manager = stores.pool "basic"
    local ids = manager:chain(chain_of(200))
    local infos = manager:await(ids[200], "60s")
    assert.are.equal("succeeded", infos[1].state)
    assert.is_true(asked <= 10, "asked " .. asked .. " times")
  end)

  it("is not woken by each of many that it awaits", function()
    local manager = stores.pool "basic"
    local infos = manager:await(manager:chain(chain_of(200)), "60s")
    assert.are.equal(200, #infos)
    assert.is_true(asked <= 10, "asked " .. asked .. " times")
  end)

  it("hears of the end of each, in whatever order they end", function()
    local manager = stores.pool "basic"
    local ids = {}
    for index, delay in ipairs { "30ms", "60ms", "0s", "1ms" } do
      ids[index] = manager:enqueue { worker = "succeed", delay = delay }
    end
    for _, info in ipairs(assert(manager:await(ids, "60s"))) do
      assert.are.equal("succeeded", info.state)
    end
  end)
end)
