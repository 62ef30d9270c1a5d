local child = require "spec.support.child"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

--- Fails if any work began while it was running, or began twice as the same run.
local function check_turns(lines, killed_runs)
  local open, runs = {}, {}
  for _, line in ipairs(lines) do
    local what, id, run = line:match "^(%a+) (%d+) (%d+)$"
    assert.is_truthy(what, "a torn line: " .. line)
    if what == "begin" then
      assert.is_nil(runs[id .. ":" .. run], "run " .. run .. " of work " .. id .. " began twice")
      runs[id .. ":" .. run] = true
      if open[id] and not killed_runs then
        error("work " .. id .. " began while it was running")
      end
      open[id] = run
    elseif open[id] == run then
      open[id] = nil
    else
      error("run " .. run .. " of work " .. id .. " ended after a later run had begun")
    end
  end
  return runs
end

describe("a process that is killed", function()
  after_each(function()
    child.clear()
    stores.clear()
  end)

  it("leaves its running work to the next that opens the store", function()
    local manager, path = stores.open()
    local id = manager:enqueue { worker = "hold" }
    manager:close()
    local holder = child.start("holder", path)
    holder:expect "open"
    holder:expect(("begin %d attempt 1 run 1"):format(id))
    holder:kill()
    local other = stores.open { database = path }
    local info = other:find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal("crashed", info.stop_reason)
    assert.are.equal(1, info.attempt)
    assert.are.equal(1, info.run)
    other:close()
    local second = child.start("holder", path)
    second:expect "open"
    second:expect(("begin %d attempt 2 run 2"):format(id))
    second:kill()
  end)

  it("leaves its running work to another that has the store open, at once", function()
    local manager, path = stores.open()
    local id = manager:enqueue { worker = "hold" }
    local holder = child.start("holder", path)
    holder:expect "open"
    holder:expect(("begin %d attempt 1 run 1"):format(id))
    local heir = child.start("holder", path)
    heir:expect "open"
    holder:kill()
    heir:expect(("begin %d attempt 2 run 2"):format(id))
    heir:kill()
  end)

  it("is noticed by a client that only waits", function()
    local manager, path = stores.open()
    local id = manager:enqueue { worker = "hold" }
    local holder = child.start("holder", path)
    holder:expect "open"
    holder:expect(("begin %d attempt 1 run 1"):format(id))
    assert.are.equal("running", manager:find(id).state)
    holder:kill()
    local info = stores.until_state(manager, id, "enqueued")
    assert.are.equal("crashed", info.stop_reason)
  end)

  it("has its progress cleared", function()
    local manager, path = stores.open()
    local id = manager:enqueue { worker = "hold" }
    local holder = child.start("holder", path, "progress")
    holder:expect "open"
    holder:expect(("begin %d attempt 1 run 1"):format(id))
    stores.until_true(manager, id, function()
      return manager:find(id).progress
    end)
    holder:kill()
    assert.is_nil(stores.until_state(manager, id, "enqueued").progress)
  end)

  it("again and again fails its work when max_attempts is used up", function()
    local manager, path = stores.open()
    local id = manager:enqueue { worker = "hold", max_attempts = 2 }
    for attempt = 1, 2 do
      local holder = child.start("holder", path)
      holder:expect "open"
      holder:expect(("begin %d attempt %d run %d"):format(id, attempt, attempt))
      holder:kill()
    end
    local info = stores.result(manager, id)
    assert.are.equal("failed", info.state)
    assert.are.equal("crashed", info.stop_reason)
    assert.is_truthy(info.error:find("max_attempts", 1, true))
  end)

  it("at any moment loses nothing and finishes nothing twice", function()
    local manager, path = stores.open()
    local log = folder.new() .. "/log"
    folder.write(log, "")
    local requests = {}
    for index = 1, 300 do
      requests[index] = { worker = "turn", input = { log = log, takes = "1ms" },
        backoff = { delay = "1ms", max = "5ms" } }
    end
    local ids = manager:enqueue(requests)
    for _, finished in ipairs { 1, 20, 60, 120, 200 } do
      local runner = child.start("runner", path)
      runner:expect "open"
      -- Killed as soon as that much is done, wherever the runner happens to be.
      stores.until_true(manager, ids, function()
        return manager:count { state = "succeeded" } >= finished
      end)
      runner:kill()
    end
    local last = child.start("runner", path)
    stores.finished(manager, ids)
    last:kill()
    assert.are.equal(300, manager:count { state = "succeeded" })
    check_turns(folder.lines(log), true)
    for _, info in ipairs(manager:query(ids)) do
      assert.are.equal(info.run, info.output.run)
      assert.are.equal(info.attempt, info.output.attempt)
    end
  end)

  it("while it enqueues has stored all that was acknowledged, and no id twice", function()
    local _, path = stores.open()
    for round, lines in ipairs { 1, 40, 150 } do
      local writer = child.start("enqueuer", path, 100000, round)
      writer:expect "open"
      local acknowledged = {}
      for index = 1, lines do
        acknowledged[index] = tonumber(writer:line())
      end
      for _, line in ipairs(writer:kill()) do
        acknowledged[#acknowledged + 1] = tonumber(line)
      end
      local reader = stores.open { database = path }
      local seen = {}
      for number, id in ipairs(acknowledged) do
        assert.is_nil(seen[id])
        seen[id] = true
        local info = assert(reader:find(id), "acknowledged work is lost")
        assert.are.equal("enqueued", info.state)
        assert.are.same({ number = number, from = tostring(round) }, info.input)
      end
      -- One more may be stored whose line was not written any more.
      local stored = reader:count { worker = "later" }
      assert.is_true(stored == #acknowledged or stored == #acknowledged + 1)
      reader:cancel { all = true }
      reader:prune()
      reader:close()
    end
  end)

  it("leaves a file that SQLite finds whole", function()
    local _, path = stores.open()
    local writer = child.start("enqueuer", path, 100000)
    writer:expect "open"
    for _ = 1, 60 do
      writer:line()
    end
    writer:kill()
    local pipe = io.popen(("sqlite3 '%s' 'PRAGMA integrity_check'"):format(path))
    local said = pipe:read "*l"
    pipe:close()
    assert.are.equal("ok", said)
  end)
end)

describe("several processes on one store", function()
  after_each(function()
    child.clear()
    stores.clear()
  end)

  it("never run one work twice at once, and each work once only", function()
    local manager, path = stores.open()
    local log = folder.new() .. "/log"
    folder.write(log, "")
    local requests = {}
    for index = 1, 400 do
      requests[index] = { worker = "turn", input = { log = log, takes = "1ms" } }
    end
    local ids = manager:enqueue(requests)
    local runners = {}
    for index = 1, 3 do
      runners[index] = child.start("runner", path)
    end
    stores.finished(manager, ids)
    for _, runner in ipairs(runners) do
      runner:expect "open"
      runner:expect "closed"
      runner:rest()
    end
    assert.are.equal(400, manager:count { state = "succeeded" })
    local runs = check_turns(folder.lines(log), false)
    local count = 0
    for _ in pairs(runs) do
      count = count + 1
    end
    assert.are.equal(400, count)
  end)

  it("that enqueue at once all get ids of their own, and nothing is lost", function()
    local manager, path = stores.open()
    local writers, seen, count = {}, {}, 0
    for index = 1, 3 do
      writers[index] = child.start("enqueuer", path, 200, index)
    end
    for _, writer in ipairs(writers) do
      for line in writer:rest():gmatch "[^\n]+" do
        local id = tonumber(line)
        if id then
          assert.is_nil(seen[id])
          seen[id] = true
          count = count + 1
        else
          assert.is_truthy(line == "open" or line == "closed", line)
        end
      end
    end
    assert.are.equal(600, count)
    assert.are.equal(600, manager:count { all = true })
  end)

  it("that enqueue one name at once agree on one winner", function()
    local manager, path = stores.open()
    local children = {}
    for index = 1, 3 do
      children[index] = child.start("unique", path, 50)
    end
    local ids, enqueued = {}, 0
    for _, one in ipairs(children) do
      one:expect "open"
      for round = 1, 50 do
        local line = one:line()
        local id, outcome = tostring(line):match "^(%d+) (%a+)$"
        assert.is_truthy(id, tostring(line))
        enqueued = enqueued + (outcome == "enqueued" and 1 or 0)
        ids[round] = ids[round] or id
        assert.are.equal(ids[round], id)
      end
      one:expect "closed"
      one:rest()
    end
    assert.are.equal(50, enqueued)
    assert.are.equal(50, manager:count { all = true })
  end)

  it("see a cancel by one of them in all of them", function()
    local manager, path = stores.open()
    local id = manager:enqueue { worker = "hold" }
    local holder = child.start("holder", path)
    holder:expect "open"
    holder:expect(("begin %d attempt 1 run 1"):format(id))
    assert.are.equal(1, manager:cancel(id))
    -- The holder runs the next work as soon as it has heard of it.
    local next_id = manager:enqueue { worker = "hold" }
    holder:expect(("begin %d attempt 1 run 1"):format(next_id))
    assert.are.equal("cancelled", manager:find(id).state)
    holder:kill()
    assert.are.equal("cancelled", manager:find(id).state)
  end)
end)
