local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("a pool with one thread", function()
  local manager, log

  before_each(function()
    manager = stores.pool("basic", { threads = 1 })
    log = folder.new() .. "/log"
  end)
  after_each(stores.clear)

  -- The queue is paused while the requests come in, so that only the rules decide the order.
  local function order_of(requests)
    manager:pause "line"
    for index, request in ipairs(requests) do
      request.worker, request.queue = "note", "line"
      request.input = { log = log, text = tostring(index) }
    end
    local ids = manager:enqueue(requests)
    manager:resume "line"
    stores.finished(manager, ids)
    return table.concat(folder.lines(log), " ")
  end

  it("runs equal work in the order it came", function()
    assert.are.equal("1 2 3 4 5 6", order_of { {}, {}, {}, {}, {}, {} })
  end)

  it("runs higher priority first, expedited before all", function()
    assert.are.equal("5 2 4 1 3", order_of {
      { priority = 0 }, { priority = 10 }, { priority = -10 }, { priority = 5 },
      { expedited = true, priority = -100 },
    })
  end)

  it("paused queues hold everything, others go on", function()
    manager:pause "line"
    local held = manager:enqueue { worker = "succeed", queue = "line", expedited = true }
    local free = manager:enqueue { worker = "succeed" }
    stores.result(manager, free)
    assert.are.equal("enqueued", manager:find(held).state)
    manager:resume "line"
    assert.are.equal("succeeded", stores.result(manager, held).state)
  end)
end)

describe("a queue", function()
  after_each(stores.clear)

  it("never runs more at once than its limit, over all managers of the store", function()
    local one, path = stores.pool("crowd", { threads = 3, queues = { narrow = { limit = 2 } } })
    local other = stores.pool("crowd", { threads = 3, database = path })
    local log = folder.new() .. "/log"
    local requests = {}
    for index = 1, 40 do
      requests[index] = { worker = "turn", queue = "narrow", input = { log = log } }
    end
    stores.finished(one, one:enqueue(requests))
    local running, most = 0, 0
    for _, line in ipairs(folder.lines(log)) do
      running = running + (line:find "^begin" and 1 or -1)
      most = math.max(most, running)
    end
    assert.are.equal(0, running)
    assert.is_true(most <= 2, "ran at once: " .. most)
    other:close()
  end)

  it("keeps its settings across close and open", function()
    local one, path = stores.open()
    one:pause "mail"
    one:close()
    local other = stores.pool("basic", { database = path })
    local held = other:enqueue { worker = "succeed", queue = "mail" }
    stores.result(other, other:enqueue { worker = "succeed" })
    assert.are.equal("enqueued", other:find(held).state)
    assert.are.equal("queue_paused", other:why(held)[1].kind)
  end)
end)

describe("work that waits for a thread or a name", function()
  after_each(stores.clear)

  it("says that the threads are busy", function()
    local manager = stores.pool("basic", { threads = 1 })
    local base = folder.new()
    local request = { worker = "gate", input = { log = base .. "/log", gate = base .. "/gate" } }
    local first = manager:enqueue(request)
    stores.until_true(manager, first, function()
      return #folder.lines(base .. "/log") == 1
    end)
    local second = manager:enqueue(request)
    local reasons = manager:why(second)
    assert.are.equal(1, #reasons)
    assert.are.equal("threads_busy", reasons[1].kind)
    assert.are.equal("enqueued", manager:find(second).state)
  end)

  it("says that its name is busy while the run it replaces has not ended", function()
    local manager = stores.pool("basic", { threads = 2, stop_grace = "1m" })
    local name = { name = "one", existing = "replace" }
    local log = folder.new() .. "/log"
    local first = manager:enqueue({ worker = "deaf", input = { log = log } }, name)
    stores.until_true(manager, first, function()
      return folder.exists(log)
    end)
    local second = manager:enqueue({ worker = "succeed" }, name)
    local reasons = manager:why(second)
    assert.are.equal(1, #reasons)
    assert.are.equal("name_busy", reasons[1].kind)
    assert.are.equal("cancelled", manager:find(first).state)
    manager:close "10ms"
  end)
end)

describe("time on a real clock", function()
  after_each(stores.clear)

  it("delayed work does not start before its time, and then does", function()
    local manager = stores.pool "basic"
    local id = manager:enqueue { worker = "succeed", delay = "150ms" }
    local info = stores.result(manager, id)
    assert.is_true(info.started_at >= info.enqueued_at + 0.149)
  end)

  it("work at a time does not start before it", function()
    local manager = stores.pool "basic"
    local at = require("system").gettime() + 0.2
    local info = stores.result(manager, manager:enqueue { worker = "succeed", at = at })
    assert.is_true(info.started_at >= at - 0.002)
  end)

  it("work at a time in the past runs now", function()
    local manager = stores.pool "basic"
    local id = manager:enqueue { worker = "succeed", at = "2001-01-01T00:00:00Z" }
    assert.are.equal("succeeded", stores.result(manager, id).state)
  end)

  it("a chain passes outputs on to the next stage", function()
    local manager = stores.pool "basic"
    local ids = manager:chain {
      { { worker = "fail_not" }, { worker = "echo", input = { x = 1 } } },
      { worker = "echo" },
    }
    manager:cancel(ids[1][1])
    assert.are.equal("cancelled", manager:find(ids[2]).state)
    ids = manager:chain { { worker = "echo", input = { x = 1 } }, { worker = "echo" } }
    assert.are.same({ echo = { echo = { x = 1 } } }, stores.result(manager, ids[2]).output)
  end)

  it("finished work is deleted once its retention is over", function()
    local manager = stores.pool("basic", { retention = "50ms" })
    local id = manager:enqueue { worker = "succeed" }
    local witness = manager:enqueue { worker = "later" }
    stores.until_true(manager, witness, function()
      return manager:find(id) == nil
    end)
    assert.is_not_nil(manager:find(witness))
  end)
end)

describe("stats", function()
  after_each(stores.clear)

  it("are a table", function()
    local manager = stores.pool "basic"
    stores.result(manager, manager:enqueue { worker = "succeed" })
    assert.is_table(manager:stats())
  end)

  it("tell how long the longest turn took", function()
    local manager = stores.open()
    local requests = {}
    for index = 1, 10000 do
      requests[index] = { worker = "succeed" }
    end
    assert(manager:enqueue(requests))
    assert.is_true(manager:stats().longest_turn_ms > 0)
  end)
end)
