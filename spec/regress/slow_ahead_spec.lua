local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

-- Quick works are claimed ahead. What is claimed ahead can begin nowhere else, and `why` knows no
-- reason why it has not begun.
describe("while the only thread runs quick works", function()
  after_each(stores.clear)

  local function claimed_behind(request)
    local manager = stores.pool("basic", { threads = 1 })
    local log, gate = folder.new() .. "/log", folder.new() .. "/gate"
    local slow = { worker = "gate", input = { log = log, gate = gate } }
    local quick = {}
    for index = 1, 100 do
      quick[index] = { worker = "succeed" }
    end
    stores.finished(manager, manager:enqueue(quick))
    local before = manager:stats().claims
    local ids = manager:enqueue { slow, request or slow, { worker = "succeed" } }
    stores.until_true(manager, ids, function()
      return folder.read(log)
    end)
    local claims = manager:stats().claims - before
    local why = manager:why(ids[2])
    folder.write(gate, "")
    stores.finished(manager, ids)
    return claims, why
  end

  it("no work of a worker that is not known to be quick is claimed ahead", function()
    for _ = 1, 3 do
      local claims, why = claimed_behind()
      assert.are.equal(1, claims)
      assert.are.equal("threads_busy", why[1] and why[1].kind)
    end
  end)

  it("no quick work is claimed behind one that is not", function()
    for _ = 1, 3 do
      local claims, why = claimed_behind { worker = "succeed" }
      assert.are.equal(1, claims)
      assert.are.equal("threads_busy", why[1] and why[1].kind)
    end
  end)
end)

describe("what was claimed ahead behind a run that takes long after all", function()
  after_each(stores.clear)

  it("is given back although somebody has begun to observe meanwhile", function()
    local manager = stores.pool("basic", { threads = 1 })
    local log, gate = folder.new() .. "/log", folder.new() .. "/gate"
    local requests = {}
    for index = 1, 3 do
      requests[index] = { worker = "gate", input = { log = log, gate = gate } }
    end
    folder.write(gate, "")
    stores.finished(manager, manager:enqueue(requests))
    assert(os.remove(gate))
    local ids = manager:enqueue(requests)
    manager:observe(ids[1], function() end)
    stores.until_true(manager, ids, function()
      return #folder.lines(log) == 7 and manager:find(ids[3]).state == "enqueued"
    end)
    folder.write(gate, "")
    stores.finished(manager, ids)
  end)
end)
