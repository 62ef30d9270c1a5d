local expect = require "spec.support.expect"
local moonshift = require "moonshift"
local stores = require "spec.support.stores"

describe("data", function()
  local manager

  before_each(function()
    manager = stores.pool("basic", { threads = 1 })
  end)
  after_each(stores.clear)

  local function travelled(input)
    local id = manager:enqueue { worker = "echo", input = input }
    local info = stores.result(manager, id)
    assert.are.equal("succeeded", info.state, info.error)
    return info.output.echo, info.input
  end

  local function refused(input, ...)
    local texts = { ... }
    expect.misuse(function()
      local id = manager:enqueue { worker = "echo", input = input }
      return id
    end, (table.unpack or unpack)(texts))
  end

  it("plain values arrive at a worker and come back as they were", function()
    local input = {
      yes = true, no = false, one = 1, less = -7, half = 0.5, text = "hello", empty = "",
      list = { 1, 2, 3 }, tree = { { name = "a" }, { name = "b", more = { "x" } } },
    }
    local output, kept = travelled(input)
    assert.are.same(input, output)
    assert.are.same(input, kept)
  end)

  it("work without input gets an empty table", function()
    local id = manager:enqueue { worker = "echo" }
    assert.are.same({ echo = {} }, stores.result(manager, id).output)
    assert.are.same({}, manager:find(id).input)
  end)

  it("floats keep every bit", function()
    for _, value in ipairs { 0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -2.5e-8, 123456789.125 } do
      assert.are.equal(value, travelled({ value = value }).value)
    end
  end)

  it("integers keep all 64 bits where the Lua has them", function()
    for _, value in ipairs { 9007199254740993, -9007199254740993, math.maxinteger or 2 ^ 52,
      math.mininteger or -2 ^ 52 } do
      local output = travelled { value = value }
      assert.are.equal(value, output.value)
      assert.are.equal(("%d"):format(value), ("%d"):format(output.value))
    end
  end)

  it("one and one point zero stay different where the Lua has both", function()
    if not math.type then
      return
    end
    local output = travelled { whole = 1, float = 1.0, big = 2.0 ^ 53 }
    assert.are.equal("integer", math.type(output.whole))
    assert.are.equal("float", math.type(output.float))
    assert.are.equal("float", math.type(output.big))
    local id = manager:enqueue { worker = "kinds", input = { whole = 1, value = 1.0 } }
    local info = stores.result(manager, id)
    assert.are.same({ whole = "integer", value = "float" }, info.output.kinds)
  end)

  it("any text in UTF-8 arrives byte for byte", function()
    for _, text in ipairs { "Grüße", "日本語", "🚀 to the moon", "quote \" and \\ back",
      "tab\tnew\nline", "zero \0 inside", "\127", "\226\128\168", "</script>" } do
      assert.are.equal(text, travelled({ text = text }).text)
    end
    assert.are.equal(1, travelled({ ["key with ü and \" in it"] = 1 })["key with ü and \" in it"])
  end)

  it("an explicit null arrives as null, also in lists", function()
    local output = travelled { nothing = moonshift.null, list = { 1, moonshift.null, 3 } }
    assert.are.equal(moonshift.null, output.nothing)
    assert.are.equal(moonshift.null, output.list[2])
    assert.are.equal(3, #output.list)
  end)

  it("an empty array stays an array and an empty table an object", function()
    local output = travelled { array = moonshift.array {}, object = {} }
    local id = manager:enqueue { worker = "echo", input = output }
    local again = stores.result(manager, id).output.echo
    assert.are.equal(0, #again.array)
    assert.is_nil(next(again.object))
    assert.are_not.equal(getmetatable(again.array), getmetatable(again.object))
    assert.are.equal(getmetatable(moonshift.array {}), getmetatable(again.array))
  end)

  it("a sequence at the top is data", function()
    local id = manager:enqueue { worker = "later", input = { "a", "b" } }
    assert.are.same({ "a", "b" }, manager:find(id).input)
    manager:cancel(id)
  end)

  it("64 levels are fine, 65 raise", function()
    local function nested(levels)
      local value = { leaf = true }
      for _ = 2, levels do
        value = { n = value }
      end
      return value
    end
    assert.are.same(nested(63), travelled(nested(63)))
    assert.is_number(manager:enqueue { worker = "later", input = nested(64) })
    refused(nested(65), "request.input.n.n.n", "64")
  end)

  it("a list of 10000 elements arrives in order", function()
    local list = {}
    for index = 1, 10000 do
      list[index] = index
    end
    assert.are.same(list, travelled({ list = list }).list)
  end)

  it("what is not data raises with the key path", function()
    refused({ callback = print }, "request.input.callback")
    refused({ files = { {}, {}, { name = "\255" } } }, "request.input.files[3].name", "UTF-8")
    refused({ surrogate = "\237\160\128" }, "request.input.surrogate", "UTF-8")
    refused({ a = { b = 0 / 0 } }, "request.input.a.b")
    refused({ a = { b = 1 / 0 } }, "request.input.a.b")
    refused({ a = { b = -1 / 0 } }, "request.input.a.b")
    refused({ a = coroutine.create(function() end) }, "request.input.a")
    refused({ a = io.stdout }, "request.input.a")
    refused({ a = { 1, 2, x = 3 } }, "request.input.a")
    refused({ a = { [1] = 1, [3] = 3 } }, "request.input.a")
    refused({ a = { [1.5] = 1 } }, "request.input.a")
    refused({ a = { [true] = 1 } }, "request.input.a")
    refused({ ["\255"] = 1 }, "request.input", "UTF-8")
    refused({ ["odd key"] = print }, "request.input", "odd key")
    local cycle = {}
    cycle.inner = { cycle = cycle }
    refused(cycle, "request.input.inner")
    assert.are.equal(0, manager:count { all = true })
  end)

  it("a table that stands twice in the input is no cycle", function()
    local shared = { x = 1 }
    local output = travelled { first = shared, second = shared }
    assert.are.same({ first = { x = 1 }, second = { x = 1 } }, output)
  end)

  it("a table whose metatable would run code is read without running it", function()
    local called = false
    local input = setmetatable({ x = 1 }, {
      __index = function() called = true end,
      __pairs = function() called = true return next, {}, nil end,
      __len = function() called = true return 9 end,
    })
    assert.is_number(manager:enqueue { worker = "later", input = { inner = input } })
    assert.is_false(called)
  end)

  it("input at the limit is fine, one byte more raises and names the limit", function()
    local small = stores.pool("basic", { max_data_bytes = 100, threads = 1 })
    -- {"text":"…"} takes eleven bytes besides the text.
    local id = small:enqueue { worker = "succeed", input = { text = ("x"):rep(89) } }
    assert.is_number(id)
    expect.misuse(function()
      local other = small:enqueue { worker = "succeed", input = { text = ("x"):rep(90) } }
      return other
    end, "request.input", "100")
  end)

  it("output over the limit fails the work and says so", function()
    local small = stores.pool("basic", { max_data_bytes = 100, threads = 1 })
    local info = stores.result(small, small:enqueue { worker = "too_much" })
    assert.are.equal("failed", info.state)
    assert.is_nil(info.output)
    expect.text("100", info.error)
  end)

  it("output that is not data fails the work and names the key path", function()
    local info = stores.result(manager, manager:enqueue { worker = "no_data" })
    assert.are.equal("failed", info.state)
    assert.is_nil(info.output)
    expect.text("inner.callback", info.error)
  end)

  it("progress that is not data raises in the worker", function()
    local info = stores.result(manager, manager:enqueue { worker = "bad_progress" })
    assert.are.equal("failed", info.state)
    expect.text("callback", info.error)
    assert.is_nil(info.progress)
  end)
end)
