local bench = require "spec.support.bench"
local child = require "spec.support.child"
local command = require "spec.support.command"
local expect = require "spec.support.expect"
local moonshift = require "moonshift"
local server = require "spec.support.server"
local stores = require "spec.support.stores"
local walk = require "spec.support.random_walk"

local host, missing = server.shared()

if not host then
  assert(not os.getenv "CI", missing)
  pending("a store on a PostgreSQL server: " .. missing)
  return
end

local function open(url, options)
  local all = { database = url }
  for key, value in pairs(options or {}) do
    all[key] = value
  end
  return (stores.open(all))
end

--- The columns of every table and view, one a line.
local function columns_of()
  return host:sql("work", [[
    SELECT table_name || '.' || column_name FROM information_schema.columns
    WHERE table_schema = 'moonshift' ORDER BY table_name COLLATE "C", ordinal_position]])
end

local function columns_of_file(path)
  local pipe = assert(io.popen("sqlite3 '" .. path .. [[' "SELECT m.name || '.' || c.name]]
    .. [[ FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type IN ('table', 'view')]]
    .. [[ AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid"]]))
  local text = pipe:read "*a":gsub("%s+$", "")
  pipe:close()
  return text
end

describe("a store on a PostgreSQL server", function()
  after_each(function()
    bench.clear()
    bench.move(nil)
    child.clear()
    stores.clear()
  end)

  it("has the tables and columns of a store in a file", function()
    local manager, path = stores.open()
    open(host:empty "work")
    assert.is_not_nil(manager)
    assert.are.equal(columns_of_file(path), columns_of())
  end)

  for seed = 1, 3 do
    it("does in story " .. seed .. " what the model does", function()
      bench.move(host)
      walk(seed, 40)
    end)
  end

  it("keeps texts that the database cannot hold as they are", function()
    local manager = open(host:empty "work", { workers = {
      fail = function()
        error "bytes \255 \239\183\144 and more"
      end,
    } })
    local tag, name = "nul \0 tag", "a \"quoted\\ name\0"
    local id = manager:enqueue({ worker = "fail", input = { text = "x\0y\239\183\144" },
      tags = { tag, "plain" } }, { name = name, existing = "keep" })
    local info = stores.result(manager, id)
    assert.are.equal("x\0y\239\183\144", info.input.text)
    expect.text("bytes \255 \239\183\144 and more", info.error)
    assert.are.same({ id }, { manager:query({ tag = tag, name = name })[1].id })
    assert.are.same({ tag, "plain" }, manager:find(id).tags)
    assert.are.same({ name }, manager:names())
    assert.are.equal(1, manager:prune())
  end)

  it("tells a second process what changes, and answers it", function()
    local url = host:empty "work"
    local manager = open(url)
    local events = {}
    local chain = manager:chain { { worker = "pass" }, { worker = "pass" } }
    manager:observe({ all = true }, function(event)
      events[#events + 1] = event.type .. " " .. string.format("%d", event.work.id)
    end)
    local runner = child.start("holder", url)
    runner:expect "open"
    stores.finished(manager, chain)
    manager:await(chain, "50ms")
    assert.are.equal("succeeded", manager:find(chain[2]).state)
    expect.text("succeeded 2", table.concat(events, ","))
    runner:signal "TERM"
    runner:expect "passed"
    runner:expect "passed"
    runner:expect "closed"
    stores.until_true(manager, chain, function()
      return manager:stats().processes == 1
    end)
  end)

  it("gives a unique name to one of several processes", function()
    local url = host:empty "work"
    local manager = open(url)
    local first, second = child.start("unique", url, 20), child.start("unique", url, 20)
    local text = first:rest() .. second:rest()
    local _, enqueued = text:gsub("enqueued", "")
    local _, kept = text:gsub("kept", "")
    assert.are.equal(20, enqueued, text)
    assert.are.equal(20, kept, text)
    assert.are.equal(20, manager:count { all = true })
  end)

  it("counts a queue's limit over all processes", function()
    local url = host:empty "work"
    local manager = open(url, { queues = { default = { limit = 1 } } })
    local ids = manager:enqueue { { worker = "hold" }, { worker = "hold" } }
    local first, second = child.start("holder", url), child.start("holder", url)
    first:expect "open"
    second:expect "open"
    stores.until_true(manager, ids[2], function()
      return manager:count { state = "running" } == 1
    end)
    assert.are.equal("queue_limit", manager:why(ids[2])[1].kind)
    manager:set_queue("default", { limit = 2 })
    stores.until_true(manager, ids[2], function()
      return manager:count { state = "running" } == 2
    end)
    assert.are.equal(2, manager:cancel { state = "running" })
    stores.until_true(manager, ids[2], function()
      return manager:stats().running == 0
    end)
  end)

  it("gives the work of a process that is killed to another", function()
    local url = host:empty "work"
    local manager = open(url)
    local id = manager:enqueue { worker = "hold" }
    local first = child.start("holder", url)
    first:expect "open"
    first:expect(("begin %d attempt 1 run 1"):format(id))
    local second = child.start("holder", url)
    second:expect "open"
    first:kill()
    second:expect(("begin %d attempt 2 run 2"):format(id))
    second:kill()
    local info = stores.until_state(manager, id, "enqueued")
    assert.are.equal("crashed", info.stop_reason)
  end)

  it("stops a run whose process was taken for dead, and refuses its result", function()
    local url = host:empty "work"
    local reason
    host:sql("work", "CREATE ROLE cut LOGIN SUPERUSER")
    local manager = open(host:url("work", "cut"), { workers = {
      hold = function(_, work)
        reason = select(2, work:sleep "20s")
        return "success", { late = true }
      end,
    } })
    local id = manager:enqueue { worker = "hold" }
    manager:await(id, "10ms")
    assert.are.equal("running", manager:find(id).state)
    local heir = child.start("holder", url)
    heir:expect "open"
    -- It is not let in again until the heir has noticed, as where the network is cut.
    host:sql("work", [[ALTER ROLE cut NOLOGIN;
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cut']])
    heir:expect(("begin %d attempt 2 run 2"):format(id))
    host:sql("work", "ALTER ROLE cut LOGIN")
    stores.until_true(manager, id, function()
      return reason
    end)
    assert.are.equal("crashed", reason)
    local info = manager:find(id)
    assert.are.equal("running", info.state)
    assert.are.equal(2, info.run)
    assert.is_nil(info.output)
    local next_id = manager:enqueue { worker = "hold" }
    assert.are.equal(id + 1, next_id)
  end)

  it("shows works to people by a view", function()
    local manager = open(host:empty "work", { workers = {
      double = function(input)
        return "success", { n = input.n * 2 }
      end,
    } })
    stores.result(manager, manager:enqueue { worker = "double", input = { n = 21 } })
    manager:enqueue { worker = "later" }
    assert.are.equal('1|double|succeeded|{"n":42}\n2|later|enqueued|', host:sql("work",
      "SELECT id, worker, state, output FROM moonshift.moonshift_work ORDER BY id"))
  end)

  it("does not pretend to know how much room the server's disk has", function()
    local manager = open(host:empty "work", { workers = { note = function() end } })
    local id = manager:enqueue { worker = "note", constraints = { storage_not_low = true } }
    local values, more = manager:conditions()
    assert.are.equal("unknown", values.storage_not_low)
    expect.text("disk cannot be seen", more.storage_not_low.trouble)
    expect.text("storage_not_low is unknown", manager:why(id)[1].detail)
    manager:set_condition("storage_not_low", true)
    assert.are.equal("failed", stores.result(manager, id).state)
  end)

  it("takes in what other programs insert into its inbox", function()
    local manager = open(host:empty "work", { workers = {
      greet = function(input)
        return "success", { said = "hello " .. input.name }
      end,
    } })
    local other = manager:enqueue { worker = "nobody" }
    manager:await(other, "10ms")
    host:sql("work", "INSERT INTO moonshift.moonshift_inbox (request) VALUES "
      .. [[('{"worker":"greet","input":{"name":"you"}}'), ('{"worker":7}')]])
    local info = stores.until_true(manager, other, function()
      return manager:query({ state = "succeeded" })[1]
    end)
    assert.are.equal("hello you", info.output.said)
    expect.text("worker", host:sql("work", "SELECT error FROM moonshift.moonshift_inbox"))
  end)

  it("is served by the command line", function()
    local url = host:empty "work"
    local program = command.program() .. " "
    local db = " --db " .. command.quote(url)
    local status, out = command.run(program .. "enqueue later" .. db .. " 2>&1")
    assert.are.equal(0, status, out)
    status, out = command.run(program .. "list" .. db .. " 2>&1")
    assert.are.equal(0, status, out)
    expect.text("later", out)
    local secret = url:gsub("moon@", "moon:se-cret@")
    status, out = command.run(program .. "doctor --db " .. command.quote(secret) .. " 2>&1")
    assert.are.equal(1, status, out)
    expect.text("no other process has the store open", out)
    assert.is_nil(out:find("se-cret", 1, true), out)
  end)

  describe("is not opened", function()
    local function refuse(code, url, options)
      local all = { database = url }
      for key, value in pairs(options or {}) do
        all[key] = value
      end
      return expect.code(code, moonshift.open(all))
    end

    it("where no server answers", function()
      refuse("IO", "postgres://moon@/work?host=/nowhere")
      refuse("IO", "postgresql://moon:se-cret@127.0.0.1:1/work")
    end)

    it("where there is no such database or user", function()
      expect.text('database "nothing" does not exist', refuse("NOTFOUND", host:url "nothing"))
      host:empty "work"
      expect.text("stranger", refuse("PERMISSION", host:url("work", "stranger")))
    end)

    it("by somebody who may not make or read the tables", function()
      host:empty "work"
      host:sql("work", "CREATE ROLE guest LOGIN")
      refuse("PERMISSION", host:url("work", "guest"))
      open(host:url "work")
      refuse("PERMISSION", host:url("work", "guest"))
    end)

    it("when a newer moonshift has written it", function()
      local url = host:empty "work"
      open(url):close()
      host:sql("work", "UPDATE moonshift.ms_counter SET value = 99 WHERE name = 'schema'")
      expect.text("schema version 99", refuse("VERSION", url))
    end)

    it("when its schema belongs to another application", function()
      local url = host:empty "work"
      host:sql("work", "CREATE SCHEMA moonshift; CREATE TABLE moonshift.orders (id int)")
      refuse("CORRUPT", url)
      assert.are.equal("orders", host:sql("work",
        "SELECT relname FROM pg_class WHERE relnamespace = 'moonshift'::regnamespace"))
    end)

    it("by a URL that does not parse, whose password is not told", function()
      expect.misuse(function()
        moonshift.open "postgres://moon:se-cret@[::1/work"
      end, "options.database: expected postgres://")
      local _, message = pcall(moonshift.open, "postgres://moon:se-cret@[::1/work")
      assert.is_nil(message:find("se-cret", 1, true))
    end)

    it("while another holds the turn for longer than busy_timeout", function()
      local url = host:empty "work"
      local manager = open(url, { busy_timeout = "100ms" })
      local holder = assert(io.popen(("%s/psql -X -q -h %s -U moon -d work >/dev/null")
        :format(host.bin, host.path), "w"))
      holder:write "BEGIN; SELECT pg_advisory_xact_lock(1299141480, 0);\n"
      holder:flush()
      local id = stores.until_true(manager, 1, function()
        return manager:enqueue { worker = "later" } == nil
      end)
      assert.is_true(id)
      expect.code("BUSY", manager:enqueue { worker = "later" })
      refuse("BUSY", url, { busy_timeout = "50ms" })
      holder:close()
      assert.is_not_nil(manager:enqueue { worker = "later" })
    end)
  end)

  -- A server that has just started waits before it takes anybody for dead, so these come last.
  it("lets the result count of work that ran through a restart of the server", function()
    local url = host:empty "work"
    local manager = open(url, { durability = "full", workers = {
      outlive = function(_, work)
        host:stop()
        host:resume()
        work:sleep "50ms"
        return "success", { attempt = work.attempt }
      end,
    } })
    local id = manager:enqueue { worker = "outlive" }
    local info = stores.result(manager, id)
    assert.are.equal("succeeded", info.state)
    assert.are.equal(1, info.output.attempt)
    assert.are.equal(1, info.run)
    local again = manager:enqueue { worker = "nobody" }
    assert.are.equal("enqueued", manager:find(again).state)
  end)

  it("fails calls while the server is away, and loses nothing", function()
    local manager = open(host:empty "work", { durability = "full" })
    local id = manager:enqueue { worker = "nobody" }
    host:stop()
    expect.code("IO", manager:enqueue { worker = "nobody" })
    expect.code("IO", manager:find(id))
    host:resume()
    assert.are.equal("enqueued", manager:find(id).state)
    assert.are.equal(id + 1, manager:enqueue { worker = "nobody" })
  end)
end)
