local command = require "spec.support.command"
local expect = require "spec.support.expect"
local stores = require "spec.support.stores"

describe("closing while the store does not take a result", function()
  local path

  local function sql(text)
    assert.are.equal(0, (command.run(("sqlite3 -cmd '.timeout 5000' %s %s")
      :format(command.quote(path), command.quote(text)))))
  end

  before_each(function()
    path = stores.path()
  end)
  after_each(stores.clear)

  --- Closes behind a run that did the damage, which is not done in order; once it is repaired, the
  --- run counts as crashed.
  local function close_damaged(code, damage, repair)
    local manager = stores.open { database = path, workers = { damage = function()
      sql(damage)
      return "success"
    end } }
    local id = manager:enqueue { worker = "damage" }
    manager:dispatch()
    expect.code(code, manager:close "10ms")
    assert.are.equal("CLOSED", (select(3, manager:find(id))))
    sql(repair)
    local info = stores.open({ database = path }):find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal("crashed", info.stop_reason)
  end

  it("ends although nothing can be read", function()
    close_damaged("CORRUPT", "UPDATE ms_claim SET ids = 'x' || ids, version = version + 1",
      "UPDATE ms_claim SET ids = substr(ids, 2)")
  end)

  it("ends although nothing can be written", function()
    close_damaged("IO",
      "CREATE TRIGGER refuse BEFORE INSERT ON ms_done BEGIN SELECT RAISE(ABORT, 'no'); END",
      "DROP TRIGGER refuse")
  end)
end)
