local bench = require "spec.support.bench"

describe("at one moment", function()
  after_each(bench.clear)

  it("retention comes after all that starts", function()
    local manager = bench.open { retention = 10 }
    manager:enqueue { worker = "succeed" }
    manager:enqueue { worker = "succeed", delay = 10 }
    manager:run_due()
    local order = {}
    manager:observe({ all = true }, function(event)
      order[#order + 1] = event.type .. " " .. event.work.id
    end)
    manager:dispatch()
    order = {}
    assert.are.equal(1, manager:advance(10))
    assert.are.same({ "started 2", "succeeded 2", "removed 1" }, order)
  end)

  it("a work that starts may still see what is deleted then", function()
    local seen
    local manager
    manager = bench.open { retention = 10, workers = {
      look = function()
        seen = manager:find(1)
        return "success"
      end,
    } }
    manager:enqueue { worker = "succeed" }
    manager:run_due()
    manager:enqueue { worker = "look", delay = 10 }
    manager:advance(10)
    assert.are.equal("succeeded", seen.state)
    assert.is_nil(manager:find(1))
  end)
end)
