local expect = require "spec.support.expect"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

local function enqueue(manager)
  local id, message, code = manager:enqueue { worker = "a", delay = "1h" }
  return id, message, code
end

local function line_of(manager, id)
  return manager:find(id).enqueued_by:match "enqueued_by_spec%.lua:%d+$"
end

--- Calls through functions with names that a program makes up as it goes.
local function enqueue_from(manager, name)
  local source = "local id = (...):enqueue { worker = 'a', delay = '1h' } return id"
  return assert((loadstring or load)(source, "@" .. name)(manager))
end

describe("the place that enqueued", function()
  after_each(stores.clear)

  it("is the same for all works that come from there, also after a restart", function()
    local manager, path = stores.open()
    local first, second, third = enqueue(manager), enqueue(manager), enqueue(manager)
    manager:close()
    manager = stores.open { database = path }
    local fourth, fifth = enqueue(manager), enqueue(manager)
    local line = assert(line_of(manager, first))
    for _, id in ipairs { second, third, fourth, fifth } do
      assert.are.equal(line, line_of(manager, id))
    end
  end)

  it("is stored once for works that come from there again", function()
    local manager, path = stores.open()
    for _ = 1, 50 do
      enqueue(manager)
    end
    assert.are.equal("1\n", sql.run(path, "SELECT count(*) FROM ms_source;\n"))
    assert.are.equal("1\n", sql.run(path, "SELECT count(enqueued_by) FROM ms_work;\n"))
    assert.are.equal("1|50\n",
      sql.run(path, "SELECT count(DISTINCT enqueued_by), count(*) FROM moonshift_work;\n"))
  end)

  it("is not kept apart for one that enqueues once", function()
    local manager, path = stores.open()
    for number = 1, 20 do
      enqueue_from(manager, "made up " .. number)
    end
    assert.are.equal("0\n", sql.run(path, "SELECT count(*) FROM ms_source;\n"))
    assert.are.equal("made up 20:1", manager:find(20).enqueued_by)
  end)

  it("stands with the work where too many are kept", function()
    local manager, path = stores.open()
    sql.run(path, "INSERT INTO ms_source VALUES (4096, 'elsewhere:1');\n")
    local first, second, third = enqueue(manager), enqueue(manager), enqueue(manager)
    assert.are.equal(line_of(manager, first), line_of(manager, second))
    assert.are.equal(line_of(manager, first), line_of(manager, third))
    assert.are.equal("1\n", sql.run(path, "SELECT count(*) FROM ms_source;\n"))
  end)

  it("is told after a call that the store refused in the middle", function()
    local manager, path = stores.open()
    enqueue(manager)
    sql.run(path, "CREATE TRIGGER refuse BEFORE INSERT ON ms_waiting"
      .. " BEGIN SELECT RAISE(ABORT, 'no'); END;\n")
    expect.code("IO", enqueue(manager))
    sql.run(path, "DROP TRIGGER refuse;\n")
    local first, second = enqueue(manager), enqueue(manager)
    assert.are.equal(line_of(manager, first), line_of(manager, second))
  end)
end)
