local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("work that replaces a replacement", function()
  after_each(stores.clear)

  it("waits for the run that the first one still waits for", function()
    local manager = stores.pool("holding", { threads = 3 })
    local log, gate = folder.new() .. "/log", folder.new() .. "/gate"
    local request = { worker = "hold", input = { log = log, gate = gate } }
    local unique = { name = "sync", existing = "replace" }
    local first = manager:enqueue(request, unique)
    stores.until_true(manager, manager:enqueue { worker = "nobody" }, function()
      return folder.read(log) == "begin " .. first .. "\n"
    end)
    manager:enqueue(request, unique)
    local last = manager:enqueue(request, unique)
    -- Another work that was enqueued after it has its turn first.
    stores.result(manager, manager:enqueue { worker = "pass" })
    assert.are.equal("enqueued", manager:find(last).state)
    folder.write(gate, "")
    stores.result(manager, last)
    assert.are.same({ "begin " .. first, "end " .. first, "begin " .. last, "end " .. last },
      folder.lines(log))
  end)
end)
