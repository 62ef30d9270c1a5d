local expect = require "spec.support.expect"
local stores = require "spec.support.stores"
local folder = require "spec.support.folder"

describe("a worker on a pool thread", function()
  local manager

  before_each(function()
    manager = stores.pool "basic"
  end)
  after_each(stores.clear)

  local function result(request)
    local id = assert(manager:enqueue(request))
    return stores.result(manager, id)
  end

  it("that returns success makes its work succeed", function()
    local info = result { worker = "succeed" }
    assert.are.equal("succeeded", info.state)
    assert.are.equal("success", info.outcome)
    assert.is_nil(info.output)
    assert.is_nil(info.error)
    assert.are.equal(1, info.attempt)
    assert.are.equal(1, info.run)
    assert.is_true(info.enqueued_at <= info.started_at)
    assert.is_true(info.started_at <= info.finished_at)
    assert.is_nil(info.due_at)
  end)

  it("that returns failure makes its work fail, with the output", function()
    local info = result { worker = "fail", input = { output = { status = 404 } } }
    assert.are.equal("failed", info.state)
    assert.are.equal("failure", info.outcome)
    assert.are.same({ status = 404 }, info.output)
  end)

  it("that raises fails its work, keeping message and traceback", function()
    local info = result { worker = "raise" }
    assert.are.equal("failed", info.state)
    assert.are.equal("failure", info.outcome)
    local first = info.error:match "^[^\n]*"
    expect.text("the boiler is cold", first)
    expect.text("basic.lua:", first)
    expect.text("traceback", info.error)
    expect.text("explode", info.error)
    assert.is_nil(info.output)
  end)

  it("that raises a table fails its work, and the error is still text", function()
    local info = result { worker = "raise_table" }
    assert.are.equal("failed", info.state)
    assert.is_string(info.error)
  end)

  it("that returns no value fails its work and the error says so", function()
    local info = result { worker = "nothing" }
    assert.are.equal("failed", info.state)
    assert.is_truthy(#info.error > 0)
  end)

  it("that returns an unknown word fails its work and the error names it", function()
    local info = result { worker = "unknown" }
    assert.are.equal("failed", info.state)
    expect.text("splendid", info.error)
  end)

  it("that returns retry runs again, after the time it asked for", function()
    local info = result { worker = "second_time" }
    assert.are.equal("succeeded", info.state)
    assert.are.same({ attempt = 2, run = 2 }, info.output)
    assert.are.equal(2, info.attempt)
  end)

  it("that returns retry waits for backoff in between", function()
    local id = manager:enqueue { worker = "again", backoff = { delay = "1h" } }
    local info = stores.until_true(manager, id, function()
      local now = manager:find(id)
      return now.attempt == 1 and now.state == "enqueued" and now
    end)
    local wait = info.due_at - info.started_at
    assert.is_true(wait >= 3599 and wait <= 3660)
    assert.is_nil(info.outcome)
  end)

  it("fails when max_attempts is used up", function()
    local info = result { worker = "again", input = { after = "1ms" }, max_attempts = 3 }
    assert.are.equal("failed", info.state)
    assert.are.equal(3, info.attempt)
    expect.text("max_attempts", info.error)
  end)

  it("is told everything about its run", function()
    local id = manager:enqueue({ worker = "facts", tags = { "x", "y" }, queue = "mail",
      trace = "trace me" }, { name = "facts", existing = "keep" })
    assert.are.same({
      id = id, worker = "facts", attempt = 1, run = 1, tags = { "x", "y" }, name = "facts",
      queue = "mail", generation = 0, trace = "trace me",
    }, stores.result(manager, id).output)
  end)

  it("finds that nobody stopped it", function()
    local log = folder.new() .. "/log"
    folder.write(log, "")
    local info = result { worker = "gate", input = { log = log, gate = log } }
    assert.is_true(info.output.stopped)
  end)

  it("may log", function()
    assert.are.equal("succeeded", result({ worker = "logs" }).state)
  end)

  it("leaves its last progress readable while it runs", function()
    local gate = folder.new() .. "/gate"
    local id = manager:enqueue { worker = "progress", input = { steps = 500, gate = gate } }
    stores.until_true(manager, id, function()
      local info = manager:find(id)
      return info.progress and info.progress.step == 500
    end)
    folder.write(gate, "")
    local info = stores.result(manager, id)
    assert.are.equal("succeeded", info.state)
    assert.is_nil(info.progress)
  end)

  it("that ends on one thread leaves the thread to the next work", function()
    local one = stores.pool("basic", { threads = 1 })
    local requests = {}
    for index = 1, 200 do
      requests[index] = { worker = index % 5 == 0 and "raise" or "echo", input = { index = index } }
    end
    local ids = one:enqueue(requests)
    stores.finished(one, ids)
    assert.are.equal(160, one:count { state = "succeeded" })
    assert.are.equal(40, one:count { state = "failed" })
    for index, info in ipairs(one:query(ids)) do
      if index % 5 ~= 0 then
        assert.are.same({ echo = { index = index } }, info.output)
      end
    end
  end)

  it("runs at the same time as others, as many as there are threads", function()
    local base = folder.new()
    local request = { worker = "gate", input = { log = base .. "/log", gate = base .. "/gate" } }
    local ids = manager:enqueue { request, request, request }
    stores.until_true(manager, ids, function()
      return #folder.lines(base .. "/log") == 2
    end)
    assert.are.equal(2, manager:count { state = "running" })
    assert.are.equal(1, manager:count { state = "enqueued" })
    folder.write(base .. "/gate", "")
    stores.finished(manager, ids)
    assert.are.equal(3, manager:count { state = "succeeded" })
  end)

  it("a name that no manager knows stays enqueued until one does", function()
    local one, path = stores.pool "basic"
    local unknown = one:enqueue { worker = "hold" }
    local known = one:enqueue { worker = "succeed" }
    stores.result(one, known)
    assert.are.equal("enqueued", one:find(unknown).state)
    assert.are.equal("no_runner", one:why(unknown)[1].kind)
    one:close()
    local ran = false
    local other = stores.open { database = path, workers = {
      hold = function()
        ran = true
        return "success"
      end,
    } }
    assert.are.equal("succeeded", stores.result(other, unknown).state)
    assert.is_true(ran)
  end)

  it("a client without workers runs nothing", function()
    local client = stores.open()
    local id = client:enqueue { worker = "succeed" }
    expect.code("TIMEOUT", client:await(id, "50ms"))
    assert.are.equal("enqueued", client:find(id).state)
  end)

  it("a client awaits what another manager runs", function()
    local runner, path = stores.pool "basic"
    local client = stores.open { database = path }
    local id = client:enqueue { worker = "echo", input = { x = 1 } }
    assert.are.same({ echo = { x = 1 } }, stores.result(client, id).output)
    assert.are.equal(1, runner:count { state = "succeeded" })
  end)
end)
