local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("progress", function()
  local manager, diary, handles

  before_each(function()
    handles = {}
    manager, diary = bench.open { workers = {
      steps = function(input, work)
        handles[#handles + 1] = work
        for step, seconds in ipairs(input.waits) do
          work:progress { step = step }
          if not work:sleep(seconds) then
            return "success"
          end
        end
        return input.result or "success", input.result == "failure" and { x = 1 } or nil
      end,
      burst = function(input, work)
        for step = 1, input.count do
          work:progress { step = step }
        end
        work:sleep "1h"
        return "success"
      end,
      no_data = function(_, work)
        work:progress { f = print }
        return "success"
      end,
      breaks = function(_, work)
        work:progress { step = 1 }
        work:sleep(1)
        error "broken half-way"
      end,
    } }
  end)
  after_each(bench.clear)

  it("is the latest value while the work runs", function()
    local id = manager:enqueue { worker = "steps", input = { waits = { 10, 10, 10 } } }
    manager:run_due()
    assert.are.same({ step = 1 }, manager:find(id).progress)
    manager:advance(10)
    assert.are.same({ step = 2 }, manager:find(id).progress)
  end)

  it("is an event", function()
    local id = manager:enqueue { worker = "steps", input = { waits = { 10, 10 } } }
    local seen = {}
    manager:observe(id, function(event)
      if event.type == "progress" then
        seen[#seen + 1] = event.work.progress.step
      end
    end)
    manager:advance(20)
    manager:dispatch()
    assert.are.same({ 1, 2 }, seen)
  end)

  it("written in a burst is coalesced, and the last one always arrives", function()
    local id = manager:enqueue { worker = "burst", input = { count = 1000 } }
    local seen = {}
    manager:observe(id, function(event)
      if event.type == "progress" then
        seen[#seen + 1] = event.work.progress.step
      end
    end)
    manager:run_due()
    manager:advance(1)
    manager:dispatch()
    assert.are.same({ step = 1000 }, manager:find(id).progress)
    assert.is_true(#seen <= 20, "events: " .. #seen)
    assert.are.equal(1000, seen[#seen])
  end)

  for _, result in ipairs { "success", "failure", "retry" } do
    it("is cleared when a run ends by " .. result, function()
      local id = manager:enqueue { worker = "steps", input = { waits = { 10 }, result = result } }
      manager:run_due()
      assert.are.same({ step = 1 }, manager:find(id).progress)
      manager:advance(10)
      assert.is_nil(manager:find(id).progress)
    end)
  end

  it("is cleared when a run ends by an error", function()
    local id = manager:enqueue { worker = "breaks" }
    manager:advance(1)
    assert.are.equal("failed", manager:find(id).state)
    assert.is_nil(manager:find(id).progress)
  end)

  it("survives interruption and timeout", function()
    local id = manager:enqueue { worker = "steps", input = { waits = { 100 } }, timeout = 50 }
    manager:run_due()
    manager:stop_work(id, "preempted")
    assert.are.same({ step = 1 }, manager:find(id).progress)
    manager:run_due()
    manager:advance(50)
    assert.are.equal("timeout", manager:find(id).stop_reason)
    assert.are.same({ step = 1 }, manager:find(id).progress)
  end)

  it("is cleared at recovery", function()
    local id = manager:enqueue { worker = "steps", input = { waits = { 100 } } }
    manager:run_due()
    local second = manager:crash()
    assert.is_nil(second:find(id).progress)
  end)

  it("of a run that is over changes nothing", function()
    local id = manager:enqueue { worker = "steps", input = { waits = { 10 } } }
    manager:advance(10)
    assert.are.equal("succeeded", manager:find(id).state)
    pcall(handles[1].progress, handles[1], { step = 99 })
    manager:advance(10)
    assert.is_nil(manager:find(id).progress)
  end)

  it("that is not data raises in the worker", function()
    local id = manager:enqueue { worker = "no_data" }
    manager:run_due()
    assert.are.equal("failed", manager:find(id).state)
    expect.text("f", manager:find(id).error:match "^[^\n]*")
    assert.is_nil(manager:find(id).progress)
  end)

  it("of one attempt is gone in the next", function()
    local id = manager:enqueue { worker = "steps", input = { waits = { 10 }, result = "retry" } }
    local words = bench.watch(manager, id)
    manager:advance(10)
    manager:dispatch()
    assert.are.equal("retried enqueued", words[#words])
    assert.is_nil(manager:find(id).progress)
    assert.is_true(manager:now() > diary.start)
  end)
end)
