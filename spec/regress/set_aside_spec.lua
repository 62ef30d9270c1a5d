local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

--- Lets somebody alter the rows of a store with these works, opens it, and lets another work run
--- there. Returns the manager, the ids, what on_error was told, and the path.
local function alter(requests, statements)
  local client, path = stores.open()
  local ids = assert(client:enqueue(requests))
  client:close()
  assert.are.equal("", sql.run(path, statements .. ";\n"))
  local told = {}
  local manager = stores.pool("basic", {
    database = path,
    on_error = function(event)
      told[#told + 1] = ("%s %d: %s"):format(event.kind, event.id or 0, event.message)
    end,
  })
  local other = assert(manager:enqueue { worker = "succeed" })
  assert.are.equal("succeeded", stores.result(manager, other).state)
  return manager, ids, told, path
end

local delayed = { worker = "succeed", delay = "1h" }

describe("rows that somebody altered hold up no other work", function()
  after_each(stores.clear)

  it("where a work with a deadline has another place than it says", function()
    local manager, ids = alter({ { worker = "succeed", delay = "1h", deadline = "2h" } }, [[
      UPDATE ms_waiting SET due_at = due_at + 7;
      UPDATE ms_work SET deadline = 1; UPDATE ms_deadline SET at = 1]])
    expect.text("deadline", stores.result(manager, ids[1]).error)
  end)

  it("where a work has no place any more", function()
    local manager, ids = alter({ delayed, delayed }, "DELETE FROM ms_waiting WHERE id = 1")
    assert.are.equal(2, manager:run_now(ids))
    for _, info in ipairs(stores.finished(manager, ids)) do
      assert.are.equal("succeeded", info.state)
    end
  end)

  it("where a work has left another place than it said", function()
    local manager, ids, _, path = alter({ delayed }, "UPDATE ms_waiting SET due_at = due_at + 7")
    assert.are.equal(1, manager:run_now(ids[1]))
    assert.are.equal("succeeded", stores.result(manager, ids[1]).state)
    assert.are.equal("0\n", sql.run(path, "SELECT count(*) FROM ms_waiting;\n"))
  end)

  for what, place in pairs {
    ["a fraction of a moment"] = "due_at = 5.5",
    ["before all times"] = "due_at = -9223372036854775808",
    ["a fraction of an id"] = "due_at = 5, id = 1.5",
    ["the id of no work"] = "due_at = 5, id = 9223372036854775807",
  } do
    it("where a place is " .. what, function()
      local manager, ids = alter({ { worker = "succeed", priority = 5, delay = "1h" } },
        "UPDATE ms_waiting SET " .. place)
      local next = assert(manager:enqueue { worker = "succeed", priority = 5 })
      assert.are.equal("succeeded", stores.result(manager, next).state)
      assert.are.equal("enqueued", manager:find(ids[1]).state)
    end)
  end

  it("where a work stands in two places when the clock is set", function()
    local manager, ids = alter({ delayed }, [[
      INSERT INTO ms_waiting SELECT lane, due_at + 5000, id, more FROM ms_waiting;
      INSERT INTO ms_deadline VALUES (9000000000000, 1), (9000000005000, 1);
      UPDATE ms_work SET deadline = 9000000000000, deadline_within = 5;
      UPDATE ms_counter SET value = value - 5000 WHERE name = 'clock']])
    assert.are.equal(1, manager:run_now(ids[1]))
    assert.are.equal("succeeded", stores.result(manager, ids[1]).state)
  end)

  it("where a work is deleted while it runs, and a turn fails in between", function()
    local go = false
    local manager, path = stores.open { workers = {
      wait = function(_, work)
        while not go do
          work:sleep "10ms"
        end
        return "success"
      end,
    } }
    local id = assert(manager:enqueue { worker = "wait" })
    stores.until_state(manager, id, "running")
    sql.run(path, "ALTER TABLE ms_work RENAME TO moved;\n")
    assert.is_nil((manager:enqueue { worker = "wait" }))
    sql.run(path, "ALTER TABLE moved RENAME TO ms_work; DELETE FROM ms_work;\n")
    go = true
    assert(manager:run "idle")
    assert.are.equal("0\n", sql.run(path, "SELECT count(*) FROM ms_done;\n"))
    assert.are.equal("succeeded", stores.result(manager, assert(manager:enqueue {
      worker = "wait",
    })).state)
  end)

  it("where the lane of a work that a dead process ran is gone", function()
    local manager, ids, told = alter({ { worker = "alone" } }, [[
      DELETE FROM ms_lane; DELETE FROM ms_waiting;
      INSERT INTO ms_claim VALUES (9000, 9000, 1, 1, 0, '[1]', NULL)]])
    expect.text("store 1: table ms_lane", told[1])
    assert.are.equal("enqueued", manager:find(ids[1]).state)
    assert.are.equal(1, manager:cancel(ids[1]))
  end)

  it("where retention comes to a work whose tags do not parse", function()
    local manager, ids = alter({ { worker = "succeed", tags = { "red" } } }, [[
      UPDATE ms_work SET tags = '[';
      DELETE FROM ms_waiting;
      INSERT INTO ms_done VALUES (1, 2, 1, 1, 1, 1, 1, NULL, NULL, NULL, NULL);
      INSERT INTO ms_finish VALUES (1, 1, '[1]')]])
    stores.until_true(manager, ids[1], function()
      return not manager:find(ids[1])
    end)
  end)

  it("where retention comes to a work whose name leads to another one twice", function()
    local first = { worker = "succeed", delay = "1h" }
    local manager, ids = alter({ first, { worker = "succeed", after = { first } } }, [[
      UPDATE ms_work SET name = 'n';
      INSERT INTO ms_name VALUES ('n', 0, 1), ('n', 1, 1), ('n', 0, 2);
      INSERT INTO ms_done VALUES (2, 2, 1, 1, 1, 1, 1, NULL, NULL, NULL, NULL);
      INSERT INTO ms_finish VALUES (1, 1, '[2]')]])
    stores.until_true(manager, ids[1], function()
      return not manager:find(ids[2])
    end)
  end)

  it("where no numbers for processes seem to be left", function()
    alter({ delayed }, "INSERT INTO ms_process VALUES (9223372036854775807, 1, 1, 1, 1)")
    alter({ delayed }, "UPDATE sqlite_sequence SET seq = 9223372036854775807")
  end)

  it("where a lane has the id of none", function()
    alter({ { worker = "succeed", delay = "1h" } }, "UPDATE ms_lane SET id = -5")
  end)

  it("where the constraints of a lane do not parse", function()
    local manager, _, told = alter({ { worker = "succeed", constraints = { idle = true } } },
      "UPDATE ms_lane SET constraints = '{\"idle\"'")
    assert.are.equal(1, #told)
    expect.text("store 0: table ms_lane: constraints", told[1])
    assert.are.equal(1, manager:count { state = "enqueued" })
  end)

  it("where a calendar cannot be read when the clock is set", function()
    local manager, ids, told = alter({ { worker = "succeed", cron = "@yearly" } }, [[
      UPDATE ms_work SET cron = '{}';
      UPDATE ms_counter SET value = value - 5000 WHERE name = 'clock']])
    expect.text("store 1: table ms_work: the calendar", told[1])
    assert.are.equal("enqueued", manager:find(ids[1]).state)
  end)

  it("where what a finished work frees has a calendar that cannot be read", function()
    local first = { worker = "succeed" }
    local manager, ids = alter({ first, { worker = "succeed", after = { first } } },
      "UPDATE ms_work SET cron = '{}', blocked = NULL WHERE id = 2;"
      .. "INSERT INTO ms_life (id, blocked, pending, enqueued_at, due_at) VALUES (2, 1, 1, 1, 1)")
    expect.text("calendar", stores.result(manager, ids[2]).error)
  end)

  it("where the files that have changed do not parse", function()
    local manager, ids = alter({
      { worker = "second_time", constraints = { files = { folder.new() } } },
    }, "UPDATE ms_files SET first_at = 1, due_at = 1, paths = '[', next_first_at = 1,"
      .. " next_due_at = 1, next_paths = 'nothing'; UPDATE ms_waiting SET due_at = 1;"
      .. "UPDATE ms_work SET due_at = 1")
    assert.are.equal("succeeded", stores.result(manager, ids[1]).state)
  end)

  it("where somebody observes a work in a lane that is gone", function()
    local manager, ids = alter({ { worker = "alone", delay = "1h" } },
      "UPDATE ms_lane SET id = 77")
    local types = {}
    manager:observe(ids[1], function(event)
      types[#types + 1] = event.type
    end)
    assert.are.equal(1, manager:cancel(ids[1]))
    manager:dispatch()
    assert.are.same({ "snapshot", "cancelled" }, types)
  end)

  it("where what the works of a name wait for does not parse", function()
    local manager = alter({ delayed }, "INSERT INTO ms_name VALUES ('busy', 0, 1);"
      .. "INSERT INTO ms_life (id, enqueued_at, due_at, behind) VALUES (1, 1, 1, 'nothing')")
    assert.is_truthy(manager:enqueue(delayed, { name = "busy", existing = "replace" }))
  end)
end)
