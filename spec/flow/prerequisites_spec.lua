local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("prerequisites", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  local function refused(call, ...)
    local texts = { ... }
    local before = manager:count { all = true }
    expect.misuse(call, (table.unpack or unpack)(texts))
    assert.are.equal(before, manager:count { all = true })
  end

  it("may be request tables of the same call, in any order", function()
    local first = { worker = "succeed" }
    local second = { worker = "succeed", after = { first } }
    local ids = manager:enqueue { second, first }
    assert.are.same({ "blocked", "enqueued" }, bench.states(manager, ids))
    assert.are.same({ ids[2] }, manager:find(ids[1]).prerequisites)
    manager:run_due()
    assert.are.same({ ids[2], ids[1] }, bench.ids(diary))
  end)

  it("may mix tables and ids", function()
    local old = manager:enqueue { worker = "succeed" }
    local first = { worker = "succeed" }
    local ids = manager:enqueue { first, { worker = "succeed", after = { old, first } } }
    assert.are.same({ old, ids[1] }, manager:find(ids[2]).prerequisites)
  end)

  it("that are named twice count once", function()
    local old = manager:enqueue { worker = "succeed" }
    local id = manager:enqueue { worker = "succeed", after = { old, old } }
    assert.are.same({ old }, manager:find(id).prerequisites)
    manager:run_due()
    assert.are.equal("succeeded", manager:find(id).state)
  end)

  it("in a cycle raise", function()
    local one, other = { worker = "succeed" }, { worker = "succeed" }
    one.after, other.after = { other }, { one }
    refused(function()
      local ids = manager:enqueue { one, other }
      return ids
    end, "cycle")
  end)

  it("that are the work itself raise", function()
    local request = { worker = "succeed" }
    request.after = { request }
    refused(function()
      local id = manager:enqueue(request)
      return id
    end, "request")
  end)

  it("that are tables from outside of the call raise", function()
    refused(function()
      local id = manager:enqueue { worker = "succeed", after = { { worker = "fail" } } }
      return id
    end, "request.after[1]")
  end)

  it("that do not exist are NOTFOUND, and nothing is stored", function()
    local message = expect.code("NOTFOUND", manager:enqueue { { worker = "succeed" },
      { worker = "succeed", after = { 4711 } } })
    expect.text("4711", message)
    assert.are.equal(0, manager:count { all = true })
  end)

  it("and periods do not go together", function()
    local first = manager:enqueue { worker = "succeed" }
    local periodic = { worker = "succeed", every = "1h" }
    refused(function()
      local id = manager:enqueue { worker = "succeed", every = "1h", after = { first } }
      return id
    end, "request")
    refused(function()
      local ids = manager:enqueue { periodic, { worker = "succeed", after = { periodic } } }
      return ids
    end, "request")
    refused(function()
      local ids = manager:chain { { worker = "succeed" }, { worker = "succeed", cron = "@daily" } }
      return ids
    end, "stages")
  end)

  it("of 5000 to one and one to 5000 work in one pass each", function()
    local root = { worker = "succeed" }
    local middle = {}
    for index = 1, 5000 do
      middle[index] = { worker = "succeed" }
    end
    local ids = manager:chain { root, middle, { worker = "succeed" } }
    assert.are.equal(5000, #manager:find(ids[3]).prerequisites)
    assert.are.equal(5000, #manager:find(ids[1]).dependents)
    assert.are.equal(5002, manager:run_due())
    assert.are.equal(5002, manager:count { state = "succeeded" })
    assert.are.equal(ids[3], diary[5002].id)
  end)

  it("that were pruned disappear from what is left", function()
    local first = manager:enqueue { worker = "succeed" }
    local id = manager:enqueue { worker = "succeed", after = { first }, keep_results_for = "30d" }
    manager:run_due()
    manager:advance "2d"
    assert.is_nil(manager:find(first))
    assert.are.same({}, manager:find(id).prerequisites)
  end)

  it("are kept whatever their retention while their output is needed", function()
    local first = manager:enqueue { worker = "succeed", input = { output = { x = 1 } } }
    local id = manager:enqueue { worker = "succeed", after = { first }, delay = "9d" }
    manager:advance "8d"
    assert.is_not_nil(manager:find(first))
    assert.are.equal(0, manager:prune())
    manager:advance "25h"
    assert.are.equal("succeeded", manager:find(id).state)
    assert.are.equal(1, diary[2].input.x)
  end)
end)

describe("a chain", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  it("runs each stage after all of the stage before, and gives ids of the same shape", function()
    local ids, outcome = manager:chain {
      { worker = "succeed" },
      { { worker = "succeed" }, { worker = "succeed" } },
      { worker = "succeed" },
    }
    assert.are.equal("enqueued", outcome)
    assert.is_number(ids[1])
    assert.are.equal(2, #ids[2])
    assert.are.same({ ids[1] }, manager:find(ids[2][1]).prerequisites)
    assert.are.same(ids[2], manager:find(ids[3]).prerequisites)
    manager:run_due()
    assert.are.same({ ids[1], ids[2][1], ids[2][2], ids[3] }, bench.ids(diary))
  end)

  it("skips an empty stage", function()
    local ids = manager:chain { { worker = "succeed" }, {}, { worker = "succeed" } }
    assert.are.same({ ids[1] }, manager:find(ids[3]).prerequisites)
    assert.are.same({}, ids[2])
    manager:run_due()
    assert.are.equal(2, manager:count { state = "succeeded" })
  end)

  it("names the place of what is wrong and stores nothing", function()
    expect.misuse(function()
      local ids = manager:chain { { { worker = "succeed" }, { worker = 7 } } }
      return ids
    end, "stages[1][2].worker")
    expect.misuse(function()
      local ids = manager:chain { { worker = "succeed" }, { worker = "succeed", dealy = 1 } }
      return ids
    end, "stages[2].dealy")
    assert.are.equal(0, manager:count { all = true })
  end)

  it("3000 stages deep runs to its end", function()
    local stages = {}
    for index = 1, 3000 do
      stages[index] = { worker = "succeed" }
    end
    manager:chain(stages)
    assert.are.equal(3000, manager:run_due())
    assert.are.equal(3000, manager:count { state = "succeeded" })
  end)
end)
