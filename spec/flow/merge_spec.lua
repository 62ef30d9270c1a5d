local bench = require "spec.support.bench"
local expect = require "spec.support.expect"
local moonshift = require "moonshift"

describe("merging", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open { workers = {
      pick = function(inputs)
        return { count = #inputs, first = inputs[1].x, second = inputs[2] and inputs[2].x }
      end,
      spill = function()
        error "the merger is broken"
      end,
      silent = function() end,
    } }
  end)
  after_each(bench.clear)

  --- Runs one work after others with those outputs; gives what the worker got, and its info.
  local function merged(merger, own, ...)
    local stages = { {}, { worker = "succeed", input = own, merger = merger } }
    for index, output in ipairs { ... } do
      stages[1][index] = { worker = "succeed", input = { output = output } }
    end
    local ids = manager:chain(stages)
    manager:run_due()
    local last = diary[#diary]
    return last.id == ids[2] and last.input or nil, manager:find(ids[2])
  end

  it("by default lets later outputs win over earlier ones and the own input", function()
    local input, info = merged(nil, { a = "own", b = "own", c = "own" },
      { b = "first", c = "first" }, { c = "second" })
    assert.are.same({ a = "own", b = "first", c = "second" }, input)
    assert.are.same({ a = "own", b = "own", c = "own" }, info.input)
  end)

  it("follows the declared order, not the order of ids or finishes", function()
    local one = manager:enqueue { worker = "succeed", input = { output = { x = "one" } } }
    local two = manager:enqueue { worker = "succeed", input = { output = { x = "two" } } }
    local id = manager:enqueue { worker = "succeed", after = { two, one } }
    manager:run_due()
    assert.are.equal(id, diary[3].id)
    assert.are.equal("one", diary[3].input.x)
    assert.are.same({ two, one }, manager:find(id).prerequisites)
  end)

  it("replaces whole values and does not look into them", function()
    assert.are.same({ t = { b = 2 } }, (merged("overwrite", { t = { a = 1 } }, { t = { b = 2 } })))
  end)

  it("ignores prerequisites without output", function()
    manager:chain { { worker = "succeed" }, { worker = "succeed", input = { a = 1 } } }
    manager:run_due()
    assert.are.same({ a = 1 }, diary[2].input)
  end)

  it("into arrays makes every key a sequence of all values in order", function()
    local input = merged("arrays", { x = 1, own = "o" }, { x = 2, y = "a" }, { x = 3 })
    assert.are.same({ x = { 1, 2, 3 }, own = { "o" }, y = { "a" } }, input)
  end)

  it("into arrays concatenates sequences and single values", function()
    local input = merged("arrays", { x = { 1, 2 } }, { x = 3 }, { x = { 4 } })
    assert.are.same({ x = { 1, 2, 3, 4 } }, input)
  end)

  it("into arrays lets null go with everything", function()
    local input = merged("arrays", { x = moonshift.null }, { x = "text" })
    assert.are.equal(2, #input.x)
    assert.are.equal(moonshift.null, input.x[1])
    assert.are.equal("text", input.x[2])
  end)

  it("into arrays fails the work when kinds clash in a key", function()
    for _, pair in ipairs { { 1, "1" }, { true, "x" }, { 1, false }, { { a = 1 }, "x" } } do
      local input, info = merged("arrays", { k = pair[1] }, { k = pair[2] })
      assert.is_nil(input)
      assert.are.equal("failed", info.state)
      expect.text("k", info.error)
    end
  end)

  it("is done for work without prerequisites too", function()
    local id = manager:enqueue { worker = "succeed", input = { x = 1 }, merger = "arrays" }
    manager:run_due()
    assert.are.same({ x = { 1 } }, diary[1].input)
    assert.are.same({ x = 1 }, manager:find(id).input)
    manager:enqueue { worker = "succeed", input = { x = 5 }, merger = "pick" }
    manager:run_due()
    assert.are.same({ count = 1, first = 5 }, diary[2].input)
  end)

  it("by a function gets the own input first, then the outputs", function()
    assert.are.same({ count = 3, first = "own", second = "out" },
      (merged("pick", { x = "own" }, { x = "out" }, { x = "last" })))
  end)

  it("by an unknown name fails the work", function()
    local input, info = merged("missing", { x = 1 }, { x = 2 })
    assert.is_nil(input)
    assert.are.equal("failed", info.state)
    expect.text("missing", info.error)
  end)

  it("by a function that raises or gives no table fails the work", function()
    local input, info = merged("spill", { x = 1 }, { x = 2 })
    assert.is_nil(input)
    assert.are.equal("failed", info.state)
    expect.text("the merger is broken", info.error)
    input, info = merged("silent", { x = 1 }, { x = 2 })
    assert.is_nil(input)
    assert.are.equal("failed", info.state)
  end)

  it("never happens to periodic work", function()
    manager:enqueue { worker = "succeed", every = "1h", input = { x = 1 }, merger = "arrays" }
    manager:run_due()
    assert.are.same({ x = 1 }, diary[1].input)
  end)
end)
