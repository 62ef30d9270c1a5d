local folder = require "spec.support.folder"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

describe("a prerequisite that succeeds in the turn of a call", function()
  after_each(stores.clear)

  -- The result waits for another program's transaction, and the call comes along in its turn.
  it("counts once for a work of that call", function()
    local manager, path = stores.pool "basic"
    local log, gate = folder.new() .. "/log", folder.new() .. "/gate"
    local later = manager:enqueue { worker = "succeed", delay = "1h" }
    local first = manager:enqueue { worker = "gate", input = { log = log, gate = gate } }
    stores.until_true(manager, first, function()
      return folder.read(log)
    end)
    local ready = folder.new() .. "/ready"
    local pipe = sql.start(path, ("BEGIN IMMEDIATE;\n.shell touch '%s'; sleep 0.5\nCOMMIT;\n")
      :format(ready))
    stores.until_true(manager, first, function()
      return folder.exists(ready)
    end)
    folder.write(gate, "")
    os.execute "sleep 0.1"
    local id = manager:enqueue { worker = "succeed", after = { first, later } }
    pipe:close()
    assert.are.equal("succeeded", stores.result(manager, first).state)
    assert.are.equal("blocked", manager:find(id).state)
  end)
end)
