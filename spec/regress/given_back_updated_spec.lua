local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

-- Works of a worker that was quick are claimed ahead, and given back when the one before them takes
-- long after all: as if they had never been claimed.
describe("a work that was given back unbegun", function()
  local manager, log, gate

  before_each(function()
    manager = stores.pool("basic", { threads = 1 })
    log, gate = folder.new() .. "/log", folder.new() .. "/gate"
    folder.write(gate, "")
    local quick = {}
    for index = 1, 3 do
      quick[index] = { worker = "gate", input = { log = log, gate = gate } }
    end
    stores.finished(manager, manager:enqueue(quick))
    assert(os.remove(gate))
  end)

  after_each(stores.clear)

  local function request(fields)
    fields.worker = "gate"
    fields.input = { log = log, gate = gate }
    return fields
  end

  local function enqueued(ids, id)
    return stores.until_true(manager, ids, function()
      local begun = folder.lines(log)
      local info = manager:find(id)
      return #begun == 7 and begun[7] == "begin " .. ids[1] and info.state == "enqueued" and info
    end)
  end

  it("keeps the wish that its start would have used up", function()
    local ids = manager:enqueue { request { delay = "1h" }, request { delay = "1h" } }
    local before = manager:find(ids[2]).due_at
    assert.are.equal(2, manager:run_now(ids))
    enqueued(ids, ids[2])
    assert.are.equal("applied_immediately", manager:update(ids[2], request { delay = "2h" }))
    assert.is_true(manager:find(ids[2]).due_at < before)
    folder.write(gate, "")
    assert.are.equal("succeeded", stores.result(manager, ids[2]).state)
  end)

  it("is due by what it was updated to meanwhile", function()
    local ids = manager:enqueue { request {}, request {} }
    manager:update(ids[2], request { delay = "2h" })
    local info = enqueued(ids, ids[2])
    assert.are.equal(info.enqueued_at + 7200, info.due_at)
  end)

  it("fails at once if its deadline has passed meanwhile", function()
    local ids = manager:enqueue { request {}, request { deadline = "10ms" } }
    local info = stores.result(manager, ids[2])
    assert.are.equal("failed", info.state)
    assert.are.equal("running", manager:find(ids[1]).state)
    folder.write(gate, "")
    stores.finished(manager, ids)
  end)
end)
