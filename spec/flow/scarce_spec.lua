local folder = require "spec.support.folder"
local moonshift = require "moonshift"
local scarcity = require "spec.support.scarcity"
local stores = require "spec.support.stores"

-- MOONSHIFT_EVERY=1 denies every block in turn.
local EVERY = tonumber(os.getenv "MOONSHIFT_EVERY") or 13

-- Each of these takes milliseconds.
local EVERY_RUN = EVERY > 1 and EVERY * 4 or 1

local ALL = { all = true }

describe("without enough memory in the caller's Lua state", function()
  local manager

  before_each(function()
    manager = assert(moonshift.open(":memory:"))
  end)
  after_each(function()
    manager:close(0)
  end)

  local function sight()
    return scarcity.text { manager:query(ALL), manager:queues(), manager:names(), manager:tags() }
  end

  -- The call is refused and leaves no trace, or it is done; undo takes back what it did.
  local function refuses_or_does(call, undo)
    local before = sight()
    scarcity.each(EVERY, call, function(ok, ...)
      if ok then
        undo(...)
      end
      assert(before == sight(), "something is left behind")
    end)
  end

  local function forget(ids)
    local list = {}
    local function gather(value)
      if type(value) == "table" then
        for _, element in ipairs(value) do
          gather(element)
        end
      else
        list[#list + 1] = value
      end
    end
    gather(ids)
    assert(manager:cancel(list) == #list)
    assert(manager:prune() == #list)
  end

  local REQUESTS = {
    ["a plain request"] = { worker = "a" },
    ["every field"] = {
      worker = "a", input = { list = { 1, 2, 3 }, text = ("x"):rep(500), deep = { { { 1 } } } },
      tags = { "one", "two" }, delay = "1h", backoff = { policy = "linear", delay = 1, max = 2 },
      constraints = { network = "unmetered", charging = true, custom = { "vpn", "night" } },
      max_attempts = 3, timeout = 9, deadline = "1d", queue = "mail", priority = 5,
      merger = "arrays", keep_results_for = "7d", trace = "trace",
    },
    ["periodic work"] = { worker = "a", every = "1h", flex = "10m" },
    ["cron in a zone"] = { worker = "a", cron = "0 3 * * *", zone = "Europe/Berlin" },
    ["files"] = { worker = "a", constraints = { files = { "spec", settle = 1, rearm = true } } },
    ["a list"] = { { worker = "a" }, { worker = "b", tags = { "x" } }, { worker = "c" } },
  }
  for title, request in pairs(REQUESTS) do
    it("enqueue stores all or nothing: " .. title, function()
      refuses_or_does(function()
        return manager:enqueue(request)
      end, forget)
    end)
  end

  it("chain stores all or nothing", function()
    local stages = { { worker = "a" }, { { worker = "b" }, { worker = "c" } }, { worker = "d" } }
    refuses_or_does(function()
      return manager:chain(stages)
    end, forget)
  end)

  it("requests that name each other are stored or not", function()
    refuses_or_does(function()
      local first = { worker = "a" }
      return manager:enqueue { first, { worker = "b", after = { first } } }
    end, forget)
  end)

  it("a name is taken or not", function()
    for _, existing in ipairs { "replace", "append", "append_or_replace", "update", "keep" } do
      refuses_or_does(function()
        return manager:enqueue({ worker = "a" }, { name = "new", existing = existing })
      end, forget)
    end
  end)

  it("a name is kept, or nobody knows", function()
    local id = manager:enqueue({ worker = "a" }, { name = "n", existing = "keep" })
    refuses_or_does(function()
      return manager:enqueue({ { worker = "b" } }, { name = "n", existing = "keep" })
    end, function(ids, outcome)
      assert(ids[1] == id and outcome == "kept")
    end)
  end)

  it("a name is replaced or not", function()
    local unique = { name = "n", existing = "replace" }
    local old = manager:enqueue({ worker = "a" }, unique)
    scarcity.each(EVERY, function()
      return manager:enqueue({ { worker = "b" }, { worker = "c" } }, unique)
    end, function(ok, ids)
      local is_gone = manager:find(old).state == "cancelled"
      assert(is_gone == ok, "half replaced")
      assert(manager:count(ALL) == (ok and 3 or 1), "something is left behind")
      if ok then
        manager:cancel(ids)
        manager:prune()
        old = manager:enqueue({ worker = "a" }, unique)
      end
    end)
  end)

  it("update changes all or nothing", function()
    local id = manager:enqueue { worker = "a", input = { 1 } }
    local generation = 0
    scarcity.each(EVERY, function()
      return manager:update(id, { worker = "b", input = { 2 }, tags = { "t" }, delay = 60 })
    end, function(ok, how)
      generation = generation + (ok and 1 or 0)
      assert(not ok or how == "applied_immediately")
      assert(manager:find(id).generation == generation, "updated and refused")
    end)
  end)

  it("cancel, retry and run_now change all or nothing", function()
    local id = manager:enqueue { worker = "a", tags = { "t" }, delay = 60 }
    for _, step in ipairs { { "run_now", "enqueued" }, { "cancel", "cancelled" },
      { "retry", "enqueued" } } do
      scarcity.each(EVERY, function()
        return manager[step[1]](manager, { tag = "t", worker = { "a", "b" } })
      end, function(ok, count)
        assert(not ok or count == 1, "how many")
        assert(not ok or manager:find(id).state == step[2], "the state")
        if step[1] == "cancel" then
          manager:retry(id)
        elseif step[1] == "retry" then
          manager:cancel(id)
        end
      end)
      manager[step[1]](manager, id)
    end
  end)

  it("queues are set or not", function()
    manager:set_queue("mail", { limit = 1 })
    refuses_or_does(function()
      return manager:set_queue("mail", { limit = 2, rate = "3/m", paused = true })
    end, function()
      manager:set_queue("mail", { limit = 1, paused = false })
    end)
    refuses_or_does(function()
      return manager:pause "mail"
    end, function()
      manager:resume "mail"
    end)
  end)

  it("questions change nothing", function()
    local id = manager:enqueue(REQUESTS["every field"], { name = "n", existing = "keep" })
    manager:set_queue("mail", { limit = 1, rate = "1/m" })
    for _, ask in ipairs {
      function() return manager:find(id) end,
      function() return manager:query({ state = "enqueued", name = "n" }, { limit = 5 }) end,
      function() return manager:count { tag = { "one", "two" } } end,
      function() return manager:names() end,
      function() return manager:tags() end,
      function() return manager:why(id) end,
      function() return manager:stats() end,
      function() return manager:queues() end,
      function() return manager:refused() end,
      function() return manager:last_cancel_all() end,
      function() return manager:await(id, 0) end,
    } do
      refuses_or_does(ask, function() end)
    end
  end)

  it("conditions are set or not", function()
    scarcity.each(EVERY, function()
      return manager:set_condition("vpn", true)
    end, function(ok)
      assert(not ok or manager:conditions().vpn == true)
      manager:set_condition("vpn", nil)
    end)
  end)
end)

describe("without enough memory in the state that runs host workers", function()
  local manager, begun, ended

  local WORKERS = {
    plain = function(input, work)
      begun[work.id] = (begun[work.id] or 0) + 1
      work:progress { step = 1, list = { input.n } }
      ended[work.id] = true
      return "success", { n = input.n, list = { 1, 2, 3 } }
    end,
    sleeper = {
      run = function(_, work)
        begun[work.id] = (begun[work.id] or 0) + 1
        work:sleep "1ms"
        ended[work.id] = true
        return "success"
      end,
      on_stop = function() end,
    },
    merged = function(input)
      return "success", input
    end,
    merge = function(inputs)
      return { sum = #inputs }
    end,
  }

  before_each(function()
    begun, ended = {}, {}
  end)
  after_each(function()
    manager:close(0)
  end)

  local function is_memory(info)
    return info.error:find("not enough memory", 1, true)
  end

  -- Whatever the call does not come to is done by the next one, and nothing is done twice.
  local function check_works(ids)
    for _, info in ipairs(assert(manager:await(ids, 20))) do
      if info.state == "failed" then
        assert(is_memory(info) or info.error:find "prerequisite", info.error)
      else
        assert(info.state == "succeeded", info.state)
        assert(info.worker == "merged" or ended[info.id], "it did not end")
      end
      assert((begun[info.id] or 0) <= 1, "it began twice")
      assert(info.run == 1 or info.error, "it was run again")
    end
    assert(manager:stats().running == 0)
  end

  local function runs_it(open, call)
    manager = open { database = ":memory:", workers = WORKERS, on_error = function() end }
    local ids
    local function enqueue()
      ids = manager:enqueue {
        { worker = "plain", input = { n = 1, text = ("x"):rep(300) } }, { worker = "sleeper" },
        { worker = "plain", tags = { "one", "two" } },
      }
      ids[4] = manager:enqueue { worker = "merged", after = { ids[1], ids[3] }, merger = "merge" }
      ids[5] = manager:enqueue { worker = "merged", after = { ids[1] }, merger = "arrays" }
    end
    enqueue()
    scarcity.each(EVERY_RUN, function()
      return call(manager, ids)
    end, function()
      check_works(ids)
      manager:prune()
      enqueue()
    end)
    check_works(ids)
  end

  it("all works come to their end by dispatch", function()
    runs_it(moonshift.open, function(it)
      return it:dispatch()
    end)
  end)

  it("all works come to their end by await", function()
    runs_it(moonshift.open, function(it, ids)
      return it:await(ids, 20)
    end)
  end)

  it("all works come to their end by run", function()
    runs_it(moonshift.open, function(it)
      return it:run "done"
    end)
  end)

  it("all works come to their end by advance", function()
    local testing = require "moonshift.testing"
    runs_it(function(options)
      local opened = testing.open(options)
      local await = opened.await
      return setmetatable({}, { __index = function(_, name)
        if name == "await" then
          return function(_, ids)
            opened:advance(1)
            return await(opened, ids)
          end
        end
        return function(_, ...)
          return opened[name](opened, ...)
        end
      end })
    end, function(it)
      return it:advance(1)
    end)
  end)
end)

describe("without enough memory in the state that observes", function()
  local manager, told

  before_each(function()
    told = { enqueued = 0, cancelled = 0, trouble = 0 }
    manager = assert(moonshift.open { database = ":memory:", on_error = function()
      told.trouble = told.trouble + 1
    end })
  end)
  after_each(function()
    manager:close(0)
  end)

  it("an observer is there or not", function()
    scarcity.each(EVERY, function()
      return manager:observe(ALL, function() end)
    end, function(ok, subscription)
      if ok then
        subscription:close()
      end
    end)
    manager:enqueue { worker = "a" }
    assert.are.equal(0, manager:dispatch())
  end)

  it("each event is delivered once, and each trouble", function()
    manager:observe(ALL, function(event)
      told[event.type] = told[event.type] + 1
      if event.type == "cancelled" then
        error "of no interest"
      end
    end)
    local function change()
      manager:cancel(manager:enqueue { worker = "a" })
    end
    change()
    scarcity.each(EVERY, function()
      return manager:dispatch()
    end, function(ok)
      manager:dispatch()
      assert(told.enqueued == 1 and told.cancelled == 1, "an event is missing, or told again")
      assert(told.trouble == 1 or not ok and told.trouble == 0, "trouble is missing")
      told.enqueued, told.cancelled, told.trouble = 0, 0, 0
      change()
    end)
  end)
end)

describe("without enough memory in the state of a worker thread", function()
  local path = package.path

  after_each(function()
    package.path = path
    stores.clear()
  end)

  it("each work comes to its end, and so does the one behind it", function()
    local manager = stores.pool("scarce", { threads = 1 })
    for _, count in ipairs { 1, 2, 40 } do
      for first = 1, 120, EVERY * 2 do
        local ids = manager:enqueue {
          { worker = "scarce", input = { first = first, count = count }, tags = { "a", "b" } },
          { worker = "plain", input = { list = { 1, 2, 3 } } },
        }
        for _, info in ipairs(stores.finished(manager, ids)) do
          local is_told = (info.error or ""):find("not enough memory", 1, true)
          assert(info.state == "succeeded" or is_told, info.error)
          assert.are.equal(1, info.run)
        end
        manager:prune()
      end
    end
  end)

  it("a manager is opened, or says what is missing", function()
    local database, place = stores.path(), folder.new()
    package.path = place .. "/?.lua;" .. path
    local first, opened = 1, false
    while not opened do
      local setup = 'require("spec.modules.scarce").arm(%d, 30) return {}'
      folder.write(place .. "/spec_setup.lua", setup:format(first))
      local ok, manager, message = pcall(moonshift.open, {
        database = database, setup = "spec_setup", threads = 2,
        workers = "spec.support.workers.basic",
      })
      opened = ok and manager
      if opened then
        stores.result(manager, manager:enqueue { worker = "succeed" })
        manager:close()
      else
        assert.truthy((ok and message or manager):find("not enough memory", 1, true))
      end
      first = first + EVERY * 4
    end
  end)
end)
