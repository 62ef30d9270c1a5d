local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

describe("a process whose claim another one has by now", function()
  after_each(stores.clear)

  it("is told to stop, and cannot record the result of its run", function()
    local reason
    local manager, path = stores.open { workers = { hold = function(_, work)
      reason = "none"
      reason = select(2, work:sleep "1h")
      return "success", { late = true }
    end } }
    local id = manager:enqueue { worker = "hold" }
    stores.until_true(manager, id, function()
      return reason
    end)
    local heir = stores.open { database = path }
    assert.are.equal("", sql.run(path, [[
      UPDATE ms_claim SET version = version + 1, owner = (SELECT max(id) FROM ms_process);
    ]]))
    stores.until_true(manager, manager:enqueue { worker = "nobody" }, function()
      return reason ~= "none"
    end)
    -- This comes in the same turn as the result, or later.
    assert(manager:enqueue { worker = "nobody" })
    assert.are.equal("crashed", reason)
    assert.are.equal("running", heir:find(id).state)
    assert.is_nil(heir:find(id).output)
  end)
end)
