local expect = require "spec.support.expect"
local moonshift = require "moonshift"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

local function only(list)
  assert.are.equal(1, #list)
  return list[1]
end

describe("a row of moonshift_inbox", function()
  after_each(stores.clear)

  --- A store that nobody has open, with these rows.
  local function leave(...)
    local manager, path = stores.open()
    assert(manager:close())
    for _, row in ipairs { ... } do
      assert.are.equal("", sql.run(path, sql.insert(row)))
    end
    return path
  end

  --- Opens the store and waits until no row is left unread.
  local function take_in(path, options)
    local all = { database = path }
    for key, value in pairs(options or {}) do
      all[key] = value
    end
    local manager = stores.open(all)
    assert(manager:run "idle")
    return manager
  end

  local function take_in_one(row)
    return only(take_in(leave(row)):query { all = true })
  end

  it("becomes work when the next manager opens the store", function()
    local path = leave { request = '{"worker":"later"}' }
    local info = only(take_in(path):query { all = true })
    assert.are.equal("later", info.worker)
    assert.are.equal("enqueued", info.state)
    assert.are.same({}, sql.errors(path))
  end)

  it("is as if the same had been enqueued", function()
    local info = take_in_one { request = [[{
      "worker": "upload", "input": { "path": "a", "sizes": [1, 2.5], "none": null },
      "tags": ["backup", "nightly"], "at": "2099-01-01T00:00:00Z", "queue": "disk", "priority": 7,
      "constraints": { "network": "unmetered", "charging": true, "custom": ["night"] },
      "backoff": { "policy": "linear", "delay": "10s", "max": 60, "jitter": 0.5 },
      "max_attempts": 3, "timeout": "10m", "keep_results_for": "2d", "merger": "arrays",
      "trace": "order 17" }]] }
    local manager = stores.open()
    local same = manager:find(manager:enqueue {
      worker = "upload", input = { path = "a", sizes = { 1, 2.5 }, none = moonshift.null },
      tags = { "backup", "nightly" }, at = "2099-01-01T00:00:00Z", queue = "disk", priority = 7,
      constraints = { network = "unmetered", charging = true, custom = { "night" } },
      backoff = { policy = "linear", delay = "10s", max = 60, jitter = 0.5 },
      max_attempts = 3, timeout = "10m", keep_results_for = "2d", merger = "arrays",
      trace = "order 17",
    })
    same.enqueued_at, same.enqueued_by = info.enqueued_at, info.enqueued_by
    assert.are.same(same, info)
  end)

  it("says in enqueued_by which row it was", function()
    local path = leave({ request = '{"worker":"one"}' }, { request = '{"worker":"two"}' })
    local manager = take_in(path)
    assert.are.equal("moonshift_inbox:2", only(manager:query { worker = "two" }).enqueued_by)
  end)

  it("may hold several requests", function()
    local path = leave { request = '[{"worker":"one"},{"worker":"two"}]' }
    local infos = take_in(path):query { all = true }
    assert.are.equal(2, #infos)
    assert.are.equal("two", infos[2].worker)
  end)

  it("may hold stages, as chain takes them", function()
    local path = leave { stages = '[{"worker":"one"},[{"worker":"two"},{"worker":"three"}]]' }
    local infos = take_in(path):query { all = true }
    assert.are.equal(3, #infos)
    assert.are.same({ infos[1].id }, infos[2].prerequisites)
    assert.are.equal("blocked", infos[3].state)
  end)

  it("may name prerequisites by their ids", function()
    local manager, path = stores.open()
    local id = manager:enqueue { worker = "first" }
    manager:close()
    sql.run(path, sql.insert { request = ('{"worker":"second","after":[%d]}'):format(id) })
    local info = only(take_in(path):query { worker = "second" })
    assert.are.same({ id }, info.prerequisites)
  end)

  it("may have a unique name", function()
    local keep = { request = '{"worker":"sync"}', name = "sync", existing = "keep" }
    local replace = { request = '{"worker":"sync2"}', name = "sync", existing = "replace" }
    local manager = take_in(leave(keep, keep, replace))
    local infos = manager:query { all = true }
    assert.are.equal(2, #infos)
    assert.are.equal("cancelled", infos[1].state)
    assert.are.equal("sync2", infos[2].worker)
    assert.are.equal("sync", infos[2].name)
  end)

  it("counts delays from its insertion", function()
    local now = os.time()
    local info = take_in_one { request = '{"worker":"later","delay":"1h"}',
      inserted_at = now - 600 }
    assert.are.equal(now - 600, info.enqueued_at)
    assert.are.equal(now + 3000, info.due_at)
  end)

  it("counts its deadline from its insertion", function()
    local info = take_in_one { request = '{"worker":"later","deadline":"5m"}',
      inserted_at = os.time() - 600 }
    assert.are.equal("failed", info.state)
    expect.text("deadline", info.error)
  end)

  it("comes at the latest now, whatever its client's clock says", function()
    local info = take_in_one { request = '{"worker":"later"}', inserted_at = os.time() + 86400 }
    assert.is_true(info.enqueued_at <= os.time() + 1)
  end)

  it("keeps input as data is kept", function()
    local path = leave { request = '{"worker":"w","input": { "b" : [ ] , "a": "\\u00e9\\/" } }' }
    local input = only(take_in(path):query { all = true }).input
    assert.are.equal("é/", input.a)
    local text = sql.run(path, "SELECT input FROM moonshift_work;")
    expect.text('"b":[]', text)
    expect.text('"a":"é/"', text)
  end)

  it("may nest input as deep as any data, and no deeper", function()
    local function nested(depth)
      return { stages = ('[[{"worker":"w","input":%s%s}]]'):format(('{"a":'):rep(depth - 1) .. "{}",
        ("}"):rep(depth - 1)) }
    end
    local path = leave(nested(64), nested(65))
    assert.are.equal(1, take_in(path):count { all = true })
    expect.text("nested deeper than 64 tables", only(sql.errors(path)))
  end)

  it("becomes works in one transaction or not at all", function()
    local path = leave { request = '[{"worker":"one"},{"worker":"two","after":[99]}]' }
    assert.are.equal(0, take_in(path):count { all = true })
    assert.are.equal("after: there is no work 99", only(sql.errors(path)))
  end)

  it("is one of many that are all taken in, in their order", function()
    local path = leave()
    sql.run(path, [[WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 1000)
      INSERT INTO moonshift_inbox (request)
      SELECT json_object('worker', 'many', 'input', json_object('n', i)) FROM n;]])
    local infos = take_in(path):query { all = true }
    assert.are.equal(1000, #infos)
    for place, info in ipairs(infos) do
      assert.are.equal(place, info.input.n)
    end
  end)

  it("is waited for by await and by run", function()
    local path = leave { request = '{"worker":"hello","tags":["x"]}' }
    local workers = { hello = function() return "success" end }
    local manager = stores.open { database = path, workers = workers }
    assert.are.equal("succeeded", only(stores.finished(manager, { tag = "x" })).state)
    sql.run(path, sql.insert { request = '{"worker":"hello"}' })
    assert(manager:run "done")
    assert.are.equal(2, manager:count { state = "succeeded" })
  end)

  it("has either a request or stages, as its client hears at once", function()
    local path = leave()
    expect.text("CHECK", sql.run(path, sql.insert { name = "x" }))
    expect.text("CHECK", sql.run(path, sql.insert { request = "{}", stages = "[]" }))
    expect.text("CHECK", sql.run(path, sql.insert { request = "{}", inserted_at = "today" }))
  end)

  it("stands in a file in which the application has tables of its own", function()
    local path = leave()
    sql.run(path, [[CREATE TABLE invoice (id INTEGER PRIMARY KEY, sum INTEGER);
      BEGIN; INSERT INTO invoice VALUES (1, 100);]] .. sql.insert { request = '{"worker":"mail"}' }
      .. "COMMIT;")
    assert.are.equal(1, take_in(path):count { worker = "mail" })
    assert.are.equal("100\n", sql.run(path, "SELECT sum FROM invoice;"))
  end)

  it("that is rolled back never was", function()
    local path = leave()
    sql.run(path, "BEGIN;" .. sql.insert { request = '{"worker":"mail"}' } .. "ROLLBACK;")
    assert.are.equal(0, take_in(path):count { all = true })
  end)

  describe("that is refused", function()
    --- What the call raises, without the place where it was called.
    local function raised(...)
      local manager = stores.open { database = ":memory:", max_data_bytes = 100 }
      local ok, message = pcall(manager.enqueue, manager, ...)
      assert.is_false(ok)
      return (message:gsub("^[^:]*:%d+: ", ""))
    end

    it("stays, with the words that enqueue raises", function()
      local invalid = {
        { { worker = "w", delay = true }, '{"worker":"w","delay":true}' },
        { { worker = "w", dealy = 1 }, '{"worker":"w","dealy":1}' },
        { { worker = "w", tags = { "a", 7 } }, '{"worker":"w","tags":["a",7]}' },
        { { { worker = "w" }, { input = {} } }, '[{"worker":"w"},{"input":{}}]' },
        { { worker = "w", input = { long = ("x"):rep(100) } },
          '{"worker":"w","input":{"long":"' .. ("x"):rep(100) .. '"}}' },
        { { worker = "w", cron = "often" }, '{"worker":"w","cron":"often"}' },
        { { worker = "w", after = { {} } }, '{"worker":"w","after":[{}]}' },
        { {}, "{}" },
      }
      local rows = {}
      for place, case in ipairs(invalid) do
        rows[place] = { request = case[2] }
      end
      local path = leave((table.unpack or unpack)(rows))
      assert.are.equal(0, take_in(path, { max_data_bytes = 100 }):count { all = true })
      local errors = sql.errors(path)
      for place, case in ipairs(invalid) do
        assert.are.equal(raised(case[1]), errors[place])
      end
    end)

    it("says what is wrong with its name", function()
      local path = leave({ request = '{"worker":"w"}', name = "n" },
        { request = '{"worker":"w"}', existing = "keep" },
        { request = '{"worker":"w"}', name = "n", existing = "often" },
        { request = '[{"worker":"w","every":60},{"worker":"w"}]', name = "n", existing = "keep" })
      take_in(path)
      local unique = { { name = "n" }, { existing = "keep" }, { name = "n", existing = "often" } }
      local errors = sql.errors(path)
      for place, value in ipairs(unique) do
        assert.are.equal(raised({ worker = "w" }, value), errors[place])
      end
      assert.are.equal("unique.name: periodic work shares its name with no other work", errors[4])
    end)

    it("says where its JSON is wrong", function()
      local path = leave({ request = '{"worker":' }, { request = "" }, { request = "7" },
        { request = '{"worker":"w","worker":"v"}' },
        { request = '{"worker":"w","input":{"n":92233720368547758080}}' },
        { stages = '{"worker":"w"}' })
      take_in(path)
      assert.are.same({
        "request: invalid JSON at byte 11: expected a value",
        "request: invalid JSON at byte 1: expected a value",
        "request: expected a request or a list of requests, got 7",
        "request: invalid JSON at byte 23: a key given twice",
        "request: invalid JSON at byte 28: an integer that this Lua cannot hold",
        "stages: expected a list of stages, got a table with other keys",
      }, sql.errors(path))
    end)

    it("does not hold up the others", function()
      local path = leave({ request = "{" }, { request = '{"worker":"w"}' }, { request = "[" })
      assert.are.equal(1, take_in(path):count { worker = "w" })
    end)

    it("is tried again once somebody takes its error away", function()
      local path = leave { request = '{"worker":"w","delay":"soon"}' }
      take_in(path):close()
      sql.run(path, [[UPDATE moonshift_inbox
        SET request = json_set(request, '$.delay', '1m'), error = NULL;]])
      assert.are.equal(1, take_in(path):count { worker = "w" })
      assert.are.same({}, sql.errors(path))
    end)

    it("is told to on_error, once", function()
      local path, told = leave({ request = "{" }, { request = "[" }), {}
      local function on_error(event)
        told[#told + 1] = event
      end
      local manager = take_in(path, { on_error = on_error })
      manager:dispatch()
      take_in(path, { on_error = on_error }):dispatch()
      assert.are.equal("request", only(told).kind)
      expect.text("row 1 of moonshift_inbox: request: invalid JSON at byte 2", told[1].message)
      expect.text("(and 1 more)", told[1].message)
    end)
  end)
end)
