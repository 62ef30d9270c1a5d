local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

-- The first run goes on although its work was replaced; that the name is still busy stands nowhere
-- but in the work that replaced it and never ran.
describe("work that replaces one that was cancelled before it ran", function()
  after_each(stores.clear)

  local function waits_for_the_first_run(options, delete)
    local manager = stores.pool("holding", options)
    local log, gate = folder.new() .. "/log", folder.new() .. "/gate"
    local request = { worker = "hold", input = { log = log, gate = gate } }
    local unique = { name = "sync", existing = "replace" }
    local first = manager:enqueue(request, unique)
    stores.until_true(manager, manager:enqueue { worker = "nobody" }, function()
      return folder.read(log) == "begin " .. first .. "\n"
    end)
    local second = manager:enqueue(request, unique)
    manager:cancel(second)
    delete(manager)
    local last = manager:enqueue(request, unique)
    stores.result(manager, manager:enqueue { worker = "pass" })
    assert.are.equal("enqueued", manager:find(last).state)
    folder.write(gate, "")
    stores.result(manager, last)
    return manager, second
  end

  it("waits for the first run, also if everything finished is deleted meanwhile", function()
    waits_for_the_first_run({ threads = 3 }, function(manager)
      assert.are.equal(0, manager:prune())
    end)
  end)

  it("waits for it, also if finished works are not kept", function()
    local manager, second = waits_for_the_first_run({ threads = 3, retention = 0 }, function() end)
    stores.until_true(manager, manager:enqueue { worker = "nobody" }, function()
      return not manager:find(second)
    end)
  end)
end)
