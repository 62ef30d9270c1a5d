local bench = require "spec.support.bench"
local expect = require "spec.support.expect"
local stores = require "spec.support.stores"

describe("a manager that its observer closes", function()
  after_each(stores.clear)
  after_each(bench.clear)

  local function succeed()
    return "success"
  end

  local function open_and_close()
    local manager = stores.open { database = ":memory:", workers = { succeed = succeed } }
    manager:observe({ all = true }, function()
      manager:close()
    end)
    manager:enqueue { worker = "succeed" }
    return manager
  end

  it("ends dispatch with the number of callbacks until then", function()
    local manager = open_and_close()
    local count
    repeat
      count = manager:dispatch()
    until count ~= 0
    assert.are.equal(1, count)
  end)

  it("ends run and await as closed", function()
    expect.code("CLOSED", open_and_close():run "idle")
    expect.code("CLOSED", open_and_close():await { all = true })
  end)

  for _, ending in ipairs { "close", "crash" } do
    it("by " .. ending .. " starts nothing more in a test", function()
      local manager = bench.open()
      local peer = manager:peer()
      manager:observe({ all = true }, function(event)
        if event.type == "succeeded" then
          manager[ending](manager)
        end
      end)
      manager:enqueue { { worker = "succeed" }, { worker = "succeed" } }
      assert.are.equal(1, manager:run_due())
      assert.are.equal(1, peer:count { state = "succeeded" })
      assert.are.equal(1, peer:run_due())
    end)
  end
end)
