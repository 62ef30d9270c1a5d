local child = require "spec.support.child"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

describe("rows of moonshift_inbox", function()
  after_each(function()
    child.clear()
    stores.clear()
  end)

  it("become one work each, also when managers are killed while they take them in", function()
    local manager, path = stores.open()
    manager:close()
    local pipe = sql.start_python(path, [[
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=60)
print("begun", flush=True)
for n in range(300):
    with db:
        db.execute("INSERT INTO moonshift_inbox (request) VALUES (?)",
            ('{"worker":"quick","input":{"n":%d}}' % n,))
]])
    assert.are.equal("begun", pipe:read "*l")
    for _ = 1, 5 do
      local runner = child.start("holder", path)
      runner:expect "open"
      runner:kill()
    end
    assert.are.equal("", pipe:read "*a")
    pipe:close()
    local last = stores.open { database = path }
    assert(last:run "idle")
    local seen = {}
    for _, info in ipairs(last:query { all = true }) do
      assert.is_nil(seen[info.input.n], "row " .. info.input.n .. " came twice")
      seen[info.input.n] = true
    end
    assert.are.equal(300, #last:query { all = true })
    assert.are.same({}, sql.errors(path))
  end)
end)
