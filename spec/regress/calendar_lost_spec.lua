local command = require "spec.support.command"
local expect = require "spec.support.expect"
local stores = require "spec.support.stores"

describe("periodic work whose calendar cannot be read any more", function()
  after_each(stores.clear)

  it("fails at the end of its run and holds up nothing else", function()
    local path = stores.path()
    local manager = stores.open { database = path, workers = {
      lose = function()
        local sql = "UPDATE ms_work SET zone = 'Nowhere/At_All';"
          .. "UPDATE ms_claim SET version = version + 1"
        assert.are.equal(0, (command.run(("sqlite3 -cmd '.timeout 5000' %s %s")
          :format(command.quote(path), command.quote(sql)))))
        return "success"
      end,
      succeed = function()
        return "success"
      end,
    } }
    local id = manager:enqueue { worker = "lose", cron = "0 0 1 1 *", zone = "Europe/Berlin" }
    manager:run_now(id)
    manager:dispatch()
    local other = manager:enqueue { worker = "succeed" }
    assert.are.equal("succeeded", stores.result(manager, other).state)
    local info = stores.result(manager, id)
    assert.are.equal("failed", info.state)
    expect.text("Nowhere/At_All", info.error)
    assert.are.equal("CORRUPT", (select(3, manager:retry(id))))
    assert.are.equal("failed", manager:find(id).state)
  end)
end)
