local bench = require "spec.support.bench"
local folder = require "spec.support.folder"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

--- What the view says of each work, in the order of their ids: state and enqueued_at.
local function seen_by_sql(path)
  local seen = {}
  local text = sql.run(path,
    "SELECT state, printf('%.3f', enqueued_at) FROM moonshift_work ORDER BY id;")
  for state, at in text:gmatch "(%a+)|(%S+)" do
    seen[#seen + 1] = state .. " " .. at
  end
  return seen
end

local function seen_by_find(manager, ids)
  local seen = {}
  for index, id in ipairs(ids) do
    local info = manager:find(id)
    seen[index] = ("%s %.3f"):format(info.state, info.enqueued_at)
  end
  return seen
end

describe("the next work of a chain", function()
  local manager, path, gate, log

  before_each(function()
    manager, path = stores.pool("basic", { threads = 1 })
    gate, log = folder.new() .. "/gate", folder.new() .. "/log"
  end)
  after_each(stores.clear)

  local function gated()
    return { worker = "gate", input = { gate = gate, log = log } }
  end

  it("is blocked, runs and has finished for SQL as for find, enqueued when it was freed", function()
    local ids = manager:chain { { worker = "echo" }, gated(), { worker = "succeed" } }
    local info = stores.until_state(manager, ids[2], "running")
    assert.are.equal(manager:find(ids[1]).finished_at, info.enqueued_at)
    assert.are.equal("blocked", manager:find(ids[3]).state)
    assert.are.equal(1, manager:count { state = "blocked" })
    assert.are.equal(1, manager:count { state = "running" })
    assert.are.same(seen_by_find(manager, ids), seen_by_sql(path))
    folder.write(gate, "")
    stores.finished(manager, ids)
    assert.are.equal(info.enqueued_at, manager:find(ids[2]).enqueued_at)
    assert.are.equal(manager:find(ids[2]).finished_at, manager:find(ids[3]).enqueued_at)
    assert.are.same(seen_by_find(manager, ids), seen_by_sql(path))
  end)

  it("gets what the work before gave", function()
    local ids = manager:chain {
      { worker = "echo", input = { deep = true } }, { worker = "echo" }, { worker = "echo" },
    }
    stores.finished(manager, ids)
    assert.are.same({ echo = { echo = { echo = { deep = true } } } }, manager:find(ids[3]).output)
  end)

  it("waits for its delay, its queue and its turn", function()
    manager:pause "held"
    local delayed = manager:chain { { worker = "succeed" }, { worker = "succeed", delay = "1h" } }
    local held = manager:chain { { worker = "succeed" }, { worker = "succeed", queue = "held" } }
    stores.finished(manager, { delayed[1], held[1] })
    local info = manager:find(delayed[2])
    assert.are.equal("enqueued", info.state)
    assert.are.equal(info.enqueued_at + 3600, info.due_at)
    assert.are.equal("queue_paused", manager:why(held[2])[1].kind)
    assert.are.same(seen_by_find(manager, { delayed[1], delayed[2], held[1], held[2] }),
      seen_by_sql(path))
    assert.are.equal(1, manager:run_now(delayed[2]))
    manager:resume "held"
    stores.finished(manager, { delayed[2], held[2] })
  end)

  it("comes behind what waited before it", function()
    manager:pause "default"
    local function note(text, priority)
      return { worker = "note", input = { log = log, text = text }, priority = priority }
    end
    local other = manager:enqueue(note "other")
    local ids = manager:chain { note("first", 1), note "freed" }
    manager:resume "default"
    stores.finished(manager, { ids[2], other })
    assert.are.same({ "first", "other", "freed" }, folder.lines(log))
  end)

  it("that is cancelled while it runs stays cancelled, and can be retried", function()
    local ids = manager:chain { { worker = "succeed" }, gated(), { worker = "succeed" } }
    stores.until_state(manager, ids[2], "running")
    assert.are.equal(2, manager:cancel(ids[2]))
    folder.write(gate, "")
    stores.finished(manager, ids)
    assert.are.same(seen_by_find(manager, ids), seen_by_sql(path))
    assert.are.equal("cancelled", manager:find(ids[3]).state)
    assert.are.equal(1, manager:retry(ids[2]))
    stores.finished(manager, ids)
    assert.are.equal("succeeded", manager:find(ids[3]).state)
    assert.are.same(seen_by_find(manager, ids), seen_by_sql(path))
  end)

  it("may be updated while it is blocked and while it runs", function()
    local ids = manager:chain { gated(), gated() }
    stores.until_state(manager, ids[1], "running")
    assert.are.equal("applied_immediately", manager:update(ids[2], gated()))
    assert.are.equal("applied_for_next_run", manager:update(ids[1], gated()))
    assert.are.same(seen_by_find(manager, ids), seen_by_sql(path))
    folder.write(gate, "")
    stores.finished(manager, ids)
    assert.are.equal(1, manager:find(ids[2]).generation)
    assert.are.same(seen_by_find(manager, ids), seen_by_sql(path))
  end)
end)

describe("a chain", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open { retention = "1h" }
  end)
  after_each(bench.clear)

  it("goes on after a crash where it was, enqueued when it was", function()
    local ids = manager:chain { { worker = "long" }, { worker = "long" }, { worker = "succeed" } }
    manager:advance(90)
    local second = manager:crash()
    local info = second:find(ids[2])
    assert.are.equal("enqueued", info.state)
    assert.are.equal("crashed", info.stop_reason)
    assert.are.equal(1, info.attempt)
    assert.are.equal(diary.start + 60, info.enqueued_at)
    assert.are.equal("blocked", second:find(ids[3]).state)
    second:advance(60)
    assert.are.equal("succeeded", second:find(ids[3]).state)
    assert.are.equal(diary.start + 60, second:find(ids[2]).enqueued_at)
  end)

  it("that outlasts the retention of its first works is deleted with the last", function()
    local ids = manager:chain {
      { worker = "succeed" }, { worker = "long", input = { seconds = 9000 } }, { worker = "fail" },
    }
    manager:advance "2h"
    assert.is_not_nil(manager:find(ids[1]))
    manager:advance "31m"
    assert.is_nil(manager:find(ids[1]))
    assert.are.equal("failed", manager:find(ids[3]).state)
    manager:advance "61m"
    assert.are.equal(0, manager:count { all = true })
  end)
end)
