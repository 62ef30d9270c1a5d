local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("the order of work", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("is higher priority first, then earlier due time, then lower id", function()
    local low = manager:enqueue { worker = "succeed", priority = -5 }
    local late = manager:enqueue { worker = "succeed", delay = 10 }
    local early = manager:enqueue { worker = "succeed", delay = 5, constraints = { idle = true } }
    local high = manager:enqueue { worker = "succeed", priority = 7, delay = 10 }
    local same = manager:enqueue { worker = "succeed", delay = 10 }
    manager:set_queue("default", { paused = true })
    manager:advance(20)
    manager:set_condition("idle", true)
    manager:resume "default"
    assert.are.equal(5, manager:run_due())
    assert.are.same({ high, early, late, same, low }, bench.ids(diary))
  end)

  it("is the same across queues", function()
    local one = manager:enqueue { worker = "succeed", queue = "a" }
    local two = manager:enqueue { worker = "succeed", queue = "b", priority = 1 }
    local three = manager:enqueue { worker = "succeed", queue = "c" }
    manager:run_due()
    assert.are.same({ two, one, three }, bench.ids(diary))
  end)

  it("has expedited work before all priorities", function()
    local high = manager:enqueue { worker = "succeed", priority = 100 }
    local fast = manager:enqueue { worker = "succeed", priority = -100, expedited = true }
    manager:run_due()
    assert.are.same({ fast, high }, bench.ids(diary))
  end)

  it("takes work whose gate is closed out of the line", function()
    local high = manager:enqueue { worker = "succeed", priority = 100, queue = "held" }
    local low = manager:enqueue { worker = "succeed", priority = -100 }
    manager:pause "held"
    manager:run_due()
    assert.are.same({ low }, bench.ids(diary))
    manager:resume "held"
    manager:run_due()
    assert.are.same({ low, high }, bench.ids(diary))
  end)
end)

describe("a queue's limit", function()
  after_each(bench.clear)

  it("bounds how many run at once", function()
    local manager, diary = bench.open { queues = { narrow = { limit = 2 } } }
    for _ = 1, 5 do
      manager:enqueue { worker = "long", queue = "narrow" }
    end
    assert.are.equal(2, manager:run_due())
    assert.are.equal(2, manager:advance(60))
    manager:advance(60)
    assert.are.same({ 0, 0, 60, 60, 120 }, bench.moments(diary))
  end)

  it("holds across managers of the store", function()
    local manager = bench.open { queues = { narrow = { limit = 1 } } }
    local peer = manager:peer()
    manager:enqueue { { worker = "long", queue = "narrow" }, { worker = "long", queue = "narrow" } }
    assert.are.equal(1, manager:run_due())
    assert.are.equal(0, peer:run_due())
  end)

  it("leaves other queues alone", function()
    local manager = bench.open { queues = { narrow = { limit = 1 } } }
    for _ = 1, 3 do
      manager:enqueue { worker = "long", queue = "narrow" }
      manager:enqueue { worker = "long" }
    end
    assert.are.equal(4, manager:run_due())
  end)

  it("is each queue's own among hundreds", function()
    local manager = bench.open()
    for index = 1, 300 do
      local queue = "queue" .. index * 7 % 300
      manager:set_queue(queue, { limit = 1 + index % 3 })
      for _ = 1, 4 do
        manager:enqueue { worker = "long", queue = queue }
      end
    end
    assert.are.equal(600, manager:run_due())
    for index = 1, 300 do
      local queue = "queue" .. index * 7 % 300
      local running = manager:count { queue = queue, state = "running" }
      assert.are.equal(1 + index % 3, running, queue)
    end
  end)

  it("may be exceeded by one expedited work", function()
    local manager = bench.open { queues = { narrow = { limit = 1 } } }
    manager:enqueue { worker = "long", queue = "narrow" }
    manager:run_due()
    manager:enqueue { worker = "long", queue = "narrow", expedited = true }
    manager:enqueue { worker = "long", queue = "narrow", expedited = true }
    assert.are.equal(1, manager:run_due())
  end)

  it("is free again after a cancel", function()
    local manager = bench.open { queues = { narrow = { limit = 1 } } }
    local ids = manager:enqueue { { worker = "long", queue = "narrow" },
      { worker = "succeed", queue = "narrow" } }
    manager:run_due()
    manager:cancel(ids[1])
    assert.are.equal(1, manager:run_due())
  end)

  it("is free again after a crash", function()
    local manager = bench.open { queues = { narrow = { limit = 1 } } }
    manager:enqueue { worker = "long", queue = "narrow" }
    manager:run_due()
    local second = manager:crash()
    assert.are.equal(1, second:run_due())
  end)

  it("may be set later, and taken away again", function()
    local manager = bench.open()
    manager:set_queue("narrow", { limit = 1 })
    for _ = 1, 4 do
      manager:enqueue { worker = "long", queue = "narrow" }
    end
    assert.are.equal(1, manager:run_due())
    manager:set_queue("narrow", {})
    assert.are.equal(3, manager:run_due())
  end)
end)

