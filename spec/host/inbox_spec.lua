local lfs = require "lfs"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"
local system = require "system"

describe("a row that another program inserts", function()
  after_each(stores.clear)

  --- A manager that notes what its worker gets.
  local function open(options)
    local seen = {}
    local all = { workers = { hello = function(input)
      seen[#seen + 1] = input.n
      return "success"
    end } }
    for key, value in pairs(options or {}) do
      all[key] = value
    end
    local manager, path = stores.open(all)
    return manager, path, seen
  end

  --- Delivers what comes, but asks nothing of the store and so notices nothing by itself.
  local function serve_until(managers, condition)
    local deadline = system.monotime() + stores.patience
    while not condition() do
      assert(system.monotime() < deadline, "nothing came")
      for _, manager in ipairs(managers) do
        manager:dispatch()
      end
      system.sleep(0.002)
    end
  end

  local function serve(manager, seen, count)
    serve_until({ manager }, function()
      return #seen >= count
    end)
  end

  local row = sql.insert { request = '{"worker":"hello","input":{"n":1}}' }

  it("reaches a manager that is idle, from the sqlite3 shell", function()
    local manager, path, seen = open()
    assert.are.equal("", sql.run(path, row))
    serve(manager, seen, 1)
    assert.are.same({ 1 }, seen)
  end)

  it("does so too when every commit goes to the disk", function()
    local manager, path, seen = open { durability = "full" }
    sql.run(path, row)
    serve(manager, seen, 1)
  end)

  it("does so again and again", function()
    local manager, path, seen = open()
    for count = 1, 10 do
      sql.run(path, row)
      serve(manager, seen, count)
    end
    assert.are.equal(10, #seen)
  end)

  it("comes with the application's own rows from Python, and goes with them", function()
    local manager, path, seen = open()
    assert.are.equal("", sql.python(path, [[
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE invoice (id INTEGER PRIMARY KEY, sum INTEGER)")

def bill(id, sum):
    request = {"worker": "hello", "input": {"n": id}}
    db.execute("INSERT INTO invoice VALUES (?, ?)", (id, sum))
    db.execute("INSERT INTO moonshift_inbox (request) VALUES (?)", (json.dumps(request),))

bill(1, 100)
db.rollback()
with db:
    bill(2, 200)
]]))
    serve(manager, seen, 1)
    assert.are.same({ 2 }, seen)
    assert.are.equal("2\n", sql.run(path, "SELECT id FROM invoice;"))
    assert.are.equal(1, manager:count { all = true })
  end)

  it("leaves each name to the application that does not begin with ms_ or moonshift_", function()
    local _, path = open()
    assert.are.equal("0\n", sql.run(path, [[SELECT count(*) FROM sqlite_schema
      WHERE name NOT GLOB 'ms_*' AND name NOT GLOB 'moonshift_*' AND name NOT GLOB 'sqlite_*';]]))
  end)

  it("is waited for when its transaction writes to the log long before it commits", function()
    local manager, path, seen = open()
    local pipe = sql.start(path, [[
PRAGMA cache_size = 1;
BEGIN;
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 200)
INSERT INTO moonshift_inbox (request)
SELECT json_object('worker', 'hello', 'input', json_object('n', i, 'pad', hex(zeroblob(500))))
FROM n;
.shell echo written && sleep 0.3
COMMIT;
]])
    assert.are.equal("written", pipe:read "*l")
    assert.are.equal(0, #seen)
    serve(manager, seen, 200)
    pipe:close()
    assert.are.equal(200, #seen)
  end)

  it("becomes one work, however many managers there are", function()
    local one, path, seen_here = open()
    local other, _, seen_there = open { database = path }
    sql.python(path, [[
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for n in range(50):
    with db:
        db.execute("INSERT INTO moonshift_inbox (request) VALUES (?)",
            ('{"worker":"hello","input":{"n":%d}}' % n,))
]])
    serve_until({ one, other }, function()
      return #seen_here + #seen_there >= 50
    end)
    local numbers = {}
    for _, seen in ipairs { seen_here, seen_there } do
      for _, number in ipairs(seen) do
        assert.is_nil(numbers[number])
        numbers[number] = true
      end
    end
    -- What the other has run it tells the store itself.
    serve_until({ one, other }, function()
      return one:count { state = "succeeded" } == 50
    end)
    assert.are.equal(50, #seen_here + #seen_there)
  end)

  --- A set of the threads that there are.
  local function list_threads()
    local threads = {}
    for thread in lfs.dir "/proc/self/task" do
      threads[thread] = thread:match "%d"
    end
    return threads
  end

  --- How often threads have gone to sleep that are not in the set.
  local function count_sleeps(before)
    local sum = 0
    for thread in pairs(list_threads()) do
      if not before[thread] then
        for line in io.lines("/proc/self/task/" .. thread .. "/status") do
          sum = sum + (line:match "^voluntary_ctxt_switches:%s*(%d+)" or 0)
        end
      end
    end
    return sum
  end

  it("leaves a manager asleep once it is taken in", function()
    local others = list_threads()
    local manager, path, seen = open()
    sql.run(path, row)
    serve(manager, seen, 1)
    serve_until({}, function()
      local before = count_sleeps(others)
      system.sleep(0.5)
      return count_sleeps(others) == before
    end)
  end)
end)
