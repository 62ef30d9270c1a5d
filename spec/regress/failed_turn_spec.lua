local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("while the store refuses what a turn writes", function()
  after_each(stores.clear)

  local function sql(path, text)
    assert(os.execute(("sqlite3 -cmd '.timeout 5000' '%s' \"%s\""):format(path, text)))
  end

  local function refuse(path, table_name)
    sql(path, ("CREATE TRIGGER refuse BEFORE INSERT ON %s BEGIN SELECT RAISE(ABORT, 'no'); END")
      :format(table_name))
  end

  it("the engine tries again now and then, says so once, and goes on where it stood", function()
    local said = {}
    local manager, path = stores.pool("basic", {
      on_error = function(event)
        said[#said + 1] = event.kind
      end,
    })
    refuse(path, "ms_done")
    local id
    repeat
      -- A call whose turn begins after the deadline fails with what that turn would write.
      id = manager:enqueue { worker = "succeed", delay = "1h", deadline = "50ms" }
    until id
    stores.until_true(manager, id, function()
      return said[1]
    end)
    local before = manager:stats().turns
    manager:await(id, "500ms")
    assert.is_true(manager:stats().turns - before < 100)
    assert.are.same({ "store" }, said)
    sql(path, "DROP TRIGGER refuse")
    assert.are.equal("failed", stores.result(manager, id).state)
  end)

  it("a result is kept although its work would have started again in the same turn", function()
    local manager, path = stores.pool "basic"
    local log, gate = folder.new() .. "/log", folder.new() .. "/gate"
    local request = { worker = "gate", input = { log = log, gate = gate }, every = "1h" }
    local id = manager:enqueue(request)
    stores.until_true(manager, id, function()
      return folder.read(log)
    end)
    request.at = 1
    assert.are.equal("applied_for_next_run", manager:update(id, request))
    refuse(path, "ms_claim")
    folder.write(gate, "")
    stores.until_true(manager, id, function()
      return #folder.lines(log) == 2
    end)
    manager:await(id, "300ms")
    manager:close()
    sql(path, "DROP TRIGGER refuse")
    local info = stores.open({ database = path }):find(id)
    assert.are.equal("success", info.outcome)
    assert.is_nil(info.stop_reason)
    assert.are.equal(2, info.period)
  end)

  it("a condition is what it was before the call that failed", function()
    local manager, path = stores.pool("basic", { sensors = false })
    local log, gate = folder.new() .. "/log", folder.new() .. "/gate"
    local id = manager:enqueue {
      worker = "gate", input = { log = log, gate = gate },
      constraints = { network = "connected", custom = { "open" } },
    }
    refuse(path, "ms_claim")
    manager:set_condition("network", "metered")
    local set, _, code = manager:set_condition("open", true)
    assert.are.same({ "IO" }, { code, set })
    assert.is_nil(manager:conditions().open)
    assert.are.equal(0, manager:stats().claims)
    sql(path, "DROP TRIGGER refuse")
    assert(manager:set_condition("open", true))
    stores.until_state(manager, id, "running")
    refuse(path, "ms_waiting")
    set, _, code = manager:set_condition("network", "none")
    assert.are.same({ "IO" }, { code, set })
    set, _, code = manager:set_condition("open", nil)
    assert.are.same({ "IO" }, { code, set })
    local values = manager:conditions()
    assert.are.same({ "metered", true }, { values.network, values.open })
    sql(path, "DROP TRIGGER refuse")
    folder.write(gate, "")
    local info = stores.result(manager, id)
    assert.are.same({ 1, "succeeded" }, { info.run, info.state })
  end)

  it("an observer still hears what others did that the failed turn had read of", function()
    local manager, path = stores.open()
    local id = manager:enqueue { worker = "later" }
    local types = {}
    manager:observe(id, function(event)
      types[#types + 1] = event.type
    end)
    -- Another process has updated the work and not knocked yet.
    sql(path, ([[INSERT INTO ms_change (owner, at, events) VALUES (0, 9e15, '[UPDATED,%d]');
      CREATE TRIGGER refuse BEFORE INSERT ON ms_done BEGIN SELECT RAISE(ABORT, 'no'); END]])
      :gsub("UPDATED", "11"):format(id))
    local cancelled, _, code = manager:cancel(id)
    assert.is_nil(cancelled)
    assert.are.equal("IO", code)
    sql(path, "DROP TRIGGER refuse")
    assert.are.equal(1, manager:cancel(id))
    manager:dispatch()
    assert.are.same({ "snapshot", "updated", "cancelled" }, types)
  end)
end)