describe("a queue's rate", function()
  after_each(bench.clear)

  local function enqueue_many(manager, count)
    for _ = 1, count do
      manager:enqueue { worker = "succeed", queue = "slow" }
    end
  end

  it("bounds the starts in any window of its length", function()
    local manager, diary = bench.open { queues = { slow = { rate = "3/m" } } }
    enqueue_many(manager, 7)
    assert.are.equal(3, manager:run_due())
    manager:advance "5m"
    assert.are.same({ 0, 0, 0, 60, 60, 60, 120 }, bench.moments(diary))
  end)

  it("counts any window, not those of the clock", function()
    local manager, diary = bench.open { queues = { slow = { rate = "2/m" } } }
    enqueue_many(manager, 1)
    manager:advance(50)
    enqueue_many(manager, 3)
    manager:advance(200)
    assert.are.same({ 0, 50, 60, 110 }, bench.moments(diary))
  end)

  it("may be per second, hour and day", function()
    for rate, seconds in pairs { ["1/s"] = 1, ["1/h"] = 3600, ["1/d"] = 86400 } do
      local manager, diary = bench.open { queues = { slow = { rate = rate } }, retention = "9d" }
      enqueue_many(manager, 2)
      manager:advance(seconds)
      assert.are.same({ 0, seconds }, bench.moments(diary))
    end
  end)

  it("holds expedited work too", function()
    local manager = bench.open { queues = { slow = { rate = "1/m" } } }
    enqueue_many(manager, 1)
    manager:run_due()
    manager:enqueue { worker = "succeed", queue = "slow", expedited = true }
    assert.are.equal(0, manager:run_due())
  end)

  it("survives a crash", function()
    local manager = bench.open { queues = { slow = { rate = "1/h" } } }
    enqueue_many(manager, 2)
    assert.are.equal(1, manager:run_due())
    local second = manager:crash()
    assert.are.equal(0, second:run_due())
    assert.are.equal(1, second:advance "1h")
  end)
end)

describe("a paused queue", function()
  after_each(bench.clear)

  it("holds everything, expedited work too, until it is resumed", function()
    local manager = bench.open { queues = { mail = { paused = true } } }
    manager:enqueue { { worker = "succeed", queue = "mail" },
      { worker = "succeed", queue = "mail", expedited = true } }
    assert.are.equal(0, manager:run_due())
    manager:resume "mail"
    assert.are.equal(2, manager:run_due())
  end)

  it("does not stop what runs", function()
    local manager = bench.open()
    local id = manager:enqueue { worker = "long", queue = "mail" }
    manager:run_due()
    manager:pause "mail"
    manager:advance(60)
    assert.are.equal("succeeded", manager:find(id).state)
  end)

  it("stays paused when limit or rate are set", function()
    local manager = bench.open()
    manager:pause "mail"
    manager:set_queue("mail", { limit = 5 })
    manager:enqueue { worker = "succeed", queue = "mail" }
    assert.are.equal(0, manager:run_due())
    manager:set_queue("mail", { paused = false })
    assert.are.equal(1, manager:run_due())
  end)

  it("keeps its limit and rate when it is paused and resumed", function()
    local manager = bench.open()
    manager:set_queue("mail", { limit = 1 })
    manager:pause "mail"
    manager:resume "mail"
    manager:enqueue { { worker = "long", queue = "mail" }, { worker = "long", queue = "mail" } }
    assert.are.equal(1, manager:run_due())
  end)

  it("is seen by other managers at once", function()
    local manager = bench.open()
    local peer = manager:peer()
    manager:pause "mail"
    manager:enqueue { worker = "succeed", queue = "mail" }
    assert.are.equal(0, peer:run_due())
    peer:resume "mail"
    assert.are.equal(1, manager:run_due())
  end)

  it("or its settings written wrongly raise", function()
    local manager = bench.open()
    local wrong = {
      { limit = 0 }, { limit = 1.5 }, { limit = "2" }, { rate = "0/m" }, { rate = "3" },
      { rate = "3/y" }, { rate = 3 }, { paused = "yes" }, { limits = 1 },
    }
    for _, settings in ipairs(wrong) do
      expect.misuse(function()
        local done = manager:set_queue("mail", settings)
        return done
      end, (next(settings)))
    end
    expect.misuse(function()
      local done = manager:pause(7)
      return done
    end)
  end)
end)
