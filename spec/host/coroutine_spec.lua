local expect = require "spec.support.expect"
local stores = require "spec.support.stores"

describe("a host worker", function()
  after_each(stores.clear)

  local function open(workers, options)
    local all = { workers = workers }
    for key, value in pairs(options or {}) do
      all[key] = value
    end
    return stores.open(all)
  end

  it("runs in the caller's own Lua state", function()
    local seen
    local manager = open {
      hello = function(input, work)
        seen = { input.name, work.id, work.attempt, work.worker }
        return "success", { greeting = "hello " .. input.name }
      end,
    }
    local id = manager:enqueue { worker = "hello", input = { name = "moon" } }
    assert.is_nil(seen)
    local info = stores.result(manager, id)
    assert.are.same({ "moon", id, 1, "hello" }, seen)
    assert.are.same({ greeting = "hello moon" }, info.output)
  end)

  it("that sleeps lets the others run in the meantime", function()
    local order = {}
    local running, most = 0, 0
    local manager = open {
      nap = function(_, work)
        running = running + 1
        most = math.max(most, running)
        order[#order + 1] = "begin"
        assert(work:sleep "50ms")
        order[#order + 1] = "end"
        running = running - 1
        return "success"
      end,
    }
    local ids = {}
    for index = 1, 20 do
      ids[index] = manager:enqueue { worker = "nap" }
    end
    stores.finished(manager, ids)
    assert.are.equal(40, #order)
    assert.is_true(most > 1)
  end)

  it("may be one of a thousand that sleep at once", function()
    local ran = 0
    local manager = open {
      nap = function(_, work)
        work:sleep "5ms"
        ran = ran + 1
        return "success"
      end,
    }
    local requests = {}
    for index = 1, 1000 do
      requests[index] = { worker = "nap" }
    end
    stores.finished(manager, manager:enqueue(requests))
    assert.are.equal(1000, ran)
    assert.are.equal(1000, manager:count { state = "succeeded" })
  end)

  it("that raises fails with message and traceback", function()
    local function inner_part()
      error "the host is tired"
    end
    local manager = open {
      tired = function()
        inner_part()
        return "success"
      end,
    }
    local info = stores.result(manager, manager:enqueue { worker = "tired" })
    assert.are.equal("failed", info.state)
    expect.text("the host is tired", info.error:match "^[^\n]*")
    expect.text("traceback", info.error)
    expect.text("coroutine_spec.lua", info.error)
  end)

  it("that raises after a sleep fails with message and traceback", function()
    local manager = open {
      tired = function(_, work)
        work:sleep "1ms"
        error "tired of sleeping"
      end,
    }
    local info = stores.result(manager, manager:enqueue { worker = "tired" })
    assert.are.equal("failed", info.state)
    expect.text("tired of sleeping", info.error)
    expect.text("traceback", info.error)
  end)

  it("may enqueue, query and cancel with the manager that runs it", function()
    local manager
    manager = open {
      parent = function(_, work)
        local id = manager:enqueue { worker = "child", input = { parent = work.id } }
        local doomed = manager:enqueue { worker = "child", delay = "1h" }
        manager:cancel(doomed)
        return "success", { child = id, doomed = manager:find(doomed).state }
      end,
      child = function(input)
        return "success", input
      end,
    }
    local id = manager:enqueue { worker = "parent" }
    local output = stores.result(manager, id).output
    assert.are.equal("cancelled", output.doomed)
    assert.are.same({ parent = id }, stores.result(manager, output.child).output)
  end)

  it("is stopped in its sleep, at once, then and on every later call", function()
    local manager
    local reasons = {}
    manager = open {
      hold = function(_, work)
        reasons[1] = work:stopped() == nil
        local slept, reason = work:sleep "1h"
        reasons[2], reasons[3] = slept == nil, reason
        slept, reason = work:sleep "1h"
        reasons[4], reasons[5] = slept == nil, reason
        reasons[6] = work:stopped()
        return "success"
      end,
    }
    local id = manager:enqueue { worker = "hold" }
    stores.until_true(manager, id, function()
      return reasons[1]
    end)
    manager:cancel(id)
    stores.until_true(manager, manager:enqueue { worker = "later" }, function()
      return reasons[6]
    end)
    assert.are.same({ true, true, "cancelled", true, "cancelled", "cancelled" }, reasons)
    assert.are.equal("cancelled", manager:find(id).state)
  end)

  it("in its table form has its own timeout and on_stop", function()
    local told = {}
    local manager = open {
      slow = {
        run = function(_, work)
          work:sleep "1h"
          return "success"
        end,
        timeout = "30ms",
        on_stop = function(work, reason)
          told[#told + 1] = work.id .. " " .. reason
        end,
      },
    }
    local id = manager:enqueue { worker = "slow", max_attempts = 1 }
    local info = stores.result(manager, id)
    assert.are.equal("failed", info.state)
    assert.are.equal("timeout", info.stop_reason)
    assert.are.same({ id .. " timeout" }, told)
  end)

  it("whose on_stop raises is stopped all the same, and on_error hears of it", function()
    local errors, begun = {}, false
    local manager = open({
      slow = {
        run = function(_, work)
          begun = true
          work:sleep "1h"
          return "success"
        end,
        on_stop = function()
          error "on_stop is broken"
        end,
      },
    }, { on_error = function(event)
      errors[#errors + 1] = event.message
    end })
    local id = manager:enqueue { worker = "slow" }
    stores.until_true(manager, id, function()
      return begun
    end)
    manager:cancel(id)
    stores.until_true(manager, manager:enqueue { worker = "later" }, function()
      return #errors > 0
    end)
    expect.text("on_stop is broken", errors[1])
    assert.are.equal("cancelled", manager:find(id).state)
  end)

  it("may use coroutines of its own", function()
    local manager = open {
      count = function(_, work)
        local generator = coroutine.wrap(function()
          for number = 1, 3 do
            coroutine.yield(number)
          end
        end)
        local sum = generator() + generator()
        work:sleep "1ms"
        return "success", { sum = sum + generator() }
      end,
    }
    local info = stores.result(manager, manager:enqueue { worker = "count" })
    assert.are.same({ sum = 6 }, info.output)
  end)

  it("that is running when its manager is closed gives its attempt back", function()
    local begun = false
    local manager, path = open {
      hold = function(_, work)
        begun = true
        work:sleep "1h"
        return "success"
      end,
    }
    local id = manager:enqueue { worker = "hold" }
    stores.until_true(manager, id, function()
      return begun
    end)
    manager:close()
    local info = stores.open({ database = path }):find(id)
    assert.are.equal("enqueued", info.state)
    assert.are.equal("shutdown", info.stop_reason)
    assert.are.equal(0, info.attempt)
  end)

  it("stands beside pool workers in one list", function()
    local manager = open { "spec.support.workers.basic", {
      here = function()
        return "success", { here = true }
      end,
    } }
    local ids = manager:enqueue { { worker = "here" }, { worker = "echo", input = { x = 1 } } }
    local infos = stores.finished(manager, ids)
    assert.are.same({ here = true }, infos[1].output)
    assert.are.same({ echo = { x = 1 } }, infos[2].output)
  end)

  it("merges inputs with a function that stands beside the workers", function()
    local manager = open {
      three = function()
        return "success", { n = 3 }
      end,
      total = function(input)
        return "success", input
      end,
      add = function(inputs)
        local sum = 0
        for _, input in ipairs(inputs) do
          sum = sum + (input.n or 0)
        end
        return { sum = sum, count = #inputs }
      end,
    }
    local first = manager:enqueue { worker = "three" }
    local id = manager:enqueue { worker = "total", input = { n = 4 }, after = { first },
      merger = "add" }
    assert.are.same({ sum = 7, count = 2 }, stores.result(manager, id).output)
  end)

  it("records progress that survives to be read from outside", function()
    local manager = open {
      steady = function(_, work)
        work:progress { percent = 40 }
        work:sleep "1h"
        return "success"
      end,
    }
    local id = manager:enqueue { worker = "steady" }
    local info = stores.until_true(manager, id, function()
      local now = manager:find(id)
      return now.progress and now
    end)
    assert.are.same({ percent = 40 }, info.progress)
  end)
end)
