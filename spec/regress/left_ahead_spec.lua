local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("work that was claimed ahead and does not begin", function()
  after_each(stores.clear)

  it("is given back behind a run that takes long, although nothing else happens", function()
    local manager, path = stores.pool("basic", { threads = 1 })
    local watcher = stores.open { database = path }
    local log, gate = folder.new() .. "/log", folder.new() .. "/gate"
    local requests = {}
    for index = 1, 3 do
      requests[index] = { worker = "gate", input = { log = log, gate = gate } }
    end
    folder.write(gate, "")
    stores.finished(manager, manager:enqueue(requests))
    assert(os.remove(gate))
    local ids = manager:enqueue(requests)
    stores.until_true(watcher, ids, function()
      return #folder.lines(log) == 7 and watcher:count { state = "running" } == 1
    end)
    folder.write(gate, "")
    stores.finished(manager, ids)
  end)

  it("is given back by a host that has something else to do", function()
    local begun
    local host, path = stores.open { workers = {
      note = function()
        return "success"
      end,
      long = function(_, work)
        begun = true
        work:sleep "1h"
      end,
    } }
    local watcher = stores.open { database = path }
    local requests = {}
    for index = 1, 40 do
      requests[index] = { worker = index == 4 and "long" or "note" }
    end
    local ids = assert(host:enqueue(requests))
    repeat
      host:dispatch(1)
    until begun
    stores.until_true(watcher, ids, function()
      return watcher:count { state = "running" } == 1
    end)
  end)
end)
