local child = require "spec.support.child"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("two managers of one process on one store", function()
  local runner, client, path

  before_each(function()
    runner, path = stores.pool("basic", { threads = 1 })
    client = stores.open { database = path }
  end)
  after_each(function()
    child.clear()
    stores.clear()
  end)

  it("run each other's work, and whoever waits for it hears of its end", function()
    for _ = 1, 20 do
      local id = client:enqueue { worker = "succeed" }
      assert.are.equal("succeeded", stores.result(client, id).state)
    end
  end)

  it("hear of work that is due later", function()
    local id = client:enqueue { worker = "succeed", delay = "30ms" }
    assert.are.equal("succeeded", stores.result(client, id).state)
  end)

  it("hear when a queue goes on", function()
    assert(client:pause "slow")
    local id = client:enqueue { worker = "succeed", queue = "slow" }
    assert.are.equal(0, client:count { state = "succeeded" })
    assert(client:resume "slow")
    assert.are.equal("succeeded", stores.result(client, id).state)
  end)

  it("hear when a place in a queue comes free", function()
    stores.pool("basic", { database = path, threads = 1 })
    assert(client:set_queue("single", { limit = 1 }))
    local requests = {}
    for index = 1, 20 do
      requests[index] = { worker = "succeed", queue = "single" }
    end
    for _, info in ipairs(stores.finished(client, client:enqueue(requests))) do
      assert.are.equal("succeeded", info.state)
    end
  end)

  it("hear when a prerequisite has succeeded", function()
    local ids = client:chain { { worker = "succeed" }, { worker = "succeed" } }
    assert.are.equal("succeeded", stores.result(client, ids[2]).state)
  end)

  it("stop what the other cancels", function()
    local scratch = folder.new()
    local log = scratch .. "/log"
    local id = client:enqueue { worker = "gate", input = { log = log, gate = scratch .. "/gate" } }
    stores.until_true(client, id, function()
      return #folder.lines(log) == 1
    end)
    assert.are.equal(1, client:cancel(id))
    local other = client:enqueue { worker = "succeed" }
    stores.result(client, other)
    assert.are.equal(("stopped %d cancelled"):format(id), folder.lines(log)[2])
  end)

  it("run what the other has updated meanwhile as it says then", function()
    local id
    local host = stores.open { database = path, workers = { change = function(input, work)
      if work.attempt == 1 then
        assert(client:update(id, { worker = "change", input = { new = true }, deadline = "1h" }))
        -- A commit of others that has nothing to do with it.
        assert(client:enqueue { worker = "later" })
        return "retry", { after = "1ms" }
      end
      return "success", { new = input.new, generation = work.generation }
    end } }
    id = host:enqueue { worker = "change" }
    assert.are.same({ new = true, generation = 1 }, stores.result(host, id).output)
  end)

  it("observe what the other does", function()
    local types = {}
    client:observe({ worker = "succeed" }, function(event)
      types[#types + 1] = event.type
    end)
    assert(runner:enqueue { worker = "succeed" })
    stores.until_true(client, client:enqueue { worker = "later" }, function()
      return types[#types] == "succeeded"
    end)
  end)

  it("take over what the other gives back when it closes", function()
    local scratch = folder.new()
    local input = { log = scratch .. "/log", gate = scratch .. "/gate" }
    local id = client:enqueue { worker = "gate", input = input }
    stores.until_true(client, id, function()
      return #folder.lines(input.log) == 1
    end)
    stores.pool("basic", { database = path, threads = 1 })
    folder.write(input.gate, "")
    runner:close "1s"
    assert.are.equal("succeeded", stores.result(client, id).state)
  end)

  it("leave alone whoever waits for nothing", function()
    local idler = stores.open { database = path }
    stores.result(client, client:enqueue { worker = "succeed" })
    local before = idler:stats().turns
    for _ = 1, 20 do
      stores.result(client, client:enqueue { worker = "succeed" })
    end
    -- One turn may follow each of the two looks at the numbers.
    assert.is_true(idler:stats().turns - before <= 2)
  end)

  it("leave alone a process that serves and waits for no end", function()
    local server = child.start("server", path)
    server:expect "open"
    for _ = 1, 20 do
      stores.result(client, client:enqueue { worker = "succeed" })
    end
    server:signal "TERM"
    local turns = tonumber(server:line():match "^turns (%d+)$")
    -- It hears how the first one ended, and looks at the numbers twice.
    assert.is_true(turns <= 3, turns)
    server:rest()
  end)

  it("end a process that serves until all is done", function()
    local requests = {}
    for index = 1, 200 do
      requests[index] = { worker = "succeed" }
    end
    assert(client:enqueue(requests))
    local server = child.start("server", path, "done")
    server:expect "open"
    assert.is_truthy(server:line():match "^turns %d+$")
    assert.are.equal(200, client:count { state = "succeeded" })
    server:rest()
  end)

  it("count each other", function()
    local id = runner:enqueue { worker = "later" }
    local function until_processes(count)
      stores.until_true(runner, id, function()
        return runner:stats().processes == count
      end)
    end
    until_processes(2)
    client:close()
    until_processes(1)
  end)
end)
