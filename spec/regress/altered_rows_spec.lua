local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

--- Rows that no program of ours writes.
local function alter(path, statement)
  assert.are.equal("", sql.run(path, statement .. ";\n"))
end

describe("rows that somebody altered", function()
  after_each(stores.clear)

  it("hold up no queue with a claim of what is no work", function()
    local client, path = stores.open { queues = { narrow = { limit = 1 } } }
    alter(path, "INSERT INTO ms_claim SELECT 9000, id, 1, 1, 0, '[987654]', NULL FROM ms_process")
    local manager = stores.pool("basic", { database = path })
    local id = client:enqueue { worker = "succeed", queue = "narrow" }
    assert.are.equal("succeeded", stores.result(manager, id).state)
  end)

  it("leave no claim of a dead process behind, whatever it names", function()
    local client, path = stores.open { queues = { narrow = { limit = 1 } } }
    client:close()
    alter(path, "INSERT INTO ms_claim VALUES (9000, 9000, 1, 1, 0, '[987654]', NULL)")
    local manager = stores.pool("basic", { database = path })
    local id = manager:enqueue { worker = "succeed", queue = "narrow" }
    assert.are.equal("succeeded", stores.result(manager, id).state)
    assert.are.equal("0\n", sql.run(path, "SELECT count(*) FROM ms_claim WHERE owner = 9000;\n"))
  end)

  it("hold up no other queue with starts beyond all times", function()
    for _, row in ipairs { "1, 9223372036854775807", "-9223372036854775808, 1" } do
      local client, path = stores.open { queues = { rated = { rate = "1/s" } } }
      client:close()
      alter(path, "INSERT INTO ms_start (queue, number, at) VALUES ('rated', " .. row .. ")")
      local manager = stores.pool("basic", { database = path })
      manager:enqueue { worker = "succeed", queue = "rated" }
      local id = manager:enqueue { worker = "succeed" }
      assert.are.equal("succeeded", stores.result(manager, id).state)
    end
  end)

  it("free each work once, however many edges lead to it", function()
    local manager, path = stores.pool("basic", { threads = 1 })
    local others = manager:enqueue { { worker = "succeed" }, { worker = "succeed" } }
    stores.finished(manager, others)
    local first = { worker = "succeed", constraints = { custom = { "go" } } }
    local requests = { first }
    for index = 2, 41 do
      requests[index] = { worker = "count", after = { first } }
    end
    local ids = manager:enqueue(requests)
    alter(path, ("INSERT INTO ms_edge SELECT o.id, e.dependent, 1 FROM ms_edge e"
      .. " JOIN ms_work o ON o.id IN (%d, %d)"):format(others[1], others[2]))
    manager:set_condition("go", true)
    local starts = 0
    for _, info in ipairs(stores.finished(manager, ids)) do
      assert.are.equal("succeeded", info.state)
      starts = starts + info.run
    end
    assert.are.equal(#ids, starts)
  end)

  it("are told as what they are where the files of a work do not parse", function()
    local client, path = stores.open()
    local id = client:enqueue {
      worker = "succeed", constraints = { files = { folder.new() } },
    }
    client:close()
    alter(path, "UPDATE ms_work SET files = '{}x'")
    local message
    local manager = stores.pool("basic", {
      database = path,
      on_error = function(event)
        message = message or event.message
      end,
    })
    stores.until_true(manager, id, function()
      return message
    end)
    assert.is_nil(message:find "memory")
    expect.text("constraints", message)
  end)

  it("are passed over and told where what others did does not parse", function()
    for _, events in ipairs { "[", "nothing", "[-5,%d]", "[11,%d]" } do
      local message
      local manager, path = stores.open {
        on_error = function(event)
          message = message or event.message
        end,
      }
      local id = manager:enqueue { worker = "nobody" }
      local types = {}
      manager:observe(id, function(event)
        types[#types + 1] = event.type
      end)
      alter(path, ("INSERT INTO ms_change (owner, at, events) VALUES (0, 9e15, '%s')")
        :format(events:format(id)))
      assert.are.equal(1, manager:cancel(id))
      manager:dispatch()
      local whole = events:find "%]"
      assert.are.equal(events:find "11" and 3 or 2, #types)
      assert.are.equal("cancelled", types[#types])
      assert.are.equal(not whole, message ~= nil)
      if message then
        expect.text("ms_change", message)
      end
    end
  end)

  for _, id in ipairs { "0", "-7", "1000000000000000000", "9223372036854775807", "'x'" } do
    it("are no works where their id is " .. id, function()
      local client, path = stores.open { queues = { narrow = { limit = 1 } } }
      local victim = client:enqueue { worker = "succeed", queue = "narrow" }
      client:close()
      alter(path, ("UPDATE ms_waiting SET id = %s"):format(id))
      if id ~= "'x'" then
        alter(path, ("UPDATE ms_work SET id = %s"):format(id))
      end
      local manager = stores.pool("basic", { database = path })
      manager:cancel { all = true }
      manager:retry { all = true }
      local other = assert(manager:enqueue { worker = "succeed", queue = "narrow" })
      assert.is_true(other >= victim and other < victim + 10)
      assert.are.equal("succeeded", stores.result(manager, other).state)
      for _, info in ipairs(manager:query { all = true }) do
        assert.is_true(info.id == victim or info.id == other)
      end
    end)
  end

  for what, statement in pairs {
    ["a deadline"] = "INSERT INTO ms_deadline VALUES ('soon', 1)",
    ["a note of retention"] = "INSERT INTO ms_finish VALUES ('soon', 1, '[1]')",
    ["half a note"] = "INSERT INTO ms_finish VALUES (3.5, 1, '[1]')",
    ["a place"] = "UPDATE ms_waiting SET due_at = 'soon' WHERE id = 2",
    ["a start"] = "INSERT INTO ms_start VALUES ('narrow', 1, 1e15), ('narrow', 2, 1)",
  } do
    it("keep no thread busy with " .. what .. " that is always due", function()
      local client, path = stores.open { queues = { narrow = { rate = "2/h" } } }
      client:enqueue { worker = "succeed", delay = "1h" }
      client:enqueue { worker = "succeed", queue = "narrow" }
      client:close()
      alter(path, statement)
      local manager = stores.pool("basic", { database = path })
      manager:await(1, "20ms")
      local before = manager:stats().turns
      manager:await(1, "100ms")
      assert.is_true(manager:stats().turns - before < 20)
    end)
  end

  it("are read as the next thing that they can be", function()
    local client, path = stores.open()
    local id = client:enqueue { worker = "succeed", backoff = { policy = "linear" } }
    client:cancel(id)
    client:close()
    alter(path, "UPDATE ms_done SET state = 77, outcome = -1, attempt = -9223372036854775807")
    alter(path, "UPDATE ms_work SET backoff_policy = 99, repeats = 99, delay = -1, every = -5")
    local manager = stores.open { database = path }
    local info = manager:find(id)
    assert.are.equal("cancelled", info.state)
    assert.are.equal(0, info.attempt)
    assert.is_nil(info.outcome)
    assert.are.equal("linear", info.backoff.policy)
  end)

  it("make nothing of times beyond all times", function()
    local client, path = stores.open()
    local works = {}
    for index = 1, 4 do
      works[index] = { worker = "succeed", delay = "1h", deadline = "1d", timeout = "1m" }
    end
    works[5] = { worker = "succeed", every = "1h", flex = "1m" }
    client:enqueue(works)
    client:close()
    alter(path, [[
      UPDATE ms_work SET enqueued_at = 9223372036854775807, delay = 9223372036854775807,
        timeout = 9223372036854775807 WHERE id = 1;
      UPDATE ms_work SET enqueued_at = -9223372036854775808, delay = -9223372036854775808,
        timeout = -1 WHERE id = 2;
      UPDATE ms_work SET backoff_policy = 0, backoff_delay = 9223372036854775807,
        backoff_max = 9223372036854775807, backoff_jitter = 1e300 WHERE id = 3;
      UPDATE ms_waiting SET due_at = -9223372036854775808 WHERE id = 4;
      UPDATE ms_work SET every = -9223372036854775808, flex = 1e300 WHERE id = 5]])
    local manager = stores.pool("basic", { database = path })
    manager:run_now { all = true }
    manager:cancel { all = true }
    manager:retry { all = true }
    local id = manager:enqueue { worker = "succeed" }
    assert.are.equal("succeeded", stores.result(manager, id).state)
    for number = 1, 5 do
      assert.is_truthy(manager:why(number))
    end
  end)
end)
