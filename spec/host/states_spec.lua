local folder = require "spec.support.folder"
local moonshift = require "moonshift"
local states = require "spec.modules.states"
local stores = require "spec.support.stores"
local system = require "system"

-- MOONSHIFT_CYCLES asks for more of them.
local CYCLES = tonumber(os.getenv "MOONSHIFT_CYCLES") or 60

-- Code for another Lua state, which finds the same modules; NAME stands for the named value.
local function code(text, values)
  local head = ("package.path, package.cpath = %q, %q\n"):format(package.path, package.cpath)
  return head .. text:gsub("%u+", function(name)
    return values[name] and ("%q"):format(values[name])
  end)
end

local function live(text, values)
  return states.start(code(text, values))
end

describe("several Lua states of one process, on a thread each", function()
  after_each(stores.clear)

  local SERVE = [[
    local moonshift = require "moonshift"
    local runs = 0
    local manager = assert(moonshift.open {
      database = DATABASE, durability = "normal", busy_timeout = "20s",
      workers = { [WORKER] = function(_, work)
        work:sleep "1ms"
        runs = runs + 1
        return "success"
      end },
    })
    for index = 1, 20 do
      assert(manager:enqueue { worker = WORKER, tags = { "t" .. index % 3 } })
    end
    local infos = assert(manager:await({ worker = WORKER }, "30s"))
    assert(manager:close())
    return #infos .. " " .. runs]]

  it("may open the same store", function()
    local path = stores.path()
    local one = live(SERVE, { DATABASE = path, WORKER = "one" })
    local other = live(SERVE, { DATABASE = path, WORKER = "other" })
    assert.are.equal("20 20", states.join(one))
    assert.are.equal("20 20", states.join(other))
    local manager = stores.open { database = path }
    assert.are.equal(40, manager:count { state = "succeeded" })
  end)

  it("may open stores of their own", function()
    local one = live(SERVE, { DATABASE = stores.path(), WORKER = "one" })
    local other = live(SERVE, { DATABASE = stores.path(), WORKER = "one" })
    assert.are.equal("20 20", states.join(one))
    assert.are.equal("20 20", states.join(other))
  end)
end)

describe("a Lua state that is closed", function()
  after_each(stores.clear)

  local LEAVE = [[
    local moonshift = require "moonshift"
    manager = assert(moonshift.open {
      database = DATABASE, stop_grace = "50ms", threads = 1,
      workers = { "spec.support.workers.basic", {
        doze = { run = function(_, work) return work:sleep "1h" and "success" end,
          on_stop = function() manager:find(1) end },
        wait = function() manager:await(1, "1h") end,
      } },
      on_error = function() end,
    })
    assert(manager:enqueue { { worker = "doze" }, { worker = "doze" }, { worker = "later" },
      { worker = "gate", input = { log = LOG, gate = LOG .. ".gate" } } })
    subscription = manager:observe({ all = true }, function() end)
    repeat
      manager:await({ 1 }, "10ms")
    until manager:count { state = "running" } == 3 and io.open(LOG)
    held = coroutine.wrap(function()
      manager:observe({ all = true }, function() coroutine.yield() end)
      manager:dispatch()
    end)
    END
    return "left"]]

  local function leave(ending)
    local path, log = stores.path(), folder.new() .. "/log"
    local text = LEAVE:gsub("END", ending)
    assert.are.equal("left", states.join(live(text, { DATABASE = path, LOG = log })))
    local manager = stores.open { database = path }
    local infos = manager:query { all = true }
    assert.are.equal(4, #infos)
    for _, info in ipairs(infos) do
      assert.are.equal("enqueued", info.state)
      assert.are.equal(0, info.attempt)
    end
    assert.are.equal(1, manager:stats().processes)
  end

  it("with managers, subscriptions and runs in it ends them in order", function()
    leave ""
  end)

  it("while a coroutine is inside a callback ends them too", function()
    leave "held()"
  end)

  it("after the garbage collector took the manager ends well", function()
    leave "manager, subscription, held = nil collectgarbage() collectgarbage()"
  end)
end)

describe("opening and closing again and again", function()
  after_each(stores.clear)

  local function count(name)
    local pipe = io.popen("ls /proc/$PPID/" .. name .. " | wc -l")
    local number = pipe:read "*n"
    pipe:close()
    return number
  end

  local function settle(name, most)
    local deadline = system.monotime() + stores.patience
    while count(name) > most do
      assert.is_true(system.monotime() < deadline, name .. " stay open")
      system.sleep(0.05)
    end
  end

  local function pages()
    local file = io.open "/proc/self/statm"
    local _, resident = file:read("*n", "*n")
    file:close()
    return resident
  end

  it("leaves no descriptor, thread or memory behind", function()
    local path = stores.path()
    local function cycle()
      local manager = assert(moonshift.open {
        database = path, workers = "spec.support.workers.basic", threads = 1,
      })
      local id = manager:enqueue { worker = "succeed" }
      manager:observe({ all = true }, function() end)
      stores.result(manager, id)
      manager:prune()
      manager:close()
    end
    for _ = 1, 20 do
      cycle()
    end
    collectgarbage()
    local files, threads, memory = count "fd", count "task", pages()
    for _ = 1, CYCLES do
      cycle()
    end
    collectgarbage()
    -- What earlier specs have left may still be ending.
    settle("fd", files)
    settle("task", threads)
    -- Sanitizers keep what is freed. Else growth by a page a cycle would be a leak.
    local is_sanitized = (os.getenv "ASAN_OPTIONS" or os.getenv "TSAN_OPTIONS") ~= nil
    if not is_sanitized then
      assert.is_true(pages() - memory < 200 + CYCLES, "grew by pages: " .. pages() - memory)
    end
  end)
end)
