local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

describe("a row of moonshift_inbox whose work cannot be written", function()
  after_each(stores.clear)

  it("keeps nothing else from being done, and becomes work when it can", function()
    local troubled = false
    local manager, path = stores.open {
      on_error = function(event)
        troubled = troubled or event.kind == "store"
      end,
    }
    local known = manager:enqueue { worker = "nobody" }
    sql.run(path, [[
      CREATE TRIGGER refuse BEFORE INSERT ON ms_work WHEN NEW.trace = 'refused'
        BEGIN SELECT RAISE(ABORT, 'no'); END;
      INSERT INTO moonshift_inbox (request) VALUES ('{"worker":"nobody","trace":"refused"}');]])
    stores.until_true(manager, known, function()
      return troubled
    end)
    -- The row is tried again now and then, and a call may meet it once.
    local id = manager:enqueue { worker = "nobody" } or manager:enqueue { worker = "nobody" }
    assert.are.equal("enqueued", assert(manager:find(id)).state)
    sql.run(path, "DROP TRIGGER refuse;")
    stores.until_true(manager, known, function()
      return manager:count { all = true } == 3
    end)
    assert.are.same({}, sql.errors(path))
  end)
end)
