local command = require "spec.support.command"
local core = require "moonshift.core"
local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local moonshift = require "moonshift"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

describe("moonshift doctor", function()
  local path, manager

  --- Its status and all that it writes.
  local function doctor(...)
    return command.run(table.concat({ command.program(), "doctor", ... }, " ") .. " 2>&1")
  end

  --- Its status and what it finds out about the spec's database.
  local function examine()
    local status, out = doctor("--json --db", command.quote(path))
    local report = assert(core.decode(out))
    assert.are.equal(status == 0, report.well)
    assert.are.equal(status == 0, #report.problems == 0)
    return status, report
  end

  --- It finds exactly one thing wrong, and says so.
  local function expect_problem(words)
    local status, report = examine()
    assert.are.equal(1, status)
    assert.are.equal(1, #report.problems)
    expect.text(words, report.problems[1])
    local _, out = doctor("--db", command.quote(path))
    expect.text("WRONG       " .. report.problems[1]:sub(1, 20), out)
    assert.is_nil(out:find("all is well", 1, true))
    return report
  end

  it("finds requests of other programs that were refused", function()
    manager:close()
    sql.run(path, sql.insert { request = '{"worker":7}' })
    local taker = stores.open { database = path }
    assert(taker:run "idle")
    assert.are.equal(1, taker:refused()[1].row)
    local report = expect_problem "row 1: request.worker: expected a worker's name, got 7"
    assert.are.equal(1, report.refused[1].row)
  end)

  before_each(function()
    manager, path = stores.open()
  end)
  after_each(stores.clear)

  it("has a help page", function()
    local status, out = doctor "--help"
    assert.are.equal(0, status)
    for _, word in ipairs { "Usage: moonshift doctor", "--db", "--json" } do
      expect.text(word, out)
    end
  end)

  it("without a database is wrong usage", function()
    local status, out = doctor()
    assert.are.equal(2, status)
    expect.text("MOONSHIFT_DB", out)
  end)

  it("says that all is well if it is", function()
    local status, out = doctor("--db", command.quote(path))
    assert.are.equal(0, status)
    expect.text("all is well\n", out)
    expect.text("-rw-------", out)
    expect.text("condition   network is ", out)
    assert.is_nil(out:find("WRONG", 1, true))
  end)

  it("tells versions, files, processes, counts and conditions", function()
    manager:enqueue { worker = "echo", delay = "1h" }
    local status, report = examine()
    assert.are.equal(0, status)
    assert.are.equal("moonshift " .. report.versions.moonshift, moonshift._VERSION)
    assert.is_truthy(report.versions.lua:find "^Lua")
    assert.are.equal(path, report.database.path)
    assert.are.equal(#folder.read(path), report.database.file.size)
    assert.are.equal("-rw-------", report.database.file.mode:sub(1, 10))
    assert.is_true(report.database.wal.size > 0)
    assert.is_true(report.database.opens)
    assert.are.equal(2, report.stats.processes)
    assert.are.equal(1, report.stats.enqueued)
    assert.is_string(report.conditions.network.source)
    assert.is_number(report.conditions.network.since)
    assert.are.same({}, report.waiting)
  end)

  it("finds that the file is not there, and makes none", function()
    path = folder.new() .. "/it's not there.db"
    expect_problem(path)
    assert.is_false(folder.exists(path))
  end)

  it("leaves an empty file as it is", function()
    path = folder.new() .. "/empty.db"
    folder.write(path, "")
    expect_problem "is empty"
    assert.are.equal("", folder.read(path))
  end)

  it("finds that the file is no store", function()
    path = folder.new() .. "/no store.db"
    folder.write(path, ("not a database "):rep(1000))
    local report = expect_problem "CORRUPT"
    assert.is_false(report.database.opens)
    assert.are.equal("CORRUPT", report.database.code)
  end)

  it("finds that work is due and nobody is there to run it", function()
    local id = manager:enqueue { worker = "echo" }
    assert.are.equal(0, (examine()))
    manager:close()
    local report = expect_problem "no other process has the store open"
    assert.are.equal(id, report.waiting[1].id)
    assert.are.equal("no_runner", report.waiting[1].reasons[1].kind)
  end)

  it("does not mind that nobody is there while nothing is due", function()
    manager:enqueue { worker = "echo", delay = "1h" }
    manager:close()
    assert.are.equal(0, (examine()))
  end)

  it("does not take work for due whose files have not changed", function()
    manager:enqueue { worker = "a", constraints = { files = { "/nowhere" } } }
    manager:close()
    local status, report = examine()
    assert.are.equal(0, status)
    assert.are.equal(0, #report.waiting)
  end)

  it("finds work that has been due for long and that no process takes", function()
    manager:enqueue { worker = "unheard_of", at = os.time() - 60 }
    expect_problem "does one know worker \"unheard_of\"?"
  end)

  it("lists what a paused queue holds, which is nothing wrong", function()
    manager:pause "slow"
    local id = manager:enqueue { worker = "echo", queue = "slow", at = os.time() - 60 }
    local status, report = examine()
    assert.are.equal(0, status)
    assert.are.equal(id, report.waiting[1].id)
    assert.are.equal("queue_paused", report.waiting[1].reasons[1].kind)
    local _, out = doctor("--db", command.quote(path))
    expect.text("queue slow is paused", out)
    manager:close()
    assert.are.equal(0, (examine()))
  end)

  it("shows nothing that a terminal would obey", function()
    manager:enqueue { worker = "bad\27[31mname", at = os.time() - 60 }
    local status, out = doctor("--db", command.quote(path))
    assert.are.equal(1, status)
    assert.is_nil(out:find "\27")
    expect.text("bad [31mname", out)
  end)
end)
